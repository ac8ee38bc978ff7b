// Figures of merit of a confidence, for any scores; training/abs_training/measures/confidence_figures.py has the same.

const BINS = 15;
const TRUE_POSITIVES = 0.95;

/** How well a score tells images of the data from junk. */
export interface Separation {
  /** Chance that an image of the data scores higher than one of junk, ties counted half. */
  auroc: number;
  /** Share of junk that reaches the score which 95 % of the data reach. */
  falsePositives: number;
}

/** Compares the scores of data and of junk; larger means more like the data. */
export function separation(data: readonly number[], junk: readonly number[]): Separation {
  const sorted = [...data].sort((a, b) => a - b);
  // For each junk score: how many of the data lie above it, and half of those that equal it.
  const wins = junk.reduce((sum, score) => {
    const above = sorted.length - firstFrom(sorted, (value) => value > score);
    const equal = sorted.length - above - firstFrom(sorted, (value) => value >= score);
    return sum + above + equal / 2;
  }, 0);
  const threshold = sorted[Math.floor((1 - TRUE_POSITIVES) * sorted.length + 1e-9)] as number;
  return {
    auroc: wins / (data.length * junk.length),
    falsePositives: junk.filter((score) => score >= threshold).length / junk.length,
  };
}

/** Index of the first of ascending values for which `holds`, which stays true from there on. */
function firstFrom(values: readonly number[], holds: (value: number) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Expected calibration error over 15 bins of equal mass or of equal width, 0..1. */
export function calibrationError(
  confidences: readonly number[],
  correct: readonly boolean[],
  bins: "mass" | "width",
): number {
  const count = confidences.length;
  const order = Array.from(confidences.keys()).sort((a, b) => (confidences[a] as number) - (confidences[b] as number));
  const gaps = new Float64Array(BINS);
  order.forEach((index, rank) => {
    const confidence = confidences[index] as number;
    const bin = bins === "mass" ? Math.floor((rank * BINS) / count) : Math.min(BINS - 1, Math.floor(confidence * BINS));
    gaps[bin] = (gaps[bin] as number) + confidence - (correct[index] ? 1 : 0);
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / count;
}
