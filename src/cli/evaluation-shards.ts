import type { Tally } from "./scores.ts";
import {
  hasMeasuredSettings,
  type ImageRange,
  isListOf,
  isShardPlace,
  isWhole,
  MEASURED_SETTINGS,
  type MeasuredSettings,
  orderShards,
  type ShardPlace,
} from "./shards.ts";

/** What is printed with the scores of an evaluation. */
export interface EvaluationSettings extends MeasuredSettings {
  readonly confidence: string;
}

/** What `abs evaluate --shard --json` prints. */
export interface ShardDocument extends EvaluationSettings, ShardPlace {
  readonly tally: Tally;
}

const SETTINGS = [...MEASURED_SETTINGS, "confidence"] as const satisfies readonly (keyof EvaluationSettings)[];

/**
 * The settings that all documents share and the tallies in the order of the shards.
 *
 * @param documents from any shards in any order, each with the name of its file
 * @throws Error when one is no shard's document, when settings differ, or when a shard is missing, there twice or incomplete
 */
export function joinShards(documents: readonly { file: string; document: unknown }[]): {
  settings: EvaluationSettings;
  of: ImageRange;
  tallies: readonly Tally[];
} {
  const known = documents.map(({ file, document }) => ({ file, document: checked(file, document) }));
  const shards = orderShards(known, SETTINGS, ({ tally }) => tally.milliseconds.length);
  const [first] = shards as [ShardDocument];
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, first[name]])) as unknown as EvaluationSettings;
  return { settings, of: first.of, tallies: shards.map(({ tally }) => tally) };
}

/** @throws Error when this is not what `abs evaluate --shard --json` printed */
function checked(file: string, document: unknown): ShardDocument {
  const found = document as Partial<ShardDocument> | null;
  const isShard =
    typeof found === "object" &&
    found !== null &&
    hasMeasuredSettings(found) &&
    typeof found.confidence === "string" &&
    isShardPlace(found) &&
    isTally(found.tally);
  if (!isShard) throw new Error(`${file}: is not what "abs evaluate --shard INDEX/COUNT --json" prints`);
  return found as ShardDocument;
}

function isTally(tally: Partial<Tally> | null | undefined): boolean {
  const classes = tally?.names?.length;
  return (
    isListOf(tally?.names, (name) => typeof name === "string") &&
    isListOf(tally?.confusion, (row) => isListOf(row, (count) => isWhole(count)) && row.length === classes) &&
    tally?.confusion?.length === classes &&
    isListOf(tally?.milliseconds, (time) => typeof time === "number" && time >= 0) &&
    isWhole(tally?.rejected) &&
    isWhole(tally?.evaluations) &&
    typeof tally?.digest === "string" &&
    /^[0-9a-f]{64}$/.test(tally.digest)
  );
}
