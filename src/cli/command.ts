import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { parseArgs } from "node:util";
import { shownText } from "../arguments/printable.ts";
import { shown } from "../arguments/shown.ts";
import { CONFIDENCES } from "../classifier.ts";
import { EFFORTS, type Effort } from "../effort.ts";
import type { ConfidenceKind } from "../engine.ts";
import { INFERENCES, type Inference } from "../search.ts";
import { VARIANTS, type Variant } from "../weights/variants.ts";
import type { Environment } from "./environment.ts";

/** The command line is wrong; the message says what came and what is wanted. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(message: string, options?: ErrorOptions) {
    super(shownText(message, LONGEST_USAGE_ERROR), options);
  }
}

/** What is longer quotes the command line at length. */
const LONGEST_USAGE_ERROR = 500;

/** How names of the files may end that commands write; where a name has no ending, it may be a device's. */
const ENDINGS = { PNG: [".png", ""], HTML: [".html", ".htm", ""] };

/** An option as the parser and the help need it. */
export interface OptionSpecification {
  /** What the value is, e.g. `FILE`; left out for a switch. */
  readonly value?: string;
  readonly short?: string;
  /** One line for the help, with the default where there is one. */
  readonly description: string;
}

/** One command of the program. */
export interface Command {
  /** One or two words, e.g. `data fetch`. */
  readonly name: string;
  /** The arguments as the help shows them, e.g. `FILE…`. */
  readonly usage: string;
  readonly summary: string;
  /** Fewest and most arguments. */
  readonly positionals: { readonly least: number; readonly most: number };
  readonly options: Readonly<Record<string, OptionSpecification>>;
  /** Command lines for the help. */
  readonly examples: readonly string[];
  /** Does it and returns the exit code. UsageError means wrong usage; any other error that the input failed. */
  run(invocation: Invocation, environment: Environment): Promise<number>;
}

export const JSON_OPTION = {
  json: { description: "print one JSON document on standard output and nothing else" },
} as const satisfies Command["options"];

/** The options of every command that classifies. */
export const MODEL_OPTIONS = {
  ...JSON_OPTION,
  weights: { value: "FILE", description: "use these weights (safetensors) instead of the built-in ones" },
  inference: {
    value: "NAME",
    description: `how latents are searched: ${INFERENCES.join(" or ")} (default: race)`,
  },
  effort: {
    value: "NAME",
    description: `how much the race may spend: ${EFFORTS.join(", ")} (default: standard)`,
  },
  variant: {
    value: "NAME",
    description: `which model: ${VARIANTS.join(" or ")}, for black-and-white images (default: abs)`,
  },
  confidence: {
    value: "NAME",
    description: `what the confidence rests on: ${CONFIDENCES.join(" or ")} (default: calibrated where the weights have it)`,
  },
} as const satisfies Command["options"];

/** Options for choosing among the images of a data set. */
export const RANGE_OPTIONS = {
  offset: { value: "N", description: "skip the first N images (default: 0)" },
  limit: { value: "N", description: "stop after N images (default: all)" },
} as const satisfies Command["options"];

const LARGEST_SEED = 2 ** 32 - 1;

/** The seed for the image at a place, so that images draw independently of each other, whichever part of them is meant. */
export function seedAt(seed: number, place: number): number {
  return (seed + place) % (LARGEST_SEED + 1);
}

/** Threads beyond this cost memory and gain nothing on any machine that we know of. */
const MOST_WORKERS = 256;

/** The option of commands that spread their images over threads. */
export const WORKERS_OPTION = {
  workers: { value: "N", description: "classify on N threads, or auto: as many as there are cores (default: 1)" },
} as const satisfies Command["options"];

/** The arguments and options of one call, with typed and checked access. */
export class Invocation {
  readonly positionals: readonly string[];
  /** The command line as it was given, the command's name first. */
  readonly words: readonly string[];
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  /** @throws UsageError for unknown options, missing or superfluous values and arguments */
  constructor(command: Command, words: readonly string[]) {
    const { values, positionals } = parse(command, words);
    this.words = [...command.name.split(" "), ...words];
    this.#values = values;
    this.positionals = positionals;
    const { least, most } = command.positionals;
    // Help must be had without the arguments that it explains.
    if (this.flag("help")) return;
    if (positionals.length < least) throw new UsageError(`missing argument: ${command.name} wants ${command.usage}`);
    if (positionals.length > most) {
      throw new UsageError(
        `unexpected argument ${shown(positionals[most] ?? "")}: ${command.name} wants ${command.usage || "none"}`,
      );
    }
  }

