import { shown } from "../arguments/shown.ts";
import { UsageError } from "./command.ts";
import type { Tally } from "./scores.ts";

// An evaluation divided over several machines: each takes one shard of the images, and the shards' documents are merged.

/** One part of the images: shard `index` of `count`, from 0 as Kubernetes numbers the pods of an Indexed Job. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Images from `start` to before `stop`. */
export interface ImageRange {
  readonly start: number;
  readonly stop: number;
}

/** More shards than this are most likely a mistake. */
const MOST_SHARDS = 100_000;

/** @throws UsageError when the text is not INDEX/COUNT with 0 ≤ INDEX < COUNT */
export function parseShard(text: string): Shard {
  const [, index, count] = /^([0-9]+)\/([0-9]+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.index < shard.count && shard.count <= MOST_SHARDS)) {
    throw new UsageError(`--shard wants INDEX/COUNT with an index from 0 to COUNT − 1, got ${shown(text)}`);
  }
  return shard;
}

/** The shard's part of a range: parts are consecutive and differ in length by one image at most. */
export function shardOf({ start, stop }: ImageRange, { index, count }: Shard): ImageRange {
  const place = (share: number): number => start + Math.floor(((stop - start) * share) / count);
  return { start: place(index), stop: place(index + 1) };
}

/** What must be the same in all shards of one evaluation, and is printed with its scores. */
export interface EvaluationSettings {
  readonly version: string;
  readonly split: string;
  /** SHA-256 over the split's images and labels. */
  readonly dataSha256: string;
  /** SHA-256 of the weights file; null for the built-in weights. */
  readonly weightsSha256: string | null;
  readonly inference: string;
  readonly effort: string;
  readonly variant: string;
  readonly confidence: string;
}

/** What `abs evaluate --shard --json` prints. */
export interface ShardDocument extends EvaluationSettings {
  readonly shard: Shard;
  /** The images that all shards cover together. */
  readonly of: ImageRange;
  readonly tally: Tally;
}

const SETTINGS = [
  "version",
  "split",
  "dataSha256",
  "weightsSha256",
  "inference",
  "effort",
  "variant",
  "confidence",
] as const satisfies readonly (keyof EvaluationSettings)[];

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
  const shards = documents.map(({ file, document }) => ({ file, ...checked(file, document) }));
  const [first, ...others] = shards as [(typeof shards)[number], ...typeof shards];
  for (const other of others) {
    for (const name of SETTINGS) {
      if (other[name] !== first[name]) {
        throw new Error(`${other.file}: ${name} is ${other[name]}, but ${first[name]} in ${first.file}`);
      }
    }
    if (other.of.start !== first.of.start || other.of.stop !== first.of.stop) {
      throw new Error(`${other.file}: is of images ${range(other.of)}, but ${first.file} of ${range(first.of)}`);
    }
    if (other.shard.count !== first.shard.count) {
      throw new Error(
        `${other.file}: is one of ${other.shard.count} shards, but ${first.file} one of ${first.shard.count}`,
      );
    }
  }
  const { count } = first.shard;
  const tallies = Array.from({ length: count }, (_, index) => {
    const [found, again] = shards.filter(({ shard }) => shard.index === index);
    if (found === undefined) throw new Error(`shard ${index} of ${count} is missing`);
    if (again !== undefined) throw new Error(`shard ${index} of ${count} is there twice: ${found.file}, ${again.file}`);
    const { start, stop } = shardOf(first.of, found.shard);
    const images = found.tally.milliseconds.length;
    if (images !== stop - start) throw new Error(`${found.file}: has ${images} images, wanted ${stop - start}`);
    return found.tally;
  });
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, first[name]])) as unknown as EvaluationSettings;
  return { settings, of: first.of, tallies };
}

function range({ start, stop }: ImageRange): string {
  return `${start} to ${stop}`;
}

/** @throws Error when this is not what `abs evaluate --shard --json` printed */
function checked(file: string, document: unknown): ShardDocument {
  const found = document as Partial<ShardDocument> | null;
  const isShard =
    typeof found === "object" &&
    found !== null &&
    SETTINGS.every((name) => typeof found[name] === "string" || (name === "weightsSha256" && found[name] === null)) &&
    isWhole(found.shard?.count, 1, MOST_SHARDS) &&
    isWhole(found.shard?.index, 0, found.shard.count - 1) &&
    isWhole(found.of?.stop) &&
    isWhole(found.of?.start, 0, found.of.stop) &&
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

function isListOf(list: unknown, isItem: (item: unknown) => boolean): list is unknown[] {
  return Array.isArray(list) && list.every(isItem);
}

function isWhole(value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
