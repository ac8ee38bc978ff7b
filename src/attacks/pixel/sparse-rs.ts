import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { firstAlong } from "../decision/along-path.ts";
import { changedPixels } from "../pixels.ts";
import { drawNoisyPixels } from "./noisy-pixels.ts";

/** Questions in all. */
const QUESTIONS = 1500;
/** The share of the pixels that a trial swaps, at the beginning and at the end. */
const FIRST_SHARE = 0.3;
const LAST_SHARE = 0.03;
/** After a success this share of the pixels goes back, one at least. */
const FEWER = 0.1;

/**
 * Random search over sets of pixels set to 0 or 1: some are swapped for others, and the new set is kept when the margin falls.
 * A set that turns the label is made smaller. Only losses count, never gradients; a model that gives no losses is asked for
 * decisions, and then every set kept is a smaller one that still turns the label.
 */
export const sparseRs: Attack = {
  name: "sparse-rs",
  norms: ["l0"],
  needs: [],
  source: "Sparse-RS: Croce et al. 2022, arXiv:2006.12834; the shrinking number of pixels is our own",
  search(target) {
    const end = target.queries + QUESTIONS;
    const start = noisyStart(target, end);
    if (start === undefined) return;
    if (target.model.lossAndGradient === undefined) byDecisions(target, start, end);
    else byLosses(target, start, end);
  },
};

/** A draw of salt and pepper that turns the label. */
function noisyStart(target: AttackedImage, end: number): Float32Array | undefined {
  while (target.queries < end) {
    const noise = drawNoisyPixels(target.original, target.random);
    const count = firstAlong(target, noise.at, { most: target.original.length, isWhole: true });
    if (count !== undefined) return noise.at(count);
  }
  return undefined;
}

function byLosses(target: AttackedImage, start: Float32Array, end: number): void {
  const first = target.queries;
  let image = start;
  let margin = marginOf(target, image);
  while (target.queries < end) {
    let trial: Float32Array;
    const moved = changedPixels(target.original, image);
    const isSmaller = moved.length >= target.bestDistance;
    if (isSmaller) {
      if (moved.length <= 1) return;
      trial = swapped(target, image, Math.max(1, Math.floor(FEWER * moved.length)), 0);
    } else {
      const done = (target.queries - first) / (end - first);
      const share = FIRST_SHARE * (LAST_SHARE / FIRST_SHARE) ** done;
      const count = Math.max(1, Math.round(share * moved.length));
      trial = swapped(target, image, count, count);
    }
    const next = marginOf(target, trial);
    if (!isSmaller && next > margin) continue;
    image = trial;
    margin = next;
  }
}

function byDecisions(target: AttackedImage, start: Float32Array, end: number): void {
  let image = start;
  while (target.queries < end) {
    const count = changedPixels(target.original, image).length;
    if (count <= 1) return;
    const swaps = target.random.below(3);
    const fewer = Math.max(1, Math.floor(FEWER * target.random.uniform() * count));
    const trial = swapped(target, image, Math.min(count - 1, fewer + swaps), swaps);
    if (target.isAdversarial(trial)) image = trial;
  }
}

/** Loss of the nearest other class less that of the true one; a success is kept. */
function marginOf(target: AttackedImage, image: Float32Array): number {
  const margin = target.marginValue(target.lossAndGradient(image));
  if (margin < 0) target.offer(image);
  return margin;
}

/** The image with some of its moved pixels taken back, and others set to 0 or 1 instead. */
function swapped(target: AttackedImage, image: Float32Array, dropped: number, taken: number): Float32Array {
  const { original, random } = target;
  const trial = image.slice();
  const moved = changedPixels(target.original, image);
  random.shuffle(moved);
  for (const pixel of moved.slice(0, dropped)) trial[pixel] = original[pixel] as number;
  for (let take = 0; take < taken; ) {
    const pixel = random.below(image.length);
    const value = random.below(2);
    // A pixel that has this value already would be none; nor may a dropped one come straight back.
    if (image[pixel] !== original[pixel] || trial[pixel] !== original[pixel] || original[pixel] === value) {
      if (moved.length + taken >= image.length) return trial;
      continue;
    }
    trial[pixel] = value;
    ++take;
  }
  return trial;
}
