import type { Classification } from "../results.ts";
import type { Geometry } from "./candidates.ts";
import type { Impression } from "./piece-network.ts";

/** How many numbers `geometryFeatures` gives. */
export const GEOMETRY_FEATURES = 16;
/** Labels from here on have no feature of their own. */
const NAMED_LABELS = 10;
/** How many numbers `pieceFeatures` gives. */
export const PIECE_FEATURES = GEOMETRY_FEATURES + 3;
/** How many numbers `evidenceFeatures` gives. */
export const EVIDENCE_FEATURES = PIECE_FEATURES + 7 + NAMED_LABELS;

const MOST_CUT_INK = 6;
const MOST_INNER_DOUBT = 3;
const held = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/** What a candidate looks like beside its line, each number of the order of 1. */
export function geometryFeatures({
  height,
  width,
  ink,
  shift,
  cutBefore,
  cutAfter,
  doubtBefore,
  doubtAfter,
  innerDoubt,
  gap,
  tallParts,
}: Geometry): number[] {
  const [high, wide] = [held(Math.log(height), 2), held(Math.log(width), 3)];
  return [
    high,
    high * high,
    wide,
    wide * wide,
    Math.min(4, width),
    ink,
    Math.min(MOST_CUT_INK, cutBefore + cutAfter) / 2,
    Math.min(MOST_CUT_INK, Math.max(cutBefore, cutAfter)) / 2,
    held(4 * shift, 2),
    16 * Math.min(0.1, shift * shift),
    doubtBefore + doubtAfter - 1,
    Math.max(doubtBefore, doubtAfter) - 0.5,
    innerDoubt === Number.POSITIVE_INFINITY ? 0 : MOST_INNER_DOUBT - Math.min(MOST_INNER_DOUBT, innerDoubt),
    Number.isFinite(gap) ? held(4 * gap, 2) : -2,
    Math.max(0, 4 * gap),
    Math.max(0, tallParts - 1),
  ];
}

/** The same, and how likely it is one digit: as log odds, as a share, and of the likeliest digit. */
export function pieceFeatures(geometry: readonly number[], { logit, digits }: Impression): number[] {
  const share = 1 / (1 + Math.exp(-logit));
  return [...geometry, held(logit / 4, 3), share, share * Math.max(...digits)];
}

/** All that, and what the classifier says. */
export function evidenceFeatures(
  piece: readonly number[],
  { digits }: Impression,
  { label, losses, confidence, rejected }: Classification,
): number[] {
  const loss = losses[label] as number;
  let second = Number.POSITIVE_INFINITY;
  losses.forEach((value, index) => {
    if (index !== label) second = Math.min(second, value);
  });
  // Weights that overflow give no finite loss: as bad as can be told.
  const badness = Number.isFinite(loss) ? held(Math.log((loss + 1e-6) / 0.02), 3) : 3;
  const margin = Number.isFinite(second) ? held(Math.log((second + 1e-6) / (loss + 1e-6)), 2) : 0;
  const sureness = Math.log((confidence + 1e-3) / (1 - confidence + 1e-3)) / 4;
  // Two that know nothing of each other seldom take the same piece of a digit for the same other one.
  const agreement = digits[label] ?? 1 / digits.length;
  return [
    ...piece,
    agreement,
    held(Math.log(agreement + 1e-3) / 4, 2),
    badness,
    sureness,
    sureness * sureness,
    margin,
    rejected ? 1 : 0,
    ...Array.from({ length: NAMED_LABELS }, (_, index) => (index === label ? 1 : 0)),
  ];
}
