import { type CalibratedConfidence, featureCount, PENALTIES } from "../../src/weights/confidence.ts";
import { uniformNumbers } from "./random-model.ts";

/** A calibrated confidence with seeded parameters, for so many classes. */
export function randomConfidence(seed: number, classes: number, units = 5): CalibratedConfidence {
  const next = uniformNumbers(seed);
  const count = featureCount(classes);
  const draw = (length: number): number[] => Array.from({ length }, () => 2 * next() - 1);
  return {
    scale: 0.2 + next(),
    widening: 5 + 20 * next(),
    centres: draw(count),
    spreads: draw(count).map((value) => 0.5 + Math.abs(value)),
    hiddenWeights: Array.from({ length: units }, () => draw(count)),
    hiddenScales: undefined,
    hiddenBiases: draw(units),
    outputWeights: draw(units).map((value) => 3 * value),
    outputBias: 4 * next(),
    penalties: draw(PENALTIES.length).map((value) => 0.1 + Math.abs(value)),
    rejectBelow: 0.5,
    rejectLogitBelow: -0.4,
  };
}
