import { createHash } from "node:crypto";
import type { Classification } from "../results.ts";

/** What an evaluation found. Shares are in [0, 1]; times in milliseconds. */
export interface Scores {
  readonly images: number;
  readonly correct: number;
  readonly accuracy: number;
  /** 95 % Wilson score interval of the accuracy. */
  readonly interval: { readonly low: number; readonly high: number };
  /** Rows are true classes, columns the answers. */
  readonly confusion: readonly (readonly number[])[];
  /** Precision is null for a class never answered, recall for one that never occurs. */
  readonly classes: readonly {
    readonly name: string;
    readonly images: number;
    readonly precision: number | null;
    readonly recall: number | null;
  }[];
  readonly rejected: { readonly images: number; readonly share: number };
  readonly meanEvaluations: number;
  readonly millisecondsPerImage: { readonly median: number; readonly p99: number };
  /** See `Tally`. */
  readonly digest: string;
}

/** What scores are worked out from; tallies of parts of a data set add up to that of the whole. */
export interface Tally {
  /** The classes' names, by label. */
  readonly names: readonly string[];
  /** Rows are true classes, columns the answers. */
  readonly confusion: readonly (readonly number[])[];
  readonly rejected: number;
  readonly evaluations: number;
  /** One per image. */
  readonly milliseconds: readonly number[];
  /**
   * 64 hexadecimal digits: the exclusive or, over the images, of the SHA-256 of the image's place and of every bit of its
   * losses and probabilities. Equal digests mean equal results, bit for bit, however the images were divided.
   */
  readonly digest: string;
}

/** Gathers classifications with their true labels and the time they took. */
export class ScoreBoard {
  readonly #names: readonly string[];
  readonly #confusion: number[][];
  readonly #milliseconds: number[] = [];
  readonly #digest = new Uint8Array(32);
  #rejected = 0;
  #evaluations = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#confusion = names.map(() => names.map(() => 0));
  }

  /**
   * @param place of the image in its data set
   * @throws RangeError when there is no class of that label
   */
  add(place: number, classification: Classification, truth: number, milliseconds: number): void {
    const { label, rejected, evaluations, losses, probabilities } = classification;
    const row = this.#confusion[truth];
    if (row === undefined) throw new RangeError(`there is no class ${truth}; the model has ${this.#names.length}`);
    row[label] = (row[label] ?? 0) + 1;
    if (rejected) ++this.#rejected;
    this.#evaluations += evaluations;
    this.#milliseconds.push(milliseconds);
    const hash = createHash("sha256")
      .update(`${place} ${label}\n`)
      .update(bytesOf(losses))
      .update(bytesOf(probabilities));
    combine(this.#digest, hash.digest());
  }

  tally(): Tally {
    return {
      names: this.#names,
      confusion: this.#confusion,
      rejected: this.#rejected,
      evaluations: this.#evaluations,
      milliseconds: this.#milliseconds,
      digest: Buffer.from(this.#digest).toString("hex"),
    };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function combine(digest: Uint8Array, other: Uint8Array): void {
  for (const [index, byte] of other.entries()) digest[index] = (digest[index] as number) ^ byte;
}

/**
 * The tally of all images together.
 *
 * @param tallies of the same classes, one at least
 */
export function joinTallies(tallies: readonly Tally[]): Tally {
  const [{ names }] = tallies as [Tally, ...Tally[]];
  const digest = new Uint8Array(32);
  for (const tally of tallies) combine(digest, Buffer.from(tally.digest, "hex"));
  return {
    names,
    confusion: names.map((_, truth) =>
      names.map((_, answer) => sum(tallies.map(({ confusion }) => confusion[truth]?.[answer] ?? 0))),
    ),
    rejected: sum(tallies.map(({ rejected }) => rejected)),
    evaluations: sum(tallies.map(({ evaluations }) => evaluations)),
    milliseconds: tallies.flatMap(({ milliseconds }) => milliseconds),
    digest: Buffer.from(digest).toString("hex"),
  };
}

/** @throws RangeError when the tally is of no image */
export function scoresOf({ names, confusion, rejected, evaluations, milliseconds, digest }: Tally): Scores {
  const images = milliseconds.length;
  if (images === 0) throw new RangeError("no images were evaluated");
  const cell = (truth: number, answer: number): number => confusion[truth]?.[answer] ?? 0;
  const correct = sum(names.map((_, label) => cell(label, label)));
  const times = milliseconds.toSorted((one, other) => one - other);
  return {
    images,
    correct,
    accuracy: correct / images,
    interval: wilsonInterval(correct, images),
    confusion,
    classes: names.map((name, label) => {
      const occurs = sum(confusion[label] ?? []);
      const answered = sum(names.map((_, truth) => cell(truth, label)));
      const hits = cell(label, label);
      return {
        name,
        images: occurs,
        precision: answered === 0 ? null : hits / answered,
        recall: occurs === 0 ? null : hits / occurs,
      };
    }),
    rejected: { images: rejected, share: rejected / images },
    meanEvaluations: evaluations / images,
    millisecondsPerImage: { median: nearestRank(times, 0.5), p99: nearestRank(times, 0.99) },
    digest,
  };
}

/** The Wilson score interval of a share at 95 % confidence. */
export function wilsonInterval(hits: number, trials: number): { low: number; high: number } {
  const z = 1.959963984540054;
  const share = hits / trials;
  const shrink = 1 + (z * z) / trials;
  const middle = (share + (z * z) / (2 * trials)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The smallest of the sorted values that at least the given share does not exceed. */
export function nearestRank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
