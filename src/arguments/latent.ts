import { checkedNumbers } from "./numbers.ts";

/** A latent, what a class's decoder draws from: `latents` numbers. */
export type Latent = readonly number[] | Float32Array | Float64Array;

/** Far beyond what the prior N(0, I) or a search (‖z‖ ≤ 5) gives; further out, 32-bit sums can overflow. */
const LARGEST = 1e6;

/**
 * Checks a latent and copies it.
 *
 * @throws {TypeError} when it is no list of numbers
 * @throws {RangeError} when it has not `size` of them, or one is out of range
 */
export function checkedLatent(latent: unknown, size: number): Float32Array {
  return Float32Array.from(checkedNumbers("latent", latent, { size, least: -LARGEST, most: LARGEST }));
}