  /** Whether a switch is there. */
  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** The value of an option, undefined when it is not there. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /**
   * The file that an option names to be written, undefined when it is not there.
   *
   * @throws UsageError when it has no name, or one that ends as another kind of file's does
   */
  fileToWrite(name: string, kind: keyof typeof ENDINGS): string | undefined {
    const value = this.text(name);
    if (value === "") throw new UsageError(`--${name} wants a file's name, got ""`);
    if (value !== undefined && !ENDINGS[kind].includes(extname(value).toLowerCase())) {
      throw new UsageError(`--${name} writes ${kind}, so its file ends in ${ENDINGS[kind][0]}; got ${shown(value)}`);
    }
    return value;
  }

  /** @throws UsageError when the option is not there */
  requiredText(name: string, wanted: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`missing option: --${name} ${wanted}`);
    return value;
  }

  /** @throws UsageError when the value is not a whole number from `least` on */
  wholeNumber<Fallback>(name: string, fallback: Fallback, least = 0): number | Fallback {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
    if (!(Number.isSafeInteger(number) && number >= least)) {
      throw new UsageError(`--${name} wants a whole number from ${least}, got ${shown(value)}`);
    }
    return number;
  }

  /**
   * The value of `--seed`, 0 where it is not there.
   *
   * @throws UsageError when it is no whole number from 0 below 2^32
   */
  seed(): number {
    const seed = this.wholeNumber("seed", 0);
    if (seed > LARGEST_SEED) throw new UsageError(`--seed wants at most ${LARGEST_SEED}, got ${seed}`);
    return seed;
  }

  /** @throws UsageError when the value is no decimal number */
  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^[-+]?[0-9.][0-9.e+-]*$/i.test(value) ? Number(value) : Number.NaN;
    if (!Number.isFinite(number)) throw new UsageError(`--${name} wants a number, got ${shown(value)}`);
    return number;
  }

  /**
   * The names in a list with commas, each once.
   *
   * @throws UsageError when a name is none of the choices
   */
  names<Choice extends string>(name: string, choices: readonly Choice[]): readonly Choice[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = value.split(",").map((word) => {
      const choice = choices.find((known) => known === word.trim());
      if (choice === undefined)
        throw new UsageError(`--${name} wants names out of ${choices.join(", ")}, got ${shown(word)}`);
      return choice;
    });
    return choices.filter((choice) => found.includes(choice));
  }

  /** @throws UsageError when the value is none of the choices */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw new UsageError(`--${name} wants ${choices.join(" or ")}, got ${shown(value)}`);
    }
    return found;
  }

  /**
   * The value of `--workers`: how many threads classify, 1 unless asked otherwise.
   *
   * @throws UsageError when it is neither `auto` nor a whole number from 1 to 256
   */
  workers(): number {
    const value = this.text("workers") ?? "1";
    if (value === "auto") return Math.min(MOST_WORKERS, availableParallelism());
    const workers = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
    if (workers >= 1 && workers <= MOST_WORKERS) return workers;
    throw new UsageError(`--workers wants auto or a whole number from 1 to ${MOST_WORKERS}, got ${shown(value)}`);
  }

  /** The value of `--variant`. */
  variant(): Variant | undefined {
    return this.choice("variant", VARIANTS);
  }

  /** The value of `--inference`. */
  inference(): Inference | undefined {
    return this.choice("inference", INFERENCES);
  }

  /** The value of `--effort`. */
  effort(): Effort | undefined {
    return this.choice("effort", EFFORTS);
  }

  /** The value of `--confidence`. */
  confidence(): ConfidenceKind | undefined {
    return this.choice("confidence", CONFIDENCES);
  }
}

function parse(command: Command, words: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...HELP_OPTION }).map(
      ([name, { value, short }]: [string, OptionSpecification]) => [
        name,
        {
          type: value === undefined ? ("boolean" as const) : ("string" as const),
          ...(short === undefined ? {} : { short }),
        },
      ],
    ),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    // The parser's first sentence says what is wrong; what follows is about its own conventions.
    const message = error instanceof Error ? error.message : String(error);
    const [, ambiguous] = /^Option '(.*)' argument is ambiguous/.exec(message) ?? [];
    if (ambiguous !== undefined) {
      throw new UsageError(`${ambiguous}: a value that begins with a dash is written ${ambiguous}=VALUE`, {
        cause: error,
      });
    }
    throw new UsageError((message.split(/\. |\n/)[0] ?? message).replace(/\.$/, ""), { cause: error });
  }
}

const HELP_OPTION: Command["options"] = { help: { short: "h", description: "show this help" } };

/** The help of one command. */
export function commandHelp(command: Command): string {
  const entries = Object.entries({ ...command.options, ...HELP_OPTION }).map(
    ([name, { value, short, description }]) => ({
      left: `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
      description,
    }),
  );
  const width = Math.max(...entries.map(({ left }) => left.length));
  return [
    `${command.summary}`,
    "",
    `Usage: abs ${command.name} ${command.usage} [options]`,
    "",
    "Options:",
    ...entries.map(({ left, description }) => `  ${left.padEnd(width)}  ${description}`),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}
