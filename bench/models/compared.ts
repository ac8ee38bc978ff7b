import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { readTraining } from "../sets/mnist.ts";
import { BaselineCnn } from "./baseline-cnn.ts";
import { NearestNeighbour } from "./nearest-neighbour.ts";

/** A decision of any of the models compared. */
export interface ComparedDecision {
  label: number;
  /** Undefined of models that answer every image. */
  rejected?: boolean;
}

/** A model of the paper's comparison, or of ours. */
export interface ComparedModel {
  name: string;
  /** @param pixels n×784 bytes */
  classify(pixels: Uint8Array): Promise<readonly ComparedDecision[]>;
}

/**
 * The models that tables compare: ABS and its variant for black-and-white images with our weights, the same with the published
 * ones where they are at hand, a plain and an adversarially trained CNN, and the nearest of all training images.
 *
 * @param data folder with MNIST
 * @param reference folder with the published weights, `original-abs.safetensors`
 */
export async function comparedModels(data: string, reference: string | undefined): Promise<ComparedModel[]> {
  const published = reference === undefined ? undefined : readFileSync(join(reference, "original-abs.safetensors"));
  const models: ComparedModel[] = [];
  for (const weights of published === undefined ? [undefined] : [undefined, published]) {
    for (const variant of ["abs", "binary-abs"] as const) {
      const abs = await createClassifier({ ...(weights === undefined ? {} : { weights }), variant });
      const name = variant === "abs" ? "ABS" : "binary ABS";
      models.push({
        name: weights === undefined ? name : `${name}, published weights`,
        classify: async (pixels) => abs.classifyBatch(pixels),
      });
    }
  }
  for (const [name, file] of [
    ["plain CNN", "plain-cnn.onnx"],
    ["adversarially trained CNN", "adversarial-cnn.onnx"],
  ] as const) {
    const cnn = await BaselineCnn.load(fileURLToPath(new URL(`../baselines/${file}`, import.meta.url)));
    models.push({ name, classify: (pixels) => cnn.classify(pixels) });
  }
  const { images, labels } = readTraining(data);
  const neighbours = new NearestNeighbour(images, labels);
  models.push({
    name: "nearest neighbour",
    classify: async (pixels) =>
      Array.from({ length: pixels.length / IMAGE_PIXELS }, (_, index) => {
        const image = pixels.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
        const { label } = neighbours.classify(Float32Array.from(image, (byte) => byte / 255));
        return { label };
      }),
  });
  return models;
}
