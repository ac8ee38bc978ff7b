import { type ReadingClassifier, readDigits } from "../reading/read-digits.ts";
import { glyphOf } from "../strings/glyph.ts";
import { WRITTEN_KINDS, writtenPictures } from "../strings/kinds.ts";
import { ReadingTally } from "../strings/tally.ts";
import type { LabelledGlyph } from "../strings/written.ts";
import type { LabelledImages } from "./mnist-files.ts";
import type { Progress } from "./progress.ts";

const PIXELS = 784;

/** How pictures of one kind were read; shares are from 0 to 1. */
export interface StringScores {
  readonly kind: string;
  readonly pictures: number;
  /** Pictures read without a fault. */
  readonly right: number;
  /** Digits found, of all written. */
  readonly recall: number;
  /** Digits found, of all that was taken for a digit. */
  readonly precision: number;
  /** Junk taken for digits, of all junk; null where there is none. */
  readonly junkTaken: number | null;
}

/**
 * Reads pictures of every kind, written with the digits of a range.
 *
 * @param count strings of each kind; of sheets a twentieth
 * @param range the images to write with, from `start` and before `stop`
 */
export function scoreStrings(
  classifier: ReadingClassifier,
  { images, labels }: LabelledImages,
  { start, stop }: { readonly start: number; readonly stop: number },
  { count, seed }: { readonly count: number; readonly seed: number },
  progress: Progress,
): StringScores[] {
  const digitAt = (index: number): LabelledGlyph => ({
    label: labels[start + index] as number,
    glyph: glyphOf(images.subarray((start + index) * PIXELS, (start + index + 1) * PIXELS)),
  });
  try {
    return WRITTEN_KINDS.map((kind, place) => {
      const tally = new ReadingTally();
      for (const written of writtenPictures(kind, count, stop - start, digitAt, seed)) {
        const { lines } = readDigits(written.picture, { classifier });
        tally.add(
          written,
          lines.map(({ digits }) => digits),
        );
      }
      progress.report(place + 1, WRITTEN_KINDS.length);
      const { pictures, right, recall, precision, junk, junkTaken } = tally;
      return {
        kind: kind.name,
        pictures,
        right: right / pictures,
        recall,
        precision,
        junkTaken: junk === 0 ? null : junkTaken / junk,
      };
    });
  } finally {
    progress.stop();
  }
}

/** A table of the scores. */
export function stringLines(scores: readonly StringScores[]): string[] {
  const width = Math.max(...scores.map(({ kind }) => kind.length));
  const cell = (share: number | null): string => (share === null ? "" : `${(100 * share).toFixed(1)} %`).padStart(10);
  return [
    `${"".padEnd(width)}  ${["all right", "recall", "precision", "junk taken"].map((word) => word.padStart(10)).join("")}`,
    ...scores.map(
      ({ kind, right, recall, precision, junkTaken }) =>
        `${kind.padEnd(width)}  ${[right, recall, precision, junkTaken].map(cell).join("")}`,
    ),
  ];
}
