import { createHash } from "node:crypto";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { type Invocation, RANGE_OPTIONS, UsageError } from "./command.ts";
import type { Environment } from "./environment.ts";
import { type LabelledImages, readSplit, SPLITS, type Split } from "./mnist-files.ts";
import { type ImageRange, type MeasuredSettings, parseShard, type Shard, shardOf } from "./shards.ts";

// Which images of a data set a command line is about.

/** The options that say so, for commands whose work can be divided into shards. */
export const CHOSEN_IMAGES_OPTIONS = {
  data: { value: "DIR", description: "directory with t10k-… and train-…-ubyte files, gzip or not" },
  split: { value: "NAME", description: `${SPLITS.join(" or ")} (default: test)` },
  ...RANGE_OPTIONS,
  shard: { value: "I/N", description: "only the I-th of N parts, from 0; `abs merge` joins what --json prints" },
} as const;

/** A data set and the images of it that are meant. */
export interface ChosenImages {
  readonly directory: string;
  readonly split: Split;
  readonly data: LabelledImages;
  /** Those that `--offset` and `--limit` leave. */
  readonly whole: ImageRange;
  /** Of these the shard's part, or all; at least one. */
  readonly range: ImageRange;
  readonly shard: Shard | undefined;
}

/**
 * Reads what `--data`, `--split`, `--offset`, `--limit` and `--shard` name; a command without one of these has its default.
 *
 * @throws UsageError when an option is wrong, or leaves no image
 * @throws FileError when the files cannot be read
 */
export async function readChosenImages(invocation: Invocation): Promise<ChosenImages> {
  const directory = invocation.requiredText("data", "DIR");
  const split = invocation.choice("split", SPLITS) ?? "test";
  const offset = invocation.wholeNumber("offset", 0);
  const limit = invocation.wholeNumber("limit", Number.POSITIVE_INFINITY, 1);
  const shardText = invocation.text("shard");
  const shard = shardText === undefined ? undefined : parseShard(shardText);
  const data = await readSplit(directory, split);
  if (offset >= data.count) throw new UsageError(`--offset ${offset} skips all ${data.count} images`);
  const whole = { start: offset, stop: Math.min(data.count, offset + limit) };
  const range = shard === undefined ? whole : shardOf(whole, shard);
  if (range.start === range.stop) {
    throw new UsageError(`--shard ${shardText} leaves this shard none of ${whole.stop - offset} images`);
  }
  return { directory, split, data, whole, range, shard };
}

/** @throws RangeError when an image of the range is of no class of the model */
export function checkLabels({ labels }: LabelledImages, { start, stop }: ImageRange, classes: number): void {
  const outside = labels.subarray(start, stop).find((label) => label >= classes);
  if (outside !== undefined) throw new RangeError(`there is no class ${outside}; the model has ${classes}`);
}

/** The values in [0, 1] of the image at a place. */
export function imageValues({ images }: LabelledImages, place: number): Float32Array {
  return Float32Array.from(images.subarray(place * IMAGE_PIXELS, (place + 1) * IMAGE_PIXELS), (byte) => byte / 255);
}

/** What a measurement depends on, with the defaults of options that are not there. */
export function measuredSettings<Known extends Partial<MeasuredSettings>>(
  invocation: Invocation,
  { version }: Environment,
  known: Known,
): Known & Pick<MeasuredSettings, "version" | "inference" | "effort" | "variant"> {
  const inference = invocation.inference() ?? "race";
  const effort = invocation.effort() ?? "standard";
  const variant = invocation.variant() ?? "abs";
  return { version, ...known, inference, effort, variant };
}

/** SHA-256 over images and labels, hexadecimal. */
export function sha256OfData({ images, labels }: LabelledImages): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}
