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
 * @param path `most`; `known`, the place at which an earlier path left the class: this one is asked first just below it; and
 *   `isWhole`, whether only whole places differ
 * @returns a place at which the image is misclassified; undefined where none was found that is below `known`
 */
export function firstAlong(
  target: AttackedImage,
  at: (place: number) => Float32Array,
  path: { most: number; known?: number | undefined; isWhole?: boolean },
): number | undefined {
  const { isWhole = false } = path;
  const found = bracket(target, at, path);
  if (found === undefined) return undefined;
  let { low, high } = found;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = isWhole ? Math.floor((low + high) / 2) : (low + high) / 2;
    if (middle === low) break;
    if (target.isAdversarial(at(middle))) high = middle;
    else low = middle;
  }
  return high;
}

function bracket(
  target: AttackedImage,
  at: (place: number) => Float32Array,
  {
    most,
    known = Number.POSITIVE_INFINITY,
    isWhole = false,
  }: { most: number; known?: number | undefined; isWhole?: boolean },
): { low: number; high: number } | undefined {
  if (known <= most) {
    // A whole place is asked once.
    const high = isWhole ? Math.min(Math.round(known * SHARE), known - 1) : known * SHARE;
    if (!(high > 0)) return undefined;
    return target.isAdversarial(at(high)) ? { low: 0, high } : undefined;
  }
  let low = 0;
  for (let rung = RUNGS - 1; rung >= 0; --rung) {
    const high = isWhole ? Math.ceil(most / 2 ** rung) : most / 2 ** rung;
    if (high === low) continue;
    if (target.isAdversarial(at(high))) return { low, high };
    low = high;
  }
  return undefined;
}
