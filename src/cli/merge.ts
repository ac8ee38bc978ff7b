import { FileError, messageOf } from "../files/file-error.ts";
import { readBoundedFile } from "../files/read-bounded-file.ts";
import { writeWholeFile } from "../files/write-whole-file.ts";
import { attackDocument, isAttackDocument, joinAttackShards } from "./attack/document.ts";
import { attackLines } from "./attack/lines.ts";
import { reportOf } from "./attack/report/report.ts";
import { type Command, type Invocation, JSON_OPTION, UsageError } from "./command.ts";
import { DONE, type Environment, printJson, printLines, printTable } from "./environment.ts";
import { joinShards } from "./evaluation-shards.ts";
import { scoreLines } from "./score-lines.ts";
import { joinTallies, scoresOf } from "./scores.ts";

/** An evaluation's document has some 20 bytes per image, so this is for more than a million; one of attacks 150 a result. */
const DOCUMENT_BYTE_LIMIT = 2 ** 25;

/** `abs merge`: joins the shards of an evaluation, or of attacks. */
export const mergeCommand: Command = {
  name: "merge",
  usage: "FILE…",
  summary: "join what `evaluate` or `attack` print with --shard --json into the scores of one run",
  positionals: { least: 1, most: Number.POSITIVE_INFINITY },
  options: { ...JSON_OPTION, out: { value: "FILE", description: "write a report of joined attacks as one HTML file" } },
  examples: [
    "abs merge shards/*.json",
    "abs merge --json shards/*.json > scores.json",
    "abs merge attacks/*.json --out attacks.html",
  ],
  run: mergeShards,
};

interface ShardFile {
  readonly file: string;
  readonly document: unknown;
}

async function mergeShards(invocation: Invocation, environment: Environment): Promise<number> {
  const documents: ShardFile[] = [];
  for (const file of invocation.positionals) documents.push({ file, document: await readJson(file) });
  const ofAttacks = documents.find(({ document }) => isAttackDocument(document));
  const ofOthers = documents.find(({ document }) => !isAttackDocument(document));
  if (ofAttacks === undefined) return mergeEvaluations(documents, invocation, environment);
  if (ofOthers !== undefined) throw new Error(`${ofOthers.file}: is not of "abs attack", but ${ofAttacks.file} is`);
  return await mergeAttacks(documents, invocation, environment);
}

function mergeEvaluations(documents: readonly ShardFile[], invocation: Invocation, environment: Environment): number {
  if (invocation.text("out") !== undefined) throw new UsageError("--out is for attacks, of which none are given");
  const { settings, of, tallies } = joinShards(documents);
  const scores = scoresOf(joinTallies(tallies));
  if (invocation.flag("json")) {
    printJson(environment, { ...settings, offset: of.start, shards: tallies.length, ...scores });
  } else {
    printLines(environment, scoreLines(scores, undefined, environment.stdout.columns));
    printLines(environment, ["", `digest       ${scores.digest}, of ${tallies.length} shards`]);
  }
  return DONE;
}

async function mergeAttacks(
  documents: readonly ShardFile[],
  invocation: Invocation,
  environment: Environment,
): Promise<number> {
  const { run, shards } = joinAttackShards(documents);
  const out = invocation.fileToWrite("out", "HTML");
  // Printed before the report is written, which may fail.
  if (invocation.flag("json")) {
    printJson(environment, attackDocument(run, { shards }));
  } else {
    printTable(environment, [...attackLines(run), `joined from ${shards} shards`]);
  }
  if (out !== undefined) {
    await writeWholeFile(out, reportOf(run, { commandLine: invocation.words }));
    if (!invocation.flag("json")) printLines(environment, [`${out}: report`]);
  }
  return DONE;
}

async function readJson(file: string): Promise<unknown> {
  const bytes = await readBoundedFile(file, DOCUMENT_BYTE_LIMIT);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FileError(file, `is no JSON: ${messageOf(error)}`, { cause: error });
  }
}
