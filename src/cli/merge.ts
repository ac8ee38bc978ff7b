import { FileError, messageOf } from "../files/file-error.ts";
import { readBoundedFile } from "../files/read-bounded-file.ts";
import { type Command, type Invocation, JSON_OPTION } from "./command.ts";
import { DONE, type Environment, printJson, printLines } from "./environment.ts";
import { joinShards } from "./evaluation-shards.ts";
import { scoreLines } from "./score-lines.ts";
import { joinTallies, scoresOf } from "./scores.ts";

/** A document has some 20 bytes per image, so this is for more than a million. */
const DOCUMENT_BYTE_LIMIT = 2 ** 25;

/** `abs merge`: joins the shards of an evaluation. */
export const mergeCommand: Command = {
  name: "merge",
  usage: "FILE…",
  summary: "join what `evaluate --shard --json` printed into the scores of one run",
  positionals: { least: 1, most: Number.POSITIVE_INFINITY },
  options: JSON_OPTION,
  examples: ["abs merge shards/*.json", "abs merge --json shards/*.json > scores.json"],
  run: mergeShards,
};

async function mergeShards(invocation: Invocation, environment: Environment): Promise<number> {
  const documents = [];
  for (const file of invocation.positionals) documents.push({ file, document: await readJson(file) });
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

async function readJson(file: string): Promise<unknown> {
  const bytes = await readBoundedFile(file, DOCUMENT_BYTE_LIMIT);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FileError(file, `is no JSON: ${messageOf(error)}`, { cause: error });
  }
}
