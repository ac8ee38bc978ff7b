// How far one image is from another.

/** The largest change of a pixel, the root of the squares, the sum of the changes, the number of pixels changed. */
export const NORMS = ["linf", "l2", "l1", "l0"] as const;
/** A norm in which the change of an image is measured, pixels in [0, 1]. */
export type Norm = (typeof NORMS)[number];

/** The distance between two images of equal length in a norm; in L0 any difference counts. */
export function distanceBetween(one: Float32Array, other: Float32Array, norm: Norm): number {
  let sum = 0;
  for (let pixel = 0; pixel < one.length; ++pixel) {
    const change = Math.abs((one[pixel] as number) - (other[pixel] as number));
    if (norm === "linf") sum = Math.max(sum, change);
    else if (norm === "l2") sum += change * change;
    else if (norm === "l1") sum += change;
    else if (change > 0) ++sum;
  }
  return norm === "l2" ? Math.sqrt(sum) : sum;
}
