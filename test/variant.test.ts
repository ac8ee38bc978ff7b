import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier } from "../src/entries/node.ts";
import { readWeights } from "../src/weights/read.ts";
import { referenceDecode } from "./reference/decoder.ts";
import { randomImage, randomModel, shapes } from "./support/random-model.ts";
import { readReferenceFile, referenceDirectory } from "./support/reference.ts";
import { weightsFileParts, writeWeightsFile } from "./support/weights-file.ts";

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
const plain = randomModel(layers, { latents: 4, prototypes: 6, classes: 3, seed: 12 });
const classScales = [1, 0.75, 1.25];
const model = {
  ...plain,
  binaryVariant: { threshold: 0.5, classScales, confidence: { scale: 30, floor: 1e-3, rejectBelow: 0.9 } },
};
const weights = writeWeightsFile(weightsFileParts(model, layers));
const thresholded = (image: Float32Array): Float32Array => image.map((value) => Number(value >= 0.5));
let abs: Classifier;
let binary: Classifier;

beforeAll(async () => {
  abs = await createClassifier({ weights });
  binary = await createClassifier({ weights, variant: "binary-abs" });
});

describe("the variant binary-abs", () => {
  it("is the plain model on the thresholded image, with each class's loss times its scale", () => {
    for (let seed = 0; seed < 8; ++seed) {
      const image = randomImage(seed);
      const { losses } = abs.classify(thresholded(image));
      const found = binary.classify(image);
      expect(Array.from(found.losses)).toEqual(
        Array.from(losses, (loss, index) => Math.fround(loss * Math.fround(classScales[index] as number))),
      );
      expect(found.label).toBe(found.losses.indexOf(Math.min(...found.losses)));
    }
  });

  it("has a confidence of its own, of the scaled losses", () => {
    const { losses, probabilities, confidence, rejected } = binary.classify(randomImage(1));
    const raised = Array.from(losses, (loss) => Math.exp(-30 * loss) + 1e-3);
    const total = raised.reduce((sum, value) => sum + value, 0);
    raised.forEach((value, index) => {
      expect(probabilities[index]).toBeCloseTo(value / total, 10);
    });
    expect(confidence).toBe(Math.max(...probabilities));
    expect(rejected).toBe(confidence < 0.9);
  });

  it("takes a pixel at the threshold for white and one below for black", () => {
    const image = new Float32Array(784).fill(0.5, 0, 100).fill(0.4999, 100, 200).fill(1, 200, 300);
    const { image: seen } = binary.explain(image);
    expect(seen).toEqual(new Float32Array(784).fill(1, 0, 100).fill(1, 200, 300));
    expect(abs.explain(image).image).toEqual(image);
    const bytes = Uint8Array.of(127, 128, ...new Array<number>(782).fill(0));
    expect(Array.from(binary.explain(bytes).image.subarray(0, 3))).toEqual([0, 1, 0]);
  });

  it("gives batches what it gives single images", () => {
    const batch = Float32Array.of(...randomImage(3), ...randomImage(4));
    expect(binary.classifyBatch(batch)).toEqual(
      [randomImage(3), randomImage(4)].map((image) => binary.classify(image)),
    );
  });

  it("explains with scaled errors, which sum to the difference of the losses but for the prior", () => {
    const { label, runnerUp, classes, losses, advantage, image } = binary.explain(randomImage(5));
    const scaledPrior = (index: number): number => {
      const { latent } = classes[index] as { latent: Float32Array };
      return ((classScales[index] as number) * latent.reduce((sum, z) => sum + z * z, 0)) / 2;
    };
    const difference = 784 * ((losses[runnerUp] as number) - (losses[label] as number));
    const sum = advantage.reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(difference - scaledPrior(runnerUp) + scaledPrior(label), 2);
    classes.forEach(({ latent, loss, reconstruction }, index) => {
      const wanted = referenceDecode(model, index, latent).reconstruction;
      const error = wanted.reduce((total, g, pixel) => total + (g - (image[pixel] as number)) ** 2, 0);
      expect(loss).toBeCloseTo(((classScales[index] as number) * error + scaledPrior(index)) / 784, 5);
      expect(reconstruction.length).toBe(784);
    });
  });

  it("differentiates with respect to the thresholded image", () => {
    const image = randomImage(6);
    const { losses, gradients } = binary.lossAndGradient(image);
    const ofThresholded = abs.lossAndGradient(thresholded(image));
    expect(losses).toEqual(binary.classify(image).losses);
    gradients.forEach((gradient, index) => {
      gradient.forEach((value, pixel) => {
        const wanted = (classScales[index] as number) * (ofThresholded.gradients[index]?.[pixel] as number);
        expect(value).toBeCloseTo(wanted, 8);
      });
    });
  });

  it("draws what the plain model draws", () => {
    expect(binary.sample(1, { seed: 3, count: 2 })).toEqual(abs.sample(1, { seed: 3, count: 2 }));
  });

  it("scales the losses of the paper's search as well", async () => {
    const paper = await createClassifier({ weights, inference: "paper" });
    const binaryPaper = await createClassifier({ weights, inference: "paper", variant: "binary-abs" });
    const image = randomImage(7);
    const { losses } = paper.classify(thresholded(image));
    expect(Array.from(binaryPaper.classify(image).losses)).toEqual(
      Array.from(losses, (loss, index) => Math.fround(loss * (classScales[index] as number))),
    );
  });
});

describe("createClassifier", () => {
  it("refuses a variant that there is not, and says which there are", async () => {
    await expect(createClassifier({ variant: "ternary" as never })).rejects.toThrow(
      'variant: got "ternary", wanted "abs" or "binary-abs"',
    );
    const without = writeWeightsFile(weightsFileParts(plain, layers));
    await expect(createClassifier({ weights: without, variant: "binary-abs" })).rejects.toThrow(
      'variant: got "binary-abs", but these weights have only "abs"',
    );
  });

  it("refuses the calibrated confidence, which is not fitted to thresholded images", async () => {
    await expect(createClassifier({ variant: "binary-abs", confidence: "calibrated" })).rejects.toThrow(
      'confidence: got "calibrated", but the variant "binary-abs" has only "paper"',
    );
  });

  it("has the variant in the frozen weights", async () => {
    const frozen = await createClassifier({ variant: "binary-abs" });
    const [drawing] = frozen.sample(3, { seed: 5 }) as [Float32Array];
    expect(frozen.explain(drawing).image.every((value) => value === 0 || value === 1)).toBe(true);
    expect(frozen.classes).toHaveLength(10);
  });
});

describe.skipIf(referenceDirectory === undefined)("the published weights", () => {
  it("have the published class scales", () => {
    const { binaryVariant } = readWeights(readReferenceFile("original-abs.safetensors"));
    expect(binaryVariant).toEqual({
      threshold: 0.5,
      classScales: [1, 0.96, 1.001, 1.06, 0.98, 0.96, 1.03, 1, 1, 1],
      confidence: { scale: 440, floor: 3.9e-5, rejectBelow: 0.5 },
    });
  });
});
