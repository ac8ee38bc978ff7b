import type { Random } from "../../random.ts";

/** Salt and pepper on one image: which pixels are struck first, and whether they turn 0 or 1. */
export interface NoisyPixels {
  /** The original with the first so many pixels struck, a whole number. */
  at(count: number): Float32Array;
}

/** Draws an order of the pixels, and 0 or 1 for each with equal chance. */
export function drawNoisyPixels(original: Float32Array, random: Random): NoisyPixels {
  const order = Array.from(original, (_, pixel) => pixel);
  random.shuffle(order);
  const values = order.map(() => random.below(2));
  return {
    at(count) {
      const image = original.slice();
      for (let struck = 0; struck < count; ++struck) {
        image[order[struck] as number] = values[struck] as number;
      }
      return image;
    },
  };
}
