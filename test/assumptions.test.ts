import { describe, expect, it } from "vitest";
import { createClassifier } from "../src/entries/node.ts";
import { randomConfidence } from "./support/confidence.ts";
import { randomImage, randomModel, randomRaceTables, shapes } from "./support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "./support/weights-file.ts";

// A classifier over weights that assume more than the paper's loss: every call sees the image as the model does.

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
const assumptions = { response: 1.6, photometry: { gain: 10, offset: 1 }, tolerance: 0.9 };
const random = randomModel(layers, { latents: 5, classes: 4, prototypes: 12 });
const model = {
  ...random,
  assumptions,
  confidence: { ...random.confidence, calibrated: randomConfidence(3, 4) },
  race: randomRaceTables(random),
  binaryVariant: { threshold: 0.4, classScales: [1, 1, 1, 1], confidence: random.confidence.paper },
};
const weights = writeWeightsFile(weightsFileParts(model, layers));
const images = Array.from({ length: 5 }, (_, seed) => randomImage(seed));
const seen = (value: number): number => Math.min(1, Math.max(0, 1.6 * (value - 0.5) + 0.5));

const { race: _tables, ...withoutRace } = model;
const starting = writeWeightsFile(weightsFileParts(withoutRace, layers));

describe.each([
  ["by the race", weights, "race"],
  ["from prototypes", starting, "race"],
  ["as the paper does", weights, "paper"],
] as const)("searched %s", (_, file, inference) => {
  const created = createClassifier({ weights: file, inference });

  it("one image at a time and all together give the same bits", async () => {
    const abs = await created;
    const batch = new Float32Array(images.flatMap((image) => Array.from(image)));
    expect(abs.classifyBatch(batch)).toEqual(images.map((image) => abs.classify(image)));
  });

  it("an explanation shows what the losses compared", async () => {
    const abs = await created;
    for (const image of images) {
      const { classes, image: compared } = abs.explain(image);
      compared.forEach((value, pixel) => {
        expect(Math.abs(value - seen(image[pixel] as number))).toBeLessThan(1e-6);
      });
      for (const { loss, latent, reconstruction, gain, offset } of classes) {
        let error = 10 * (gain - 1) ** 2 + offset ** 2;
        reconstruction.forEach((value, pixel) => {
          const residual = (compared[pixel] as number) - value;
          error += residual ** 2 / (1 + (residual / 0.9) ** 2);
        });
        const prior = latent.reduce((sum, value) => sum + value ** 2, 0) / 2;
        expect(loss).toBeCloseTo((error + prior) / 784, 5);
      }
    }
  });

  it("a step along the gradients, as far as the response passes it on, lowers the loss", async () => {
    const abs = await created;
    for (const image of images) {
      const { losses, gradients } = abs.lossAndGradient(image);
      const moved = image.map((value, pixel) => {
        const step = 20 * ((gradients[2] as Float32Array)[pixel] as number);
        return Math.min(1, Math.max(0, value - step));
      });
      expect(abs.lossAndGradient(moved).losses[2]).toBeLessThan(losses[2] as number);
    }
  });
});

describe("the response", () => {
  it("is the curve, or the threshold of the variant, or none", async () => {
    const abs = await createClassifier({ weights });
    for (const value of [0, 0.1, 0.1875, 0.3, 0.5, 0.7, 0.9, 1]) {
      expect(abs.response?.(value)).toBeCloseTo(seen(value), 6);
    }
    const binary = await createClassifier({ weights, variant: "binary-abs" });
    expect([0.39, 0.4].map((value) => binary.response?.(value))).toEqual([0, 1]);
    expect(
      (await createClassifier()).response === undefined || (await createClassifier()).response?.(0.5) === 0.5,
    ).toBe(true);
  });
});

describe("the estimate of a radius", () => {
  it("is not passed by a change along the gradients that turns the label", async () => {
    const abs = await createClassifier({ weights });
    for (const image of images) {
      const { label, runnerUp, radiusEstimate } = abs.explain(image);
      const { l2, linf } = radiusEstimate as { l2: number; linf: number };
      expect(l2).toBeGreaterThan(0);
      expect(linf).toBeGreaterThan(0);
      const { gradients } = abs.lossAndGradient(image);
      const direction = image.map(
        (_, pixel) =>
          ((gradients[runnerUp] as Float32Array)[pixel] as number) -
          ((gradients[label] as Float32Array)[pixel] as number),
      );
      const length = Math.hypot(...direction);
      const shorter = image.map((value, pixel) => {
        const change = (0.99 * l2 * (direction[pixel] as number)) / length;
        return Math.min(1, Math.max(0, value - change));
      });
      expect(abs.explain(shorter).label).toBe(label);
      const even = image.map((value, pixel) =>
        Math.min(1, Math.max(0, value - 0.99 * linf * Math.sign(direction[pixel] as number))),
      );
      expect(abs.explain(even).label).toBe(label);
    }
  });
});
