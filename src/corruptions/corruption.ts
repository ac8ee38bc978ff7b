import type { Random } from "../random.ts";

/** A way of spoiling an image that leaves people in no doubt about what it shows. */
export interface Corruption {
  /** Its name in options and tables, e.g. `shot-noise`. */
  readonly name: string;
  /**
   * @param image 784 values in [0, 1], 28 rows of 28, bright ink on dark; it is left as it is
   * @param random where the image's own strokes, angles or noise come from
   * @returns 784 values in [0, 1]
   */
  corrupt(image: Float32Array, random: Random): Float32Array;
}

/** A value brought into [0, 1]. */
export function clipped(value: number): number {
  return Math.min(1, Math.max(0, value));
}
