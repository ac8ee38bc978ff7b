import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { featureCount, PENALTIES, readConfidence } from "../../src/weights/confidence.ts";
import { referenceFeatures, referenceProbabilities } from "./confidence.ts";

// The scalar reference against PyTorch's numbers (training/tests/golden_confidence.py writes them).

const golden = JSON.parse(readFileSync(new URL("../golden/confidence.json", import.meta.url), "utf8")) as {
  calibrated: unknown;
  features: number[][];
  probabilities: number[][];
};

const pattern = (multiplier: number, modulus: number): number[] =>
  Array.from({ length: 784 }, (_, index) => ((multiplier * index) % modulus) / modulus);
const image = pattern(37, 101);
const black = new Array<number>(784).fill(0);
const redrawings = [
  {
    image,
    reconstruction: image.map((value) => 0.9 * value + 0.05),
    gain: 0.9,
    offset: 0.05,
    losses: [0.03, 0.012, 0.02],
    latent: [0.5, -1],
  },
  { image, reconstruction: pattern(53, 97), losses: [0.2, 0.3, 0.19], latent: [3, 2] },
  { image: black, reconstruction: black, gain: 0.2, offset: -0.1, losses: [0.01, 0.02, 0.03], latent: [0, 0] },
];

describe("the reference of the calibrated confidence", () => {
  const paper = { scale: 1, floor: 0, reject_below: 0 };
  const { calibrated } = readConfidence({ paper, calibrated: golden.calibrated }, 3);

  it.each(redrawings.map((redrawing, index) => ({ redrawing, index })))(
    "agrees with the trainer: $index",
    ({ redrawing, index }) => {
      const features = referenceFeatures(redrawing);
      expect(features.length).toBe(featureCount(3) + PENALTIES.length);
      features.forEach((value, at) => {
        expect(value).toBeCloseTo(golden.features[index]?.[at] as number, 9);
      });
      if (calibrated === undefined) throw new Error("the golden file holds no calibrated confidence");
      referenceProbabilities(calibrated, redrawing).forEach((value, at) => {
        expect(value).toBeCloseTo(golden.probabilities[index]?.[at] as number, 9);
      });
    },
  );
});
