import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { Search } from "../../src/search.ts";
import type { CalibratedConfidence } from "../../src/weights/confidence.ts";
import { randomConfidence } from "../support/confidence.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, shapes } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

// An image is rejected for its confidence or for its gate, each by a threshold of its own.

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
const plain = randomModel(layers, { latents: 5, classes: 4, prototypes: 6 });
const images = Array.from({ length: 8 }, (_, seed) => randomImage(seed));

/** A classifier under these thresholds. */
function classifierWith(thresholds: Partial<CalibratedConfidence>) {
  const calibrated = { ...randomConfidence(3, 4), ...thresholds };
  const model = { ...plain, confidence: { ...plain.confidence, calibrated } };
  return createClassifier({ weights: writeWeightsFile(weightsFileParts(model, layers)) });
}

/** The logit of each image's gate, as the classifier searches by default. */
function gateLogits(): number[] {
  const calibrated = randomConfidence(3, 4);
  const engine = engineFor({ ...plain, confidence: { ...plain.confidence, calibrated } });
  const search = new Search("race", "standard", "calibrated", undefined);
  return images.map((image) => {
    search.classify(engine, image);
    return engine.probabilities("calibrated").gateLogit;
  });
}

describe("an image is rejected", () => {
  it("where its gate's logit lies below the threshold, whatever its confidence", async () => {
    const logits = gateLogits();
    for (const [index, logit] of logits.entries()) {
      const image = images[index] as Float32Array;
      const above = await classifierWith({ rejectBelow: 0, rejectLogitBelow: logit + 1e-6 });
      const below = await classifierWith({ rejectBelow: 0, rejectLogitBelow: logit - 1e-6 });
      expect([above, below].map((abs) => abs.classify(image).rejected)).toEqual([true, false]);
    }
    expect(new Set(logits).size).toBe(images.length);
  });

  it("where its confidence lies below the other, whatever its gate", async () => {
    for (const rejectLogitBelow of [undefined, -1e6]) {
      const abs = await classifierWith({ rejectLogitBelow });
      const confidences = images.map((image) => abs.classify(image).confidence);
      const middle = confidences.toSorted((a, b) => a - b)[4] as number;
      const strict = await classifierWith({ rejectBelow: middle, rejectLogitBelow });
      expect(images.map((image) => strict.classify(image).rejected)).toEqual(confidences.map((c) => c < middle));
    }
  });
});
