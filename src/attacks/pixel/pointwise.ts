import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { firstAlong } from "../decision/along-path.ts";
import { changedPixels } from "../pixels.ts";
import { drawNoisyPixels } from "./noisy-pixels.ts";

/** Decisions in all. */
const DECISIONS = 2000;
/** Pixels reverted at a time at first, as most of the noise is not needed. */
const LARGEST_GROUP = 16;
const HALVINGS = 4;

/**
 * Starts from salt-and-pepper noise and takes pixels back in random order, as long as the image stays misclassified, until
 * none can be taken back; in L2 what is left is then brought halfway to the original, again and again. From several starts.
 */
export const pointwise: Attack = {
  name: "pointwise",
  norms: ["l0", "l2"],
  needs: [],
  source: "The pointwise attack of Schott et al. 2018, arXiv:1805.09190; pixels are taken back in groups at first",
  search(target) {
    const end = target.queries + DECISIONS;
    const most = target.original.length;
    while (target.queries < end) {
      const noise = drawNoisyPixels(target.original, target.random);
      const count = firstAlong(target, noise.at, { most, isWhole: true });
      if (count === undefined) continue;
      const image = noise.at(count);
      while (revertAll(target, image, end));
      if (target.norm === "l2") while (approach(target, image, end));
    }
  },
};

/** Tries to take every pixel back, in place; whether any could. */
function revertAll(target: AttackedImage, image: Float32Array, end: number): boolean {
  const { original, random } = target;
  const pixels = changedPixels(original, image);
  random.shuffle(pixels);
  let reverted = false;
  for (let at = 0, group = LARGEST_GROUP; at < pixels.length && target.queries < end; ) {
    const trial = image.slice();
    for (const pixel of pixels.slice(at, at + group)) trial[pixel] = original[pixel] as number;
    if (target.isAdversarial(trial)) {
      image.set(trial);
      at += group;
      reverted = true;
    } else if (group > 1) group /= 2;
    else ++at;
  }
  return reverted;
}

/** Brings every changed pixel nearer to its original value, in place; whether any could be. */
function approach(target: AttackedImage, image: Float32Array, end: number): boolean {
  const { original, random } = target;
  const pixels = changedPixels(original, image);
  random.shuffle(pixels);
  let approached = false;
  for (const pixel of pixels) {
    let low = original[pixel] as number;
    let high = image[pixel] as number;
    for (let halving = 0; halving < HALVINGS && target.queries < end; ++halving) {
      const trial = image.slice();
      trial[pixel] = (low + high) / 2;
      if (target.isAdversarial(trial)) high = trial[pixel] as number;
      else low = trial[pixel] as number;
    }
    // What moves by less than this is at its end.
    if (Math.abs(high - (image[pixel] as number)) > 1e-3) approached = true;
    image[pixel] = high;
  }
  return approached;
}
