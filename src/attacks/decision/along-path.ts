import type { AttackedImage } from "../attacked-image.ts";

const RUNGS = 6;
const HALVINGS = 7;
/** A path is left at once unless it leads out of the class at this share of where the last one did. */
const SHARE = 0.97;

/**
 * Looks along a path that starts at the original for the first image of another class: upwards in steps that double, then
 * by halving the last step.
 *
 * @param at the image at a place, from 0 (the original) to `most`; values in [0, 1]
 * @param known the place at which an earlier path left the class: this one is asked first just below it
 * @returns a place at which the image is misclassified; undefined where none was found that is below `known`
 */
export function firstAlong(
  target: AttackedImage,
  at: (place: number) => Float32Array,
  { most, known = Number.POSITIVE_INFINITY }: { most: number; known?: number | undefined },
): number | undefined {
  const found = bracket(target, at, most, known);
  if (found === undefined) return undefined;
  let { low, high } = found;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    if (target.isAdversarial(at(middle))) high = middle;
    else low = middle;
  }
  return high;
}

function bracket(
  target: AttackedImage,
  at: (place: number) => Float32Array,
  most: number,
  known: number,
): { low: number; high: number } | undefined {
  if (known <= most) {
    const high = known * SHARE;
    return target.isAdversarial(at(high)) ? { low: 0, high } : undefined;
  }
  let low = 0;
  for (let rung = RUNGS - 1; rung >= 0; --rung) {
    const high = most / 2 ** rung;
    if (target.isAdversarial(at(high))) return { low, high };
    low = high;
  }
  return undefined;
}

/** The original and a change of so much, values kept within [0, 1]. */
export function shifted(original: Float32Array, change: Float32Array, scale: number): Float32Array {
  return original.map((value, pixel) => Math.min(1, Math.max(0, value + scale * (change[pixel] as number))));
}

/** A mixture of two images: the first at share 0, the second at 1. */
export function blended(from: Float32Array, to: Float32Array, share: number): Float32Array {
  return from.map((value, pixel) => value + share * ((to[pixel] as number) - value));
}
