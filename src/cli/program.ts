import { shownText } from "../arguments/printable.ts";
import { messageOf } from "../files/file-error.ts";
import { attackCommand } from "./attack/attack.ts";
import { certifyCommand } from "./certify.ts";
import { classifyCommand } from "./classify.ts";
import { type Command, commandHelp, Invocation, UsageError } from "./command.ts";
import { dataFetchCommand } from "./data-fetch.ts";
import { demoCommand } from "./demo.ts";
import { DONE, type Environment, FAILED, printProblem, WRONG_USAGE } from "./environment.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain/explain.ts";
import { mergeCommand } from "./merge.ts";
import { readCommand } from "./read.ts";
import { sampleCommand } from "./sample.ts";

const COMMANDS: readonly Command[] = [
  classifyCommand,
  readCommand,
  explainCommand,
  sampleCommand,
  evaluateCommand,
  attackCommand,
  certifyCommand,
  mergeCommand,
  dataFetchCommand,
  demoCommand,
];

/**
 * Runs the program.
 *
 * @param words the command line without the program's own name
 * @returns the exit code: 0 done, 1 failed on input, 2 wrong usage, above 128 ended by a signal
 */
export async function runProgram(words: readonly string[], environment: Environment): Promise<number> {
  const [first] = words;
  if (first === "--help" || first === "-h") {
    environment.stdout.write(`${programHelp(environment.version)}\n`);
    return DONE;
  }
  if (first === "--version" || first === "-V") {
    environment.stdout.write(`${environment.version}\n`);
    return DONE;
  }
  const found = findCommand(words);
  if (found === undefined) {
    printProblem(environment, "abs", describeUnknown(words));
    environment.stderr.write("Try: abs --help\n");
    return WRONG_USAGE;
  }
  const { command, rest } = found;
  try {
    const invocation = new Invocation(command, rest);
    if (invocation.flag("help")) {
      environment.stdout.write(`${commandHelp(command)}\n`);
      return DONE;
    }
    return await command.run(invocation, environment);
  } catch (error) {
    printProblem(environment, `abs ${command.name}`, messageOf(error));
    if (!(error instanceof UsageError)) return FAILED;
    environment.stderr.write(`Try: abs ${command.name} --help\n`);
    return WRONG_USAGE;
  }
}

function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const command of COMMANDS) {
    const name = command.name.split(" ");
    if (name.every((word, index) => words[index] === word)) return { command, rest: words.slice(name.length) };
  }
  return undefined;
}

function describeUnknown(words: readonly string[]): string {
  const names = COMMANDS.map(({ name }) => name);
  const [first, second] = words.slice(0, 2).map((word) => shownText(word));
  if (first === undefined) return `a command is wanted: ${names.join(", ")}`;
  if (first.startsWith("-")) return `unknown option ${first}; options come after the command: ${names.join(", ")}`;
  const deeper = names.filter((name) => name.startsWith(`${first} `));
  if (deeper.length > 0)
    return `unknown command ${[first, second].filter(Boolean).join(" ")}; there is ${deeper.join(", ")}`;
  return `unknown command ${first}; there are ${names.join(", ")}`;
}

function programHelp(version: string): string {
  const width = Math.max(...COMMANDS.map(({ name, usage }) => `${name} ${usage}`.length));
  return [
    `abs ${version}: recognises handwritten digits by redrawing them`,
    "",
    "Usage: abs COMMAND [options]",
    "",
    "Commands:",
    ...COMMANDS.map(({ name, usage, summary }) => `  ${`${name} ${usage}`.padEnd(width)}  ${summary}`),
    "",
    "  abs COMMAND --help   shows a command's options",
    "  abs --version        prints the version",
    "",
    "Exit codes: 0 done, 1 failed on input, 2 wrong usage, 130 or 143 interrupted",
  ].join("\n");
}
