import { shown } from "../arguments/shown.ts";
import { UsageError } from "./command.ts";

// Work on a data set divided over several machines: each takes one shard of the images, and the shards' documents are merged.

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

/** What a measurement of a model on a data set depends on, and what must be the same in all of its shards. */
export interface MeasuredSettings {
  readonly version: string;
  readonly split: string;
  /** SHA-256 over the split's images and labels. */
  readonly dataSha256: string;
  /** SHA-256 of the weights file; null for the built-in weights. */
  readonly weightsSha256: string | null;
  readonly inference: string;
  readonly effort: string;
  readonly variant: string;
}

export const MEASURED_SETTINGS = [
  "version",
  "split",
  "dataSha256",
  "weightsSha256",
  "inference",
  "effort",
  "variant",
] as const satisfies readonly (keyof MeasuredSettings)[];

/** Whether a document read from a file has them all. */
export function hasMeasuredSettings(found: Partial<MeasuredSettings>): boolean {
  return MEASURED_SETTINGS.every(
    (name) => typeof found[name] === "string" || (name === "weightsSha256" && found[name] === null),
  );
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

/** What every shard's document says of its place. */
export interface ShardPlace {
  readonly shard: Shard;
  /** The images that all shards cover together. */
  readonly of: ImageRange;
}

/**
 * The documents in the order of the shards.
 *
 * @param documents from any shards in any order, one at least, each with the name of its file
 * @param settings names of what must be the same in all
 * @param countImages how many images a document is about
 * @throws Error when settings differ, or when a shard is missing, there twice or incomplete
 */
export function orderShards<Document extends ShardPlace>(
  documents: readonly { file: string; document: Document }[],
  settings: readonly (keyof Document & string)[],
  countImages: (document: Document) => number,
): readonly Document[] {
  const [first, ...others] = documents as [(typeof documents)[number], ...typeof documents];
  const { of, shard } = first.document;
  for (const { file, document } of others) {
    const difference = findDifference(document, first.document, settings);
    if (difference !== undefined) throw new Error(`${file}: ${difference} in ${first.file}`);
    if (document.of.start !== of.start || document.of.stop !== of.stop) {
      throw new Error(`${file}: is of images ${range(document.of)}, but ${first.file} of ${range(of)}`);
    }
    if (document.shard.count !== shard.count) {
      throw new Error(`${file}: is one of ${document.shard.count} shards, but ${first.file} one of ${shard.count}`);
    }
  }
  return Array.from({ length: shard.count }, (_, index) => {
    const [found, again] = documents.filter(({ document }) => document.shard.index === index);
    if (found === undefined) throw new Error(`shard ${index} of ${shard.count} is missing`);
    if (again !== undefined) {
      throw new Error(`shard ${index} of ${shard.count} is there twice: ${found.file}, ${again.file}`);
    }
    const { start, stop } = shardOf(of, found.document.shard);
    const images = countImages(found.document);
    if (images !== stop - start) throw new Error(`${found.file}: has ${images} images, wanted ${stop - start}`);
    return found.document;
  });
}

/** The first setting in which two differ, as `effort is quick, but standard`; undefined where all are the same. */
export function findDifference<Settings extends object>(
  one: Settings,
  other: Settings,
  names: readonly (keyof Settings & string)[],
): string | undefined {
  for (const name of names) {
    const [here, there] = [settingText(one[name]), settingText(other[name])];
    if (here !== there) return `${name} is ${here}, but ${there}`;
  }
  return undefined;
}

function settingText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function range({ start, stop }: ImageRange): string {
  return `${start} to ${stop}`;
}

/** Whether a document read from a file says where it belongs. */
export function isShardPlace<Found extends Partial<ShardPlace>>(found: Found): found is Found & ShardPlace {
  return (
    isWhole(found.shard?.count, 1, MOST_SHARDS) &&
    isWhole(found.shard?.index, 0, found.shard.count - 1) &&
    isWhole(found.of?.stop) &&
    isWhole(found.of?.start, 0, found.of.stop)
  );
}

export function isListOf(list: unknown, isItem: (item: unknown) => boolean): list is unknown[] {
  return Array.isArray(list) && list.every(isItem);
}

export function isWhole(value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
