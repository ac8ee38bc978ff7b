import { type CalibratedConfidence, FEATURES, PENALTIES } from "../../src/weights/confidence.ts";
import { uniformNumbers } from "./random-model.ts";

/** A calibrated confidence with seeded parameters. */
export function randomConfidence(seed: number, units = 5): CalibratedConfidence {
  const next = uniformNumbers(seed);
  const draw = (length: number): number[] => Array.from({ length }, () => 2 * next() - 1);
  return {
    scale: 0.2 + next(),
    widening: 5 + 20 * next(),
    centres: draw(FEATURES.length),
    spreads: draw(FEATURES.length).map((value) => 0.5 + Math.abs(value)),
    hiddenWeights: Array.from({ length: units }, () => draw(FEATURES.length)),
    hiddenBiases: draw(units),
    outputWeights: draw(units).map((value) => 3 * value),
    outputBias: 4 * next(),
    penalties: draw(PENALTIES.length).map((value) => 0.1 + Math.abs(value)),
    rejectBelow: 0.5,
  };
}
