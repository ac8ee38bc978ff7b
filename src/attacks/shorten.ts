import type { AttackedImage } from "./attacked-image.ts";
import { blended, changedPixels } from "./pixels.ts";

// What every success goes through: nearer to the original, as long as it stays a success.

const HALVINGS = 12;
const PASSES = 3;
/** Pixels are reverted in groups at first, as most of a dense change can go at once or not at all. */
const LARGEST_GROUP = 64;
/** Reverted pixels are the distance in L0; in other norms a dense change has hundreds, few of which matter. */
const MOST_TRIALS = 60;

/** Shortens the nearest success: along the line to the original, and by reverting pixels that it does not need. */
export function shorten(target: AttackedImage): void {
  if (target.norm !== "l0") bisect(target);
  if (target.norm === "linf") return;
  const before = target.bestDistance;
  revertPixels(target);
  // Fewer pixels have moved the image off the boundary, perhaps.
  if (target.norm !== "l0" && target.bestDistance < before) bisect(target);
}

/** Halves the line between the original and the nearest success, down to the boundary. */
function bisect(target: AttackedImage): void {
  const { original, best } = target;
  if (best === undefined) return;
  const far = best.image;
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    const trial = blended(original, far, middle);
    if (target.isAdversarial(trial)) high = middle;
    else low = middle;
  }
}

/** Takes changes of pixels back, the smallest first, wherever the image stays a success. */
function revertPixels(target: AttackedImage): void {
  const { original } = target;
  for (let pass = 0; pass < PASSES; ++pass) {
    if (target.best === undefined) return;
    const before = target.bestDistance;
    const image = target.best.image.slice();
    const changed = byChange(original, image);
    let group = Math.min(LARGEST_GROUP, 2 ** Math.floor(Math.log2(Math.max(1, changed.length / 4))));
    let at = 0;
    for (let trials = 0; at < changed.length && (trials < MOST_TRIALS || target.norm === "l0"); ++trials) {
      const pixels = changed.slice(at, at + group);
      const trial = image.slice();
      for (const pixel of pixels) trial[pixel] = original[pixel] as number;
      if (target.isAdversarial(trial)) {
        image.set(trial);
        at += group;
      } else if (group > 1) group = Math.max(1, group / 4);
      else ++at;
    }
    if (target.bestDistance >= before) return;
  }
}

/** The pixels that differ, the least changed first. */
function byChange(original: Float32Array, image: Float32Array): number[] {
  const change = (pixel: number): number => Math.abs((image[pixel] as number) - (original[pixel] as number));
  return changedPixels(original, image).sort((one, other) => change(one) - change(other) || one - other);
}
