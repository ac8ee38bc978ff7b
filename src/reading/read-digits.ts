import { checkFunction, checkName, checkOptions, readFields } from "../arguments/checks.ts";
import { kindOf } from "../arguments/shown.ts";
import { EFFORTS, type Effort } from "../effort.ts";
import { around, type Box, enlarge } from "../image/components.ts";
import { checkedImage, type PixelImage } from "../image/pixel-image.ts";
import type { Ink } from "../image/polarity.ts";
import type { Classification } from "../results.ts";
import type { Candidate } from "./candidates.ts";
import { BOUNDS, judgePicture, type ReadingClassifier } from "./judge.ts";
import { bestPath, marginals, scoresOf } from "./lattice.ts";
import type { Impression } from "./piece-network.ts";
import { namedByBoth } from "./second-opinion.ts";
import { EVIDENCE_NETWORK } from "./weights.ts";

export type { ReadingClassifier } from "./judge.ts";

/** Options of `readDigits`. */
export interface ReadingOptions {
  /** From `createClassifier`. */
  readonly classifier: ReadingClassifier;
  /**
   * How much work a picture may cost: at most 250, 1000 (default) or 4000 classifications, of as many candidates. Where a picture
   * has more, the likeliest by their looks are taken; where it has more parts than that, the lightest are not looked at.
   */
  readonly effort?: Effort;
  /** Hears how many of the picture's candidates are classified. What it throws, the call throws. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A digit in a picture. */
export interface ReadDigit {
  /** The class, a whole number from 0: with the shipped weights, the digit. */
  readonly label: number;
  /** The class's name. */
  readonly name: string;
  /** Where it is, in pixels of the picture. Boxes of neighbours may overlap. */
  readonly box: Box;
  /** How likely this piece of ink is one digit by itself and of this class, from 0 to 1. */
  readonly confidence: number;
  /**
   * One per class, as the classifier has them for this piece by itself. Where the classes are the ten digits, what a second network
   * would name the piece weighs in, which matters where the classifier doubts.
   */
  readonly probabilities: Float64Array;
}

/** Ink that is no digit. */
export interface ReadOther {
  /** Where it is, in pixels of the picture. */
  readonly box: Box;
  /** How likely it is no digit, from 0 to 1. */
  readonly confidence: number;
}

/** Digits side by side. */
export interface ReadLine {
  /** The names of its digits, one after the other. */
  readonly text: string;
  /** Around its digits, in pixels of the picture. */
  readonly box: Box;
  /** In reading order, from the left; at least one. */
  readonly digits: readonly ReadDigit[];
}

/** What {@link readDigits} makes of a picture. */
export interface Reading {
  /** The lines' texts, one below the other. */
  readonly text: string;
  /** In reading order, from above. None where there is no digit. */
  readonly lines: readonly ReadLine[];
  /** Pieces of ink that are no digit, specks and rules left out. */
  readonly others: readonly ReadOther[];
  /** How the ink lay in the picture; undefined where there is none. */
  readonly ink: Ink | undefined;
  /** How many candidates were classified. */
  readonly classifications: number;
  /** False where `effort` did not allow for all cuts, or all parts, to be looked at. */
  readonly complete: boolean;
}

const OPTIONS = ["classifier", "effort", "onProgress"] as const satisfies readonly (keyof ReadingOptions)[];

/**
 * Reads the digits in a picture: any number of them, in lines, also such as touch or overlap. Ink is parted into components and
 * lines, lines are cut where a small network sees that digits part, and every piece that may be a digit is redrawn by the models. Of all
 * ways to part a line into pieces the likeliest is taken, by what the models say and by sizes, cuts and gaps; so a piece that no model
 * redraws well is no digit, be it half of one, two at once or a scribble.
 *
 * Rules of paper, shadows, frames around digits and lines below them are left out, as by `preprocess`. Equal pictures give equal
 * readings.
 *
 * @param picture as `preprocess` takes it; digits should be 14 pixels high or more
 * @param options `classifier` is wanted, all others have a default
 * @returns lines from above, in each its digits from the left; none for an empty picture
 * @throws {TypeError} when something is of the wrong kind, an option is unknown or no classifier is given
 * @throws {RangeError} when a size is not a whole number from 1, the length does not fit, or a value is out of its range
 * @throws {Error} when the classifier is disposed of
 * @example
 * ```js
 * import { readDigits } from "analysis-by-synthesis/reading";
 *
 * const reader = await createClassifier();
 * const sheet = new Float32Array(3 * 784); // three drawings of 28×28 side by side, bright on dark
 * [2, 5, 7].forEach((label, place) => {
 *   const [digit] = reader.sample(label, { seed: 9 });
 *   digit.forEach((ink, pixel) => {
 *     sheet[Math.floor(pixel / 28) * 84 + 28 * place + (pixel % 28)] = ink;
 *   });
 * });
 * const { text, lines } = readDigits({ data: sheet, width: 84, height: 28 }, { classifier: reader });
 * console.log(text); // → 257
 * console.log(lines[0].digits.length); // → 3
 * ```
 */
export function readDigits(picture: PixelImage, options: ReadingOptions): Reading {
  const { classifier, effort = "standard", onProgress } = checkOptions(options, OPTIONS);
  const wanted = "a classifier from createClassifier";
  if (typeof readFields("classifier", classifier, ["classifyBatch"], wanted).classifyBatch !== "function") {
    throw new TypeError(`classifier: got ${kindOf(classifier)}, wanted ${wanted}`);
  }
  checkName("effort", effort, EFFORTS);
  checkFunction("onProgress", onProgress);
  // Where the picture is blank nobody would notice that the classifier is gone.
  classifier.classifyBatch(new Float32Array(0));
  // A copy of the fields, which may be getters: what was checked is what is read.
  const checked = checkedImage(picture);
  const { strokes, lines: judged, complete } = judgePicture(checked, classifier, BOUNDS[effort], onProgress);
  const lines: ReadLine[] = [];
  const others: ReadOther[] = [];
  const factor = strokes?.factor ?? 1;
  for (const { atoms, candidates, classifications, impressions, edges } of judged) {
    const scores = scoresOf(edges, EVIDENCE_NETWORK);
    const { shares } = marginals(edges, scores, atoms);
    const digits: ReadDigit[] = [];
    for (const { edge, isDigit } of bestPath(edges, scores, atoms)) {
      const box = enlarge((candidates[edge] as Candidate).box, factor, checked);
      const [asDigit, asOther] = shares[edge] as readonly [number, number];
      if (!isDigit) {
        others.push({ box, confidence: Math.min(1, asOther) });
        continue;
      }
      const { label, name, probabilities } = namedByBoth(
        classifications[edge] as Classification,
        impressions[edge] as Impression,
      );
      const confidence = Math.min(1, asDigit) * (probabilities[label] as number);
      digits.push({ label, name, box, confidence, probabilities });
    }
    if (digits.length === 0) continue;
    lines.push({ text: digits.map(({ name }) => name).join(""), box: around(digits), digits });
  }
  return {
    text: lines.map(({ text }) => text).join("\n"),
    lines,
    others,
    ink: strokes?.ink,
    classifications: judged.reduce((sum, { candidates }) => sum + candidates.length, 0),
    complete,
  };
}
