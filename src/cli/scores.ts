import type { Classification } from "../classifier.ts";

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
}

/** Gathers classifications with their true labels and the time they took. */
export class ScoreBoard {
  private readonly names: readonly string[];
  private readonly confusion: number[][];
  private readonly times: number[] = [];
  private rejected = 0;
  private evaluations = 0;

  constructor(names: readonly string[]) {
    this.names = names;
    this.confusion = names.map(() => names.map(() => 0));
  }

  /** @throws RangeError when there is no class of that label */
  add({ label, rejected, evaluations }: Classification, truth: number, milliseconds: number): void {
    const row = this.confusion[truth];
    if (row === undefined) throw new RangeError(`there is no class ${truth}; the model has ${this.names.length}`);
    row[label] = (row[label] ?? 0) + 1;
    if (rejected) this.rejected++;
    this.evaluations += evaluations;
    this.times.push(milliseconds);
  }

  /** @throws RangeError when nothing was added */
  scores(): Scores {
    const images = this.times.length;
    if (images === 0) throw new RangeError("no images were evaluated");
    const correct = sum(this.names.map((_, label) => this.cell(label, label)));
    const times = this.times.toSorted((one, other) => one - other);
    return {
      images,
      correct,
      accuracy: correct / images,
      interval: wilsonInterval(correct, images),
      confusion: this.confusion,
      classes: this.names.map((name, label) => {
        const occurs = sum(this.confusion[label] ?? []);
        const answered = sum(this.names.map((_, truth) => this.cell(truth, label)));
        const hits = this.cell(label, label);
        return {
          name,
          images: occurs,
          precision: answered === 0 ? null : hits / answered,
          recall: occurs === 0 ? null : hits / occurs,
        };
      }),
      rejected: { images: this.rejected, share: this.rejected / images },
      meanEvaluations: this.evaluations / images,
      millisecondsPerImage: { median: nearestRank(times, 0.5), p99: nearestRank(times, 0.99) },
    };
  }

  private cell(truth: number, answer: number): number {
    return this.confusion[truth]?.[answer] ?? 0;
  }
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
