import { pMapIterable } from "p-map";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { corrupted } from "../corruptions/corrupt.ts";
import type { Corruption } from "../corruptions/corruption.ts";
import type { Workforce } from "./load-classifier.ts";
import type { LabelledImages } from "./mnist-files.ts";
import type { Progress } from "./progress.ts";
import type { ImageRange } from "./shards.ts";

/** What became of images under one kind of corruption, or on average over kinds. Shares are in [0, 1]. */
export interface CorruptionScores {
  /** Share of right labels, rejected or not. */
  readonly accuracy: number;
  readonly rejected: number;
  /** Share of wrong labels that were not rejected: what a user who heeds rejections would be misled by. */
  readonly wrongAndAccepted: number;
}

/** Which kinds, and the seed of all that they draw. */
export interface Corruptions {
  readonly kinds: readonly Corruption[];
  /** With an image's place in the data set and the kind, it says how the image is corrupted. */
  readonly seed: number;
}

/** The scores of one kind. */
export type KindScores = CorruptionScores & { readonly name: string };

/** Classifies the images of some chunks under every kind. */
export async function scoreCorruptions(
  { tasks, concurrency }: Workforce,
  { images, labels }: LabelledImages,
  chunks: readonly ImageRange[],
  { kinds, seed }: Corruptions,
  progress: Progress,
): Promise<KindScores[]> {
  const perKind = chunks.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const counts = kinds.map(() => ({ correct: 0, rejected: 0, wrongAndAccepted: 0 }));
  const jobs = kinds.flatMap((kind, index) => chunks.map((chunk) => ({ kind, index, ...chunk })));
  const classify = async ({ kind, index, start, stop }: (typeof jobs)[number]) => {
    const batch = new Uint8Array((stop - start) * IMAGE_PIXELS);
    for (let place = start; place < stop; ++place) {
      const image = images.subarray(place * IMAGE_PIXELS, (place + 1) * IMAGE_PIXELS);
      batch.set(corrupted(kind, image, place, seed), (place - start) * IMAGE_PIXELS);
    }
    return { ...(await tasks.classifyBatch(batch)), index, start };
  };
  let done = 0;
  try {
    for await (const { classifications, index, start } of pMapIterable(jobs, classify, { concurrency })) {
      const count = counts[index] as (typeof counts)[number];
      classifications.forEach(({ label, rejected }, at) => {
        const truth = labels[start + at] as number;
        if (label === truth) ++count.correct;
        else if (!rejected) ++count.wrongAndAccepted;
        if (rejected) ++count.rejected;
      });
      done += classifications.length;
      progress.report(done, kinds.length * perKind);
    }
  } finally {
    progress.stop();
  }
  return kinds.map(({ name }, index) => {
    const { correct, rejected, wrongAndAccepted } = counts[index] as (typeof counts)[number];
    return {
      name,
      accuracy: correct / perKind,
      rejected: rejected / perKind,
      wrongAndAccepted: wrongAndAccepted / perKind,
    };
  });
}

/** The mean over kinds, each of which counts the same. */
export function meanScores(scores: readonly CorruptionScores[]): CorruptionScores {
  const mean = (share: (scores: CorruptionScores) => number): number =>
    scores.reduce((sum, one) => sum + share(one), 0) / scores.length;
  return {
    accuracy: mean(({ accuracy }) => accuracy),
    rejected: mean(({ rejected }) => rejected),
    wrongAndAccepted: mean(({ wrongAndAccepted }) => wrongAndAccepted),
  };
}

/** The scores as lines of text, the mean last. */
export function corruptionLines(scores: readonly KindScores[]): string[] {
  const rows: readonly KindScores[] = [...scores, { name: "mean", ...meanScores(scores) }];
  const width = Math.max(...rows.map(({ name }) => name.length), "corruption".length);
  const percent = (share: number, columns: number): string => `${(100 * share).toFixed(1)} %`.padStart(columns);
  return [
    `${"corruption".padEnd(width)}  accuracy  rejected  wrong and accepted`,
    ...rows.map(
      ({ name, accuracy, rejected, wrongAndAccepted }) =>
        `${name.padEnd(width)}${percent(accuracy, 10)}${percent(rejected, 10)}${percent(wrongAndAccepted, 20)}`,
    ),
  ];
}
