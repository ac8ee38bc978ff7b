import type { AttackedModel } from "../../src/entries/attacks.ts";
import { Random } from "../../src/random.ts";

// Models whose gradients are written down, small enough to attack in milliseconds.

/** Per class: a weight for each pixel, and an offset. The losses are linear in the image. */
export interface LinearLosses {
  weights: Float64Array[];
  offsets: number[];
}

/** Weights from N(0, 1), and offsets with which an image of grey pixels is of class 0 by `margin` per unit of weight. */
export function randomLinearLosses(classes: number, pixels: number, seed: number, margin: number): LinearLosses {
  const random = new Random(seed);
  const weights = Array.from({ length: classes }, () => Float64Array.from({ length: pixels }, () => random.normal()));
  const grey = weights.map((row) => row.reduce((sum, weight) => sum + weight / 2, 0));
  const offsets = grey.map((loss, index) => (index === 0 ? 0 : margin * Math.sqrt(pixels)) - loss);
  return { weights, offsets };
}

/** @param scale what all losses are multiplied by; the label does not depend on it */
export function linearModel({ weights, offsets }: LinearLosses, scale = 1): AttackedModel {
  const losses = (image: Float32Array): number[] =>
    weights.map(
      (row, index) =>
        scale *
        (image.reduce((sum, value, pixel) => sum + value * (row[pixel] as number), 0) + (offsets[index] as number)),
    );
  return {
    classify: (image) => ({ label: lowest(losses(image)) }),
    lossAndGradient: (image) => ({
      losses: losses(image),
      gradients: weights.map((row) => row.map((weight) => scale * weight)),
    }),
  };
}

/** Two layers with random weights, tanh between them. */
export function randomNetwork(classes: number, pixels: number, hidden: number, seed: number, scale = 1): AttackedModel {
  const random = new Random(seed);
  const draw = (count: number, size: number): Float64Array =>
    Float64Array.from({ length: count }, () => size * random.normal());
  const first = Array.from({ length: hidden }, () => draw(pixels, 3 / Math.sqrt(pixels)));
  const second = Array.from({ length: classes }, () => draw(hidden, 1 / Math.sqrt(hidden)));
  const activate = (image: Float32Array): number[] =>
    first.map((row) => Math.tanh(image.reduce((sum, value, pixel) => sum + (value - 0.5) * (row[pixel] as number), 0)));
  const losses = (active: number[]): number[] =>
    second.map((row) => scale * active.reduce((sum, value, unit) => sum + value * (row[unit] as number), 0));
  return {
    classify: (image) => ({ label: lowest(losses(activate(image))) }),
    lossAndGradient: (image) => {
      const active = activate(image);
      const gradients = second.map((row) => {
        const gradient = new Float64Array(pixels);
        active.forEach((value, unit) => {
          const slope = scale * (row[unit] as number) * (1 - value * value);
          for (let pixel = 0; pixel < pixels; ++pixel) {
            gradient[pixel] = (gradient[pixel] as number) + slope * ((first[unit] as Float64Array)[pixel] as number);
          }
        });
        return gradient;
      });
      return { losses: losses(active), gradients };
    },
  };
}

/** Pixels at random in [0, 1], a third of them at one of the ends, as in drawings. */
export function randomImage(pixels: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: pixels }, () => Math.min(Math.max(1.5 * random.uniform() - 0.25, 0), 1));
}

function lowest(losses: number[]): number {
  return losses.indexOf(Math.min(...losses));
}
