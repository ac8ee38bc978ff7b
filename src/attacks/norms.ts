import { checkName } from "../arguments/checks.ts";
import { checkedNumbers } from "../arguments/numbers.ts";

// How far one image is from another.

/** The largest change of a pixel, the root of the squares, the sum of the changes, the number of pixels changed. */
export const NORMS = ["linf", "l2", "l1", "l0"] as const;
/** A norm in which the change of an image is measured, pixels in [0, 1]. */
export type Norm = (typeof NORMS)[number];

const FINITE = { least: -Number.MAX_VALUE, most: Number.MAX_VALUE };

/**
 * The distance between two images of equal length in a norm; in L0 any difference counts.
 *
 * @throws {TypeError} when one is no list of numbers, or the norm is unknown
 * @throws {RangeError} when their lengths differ, or a value is not finite
 */
export function distanceBetween(one: ArrayLike<number>, other: ArrayLike<number>, norm: Norm): number {
  checkName("norm", norm, NORMS);
  const from = checkedNumbers("one", one, FINITE);
  const to = checkedNumbers("other", other, { ...FINITE, size: from.length });
  let sum = 0;
  for (let pixel = 0; pixel < from.length; ++pixel) {
    const change = Math.abs((from[pixel] as number) - (to[pixel] as number));
    if (norm === "linf") sum = Math.max(sum, change);
    else if (norm === "l2") sum += change * change;
    else if (norm === "l1") sum += change;
    else if (change > 0) ++sum;
  }
  return norm === "l2" ? Math.sqrt(sum) : sum;
}
