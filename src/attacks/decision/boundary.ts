import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { clip } from "../pixels.ts";
import { startingPoints } from "./starting-points.ts";

/** Questions of the walk and of finding its start; shortening comes on top. */
const QUESTIONS = 2500;
/** How fast steps adapt: a success and a failure move a step's logarithm by so much times what was not expected. */
const ADAPTATION = 0.1;
/** Of the moves along the boundary, this share is to stay misclassified: there the boundary is about flat. */
const WANTED_ALONG = 0.4;
/** Of the moves towards the original, this share is to succeed. */
const WANTED_TOWARDS = 0.25;
/** The share of steps at which the move along the boundary is asked about by itself, to adapt its length. */
const ASKED_ALONE = 0.2;

/**
 * Walks at random along the boundary: a random move at equal distance from the original, then one towards it; a step counts
 * when the image stays misclassified. Both lengths adapt to how often that happens. In L∞ the random move takes
 * pixels to faces of the box, and the one towards the original makes the box smaller.
 *
 * Decisions alone, so thousands of them are few where images have hundreds of pixels: gradients find more.
 */
export const boundary: Attack = {
  name: "boundary",
  norms: ["l2", "linf"],
  needs: [],
  source: "Boundary attack: Brendel, Rauber, Bethge 2018, arXiv:1712.04248; starting points and L∞ are our own",
  search(target) {
    const end = target.queries + QUESTIONS;
    let [image] = startingPoints(target);
    if (image === undefined) return;
    const move = target.norm === "l2" ? alongSphere : alongBox;
    const approach = target.norm === "l2" ? towards : intoBox;
    let along = 0.1;
    let nearer = 0.05;
    while (target.queries < end) {
      const distance = target.distanceOf(image);
      const moved = move(target, image, along * distance, distance);
      if (target.random.uniform() < ASKED_ALONE) {
        along = adapted(along, target.isAdversarial(moved), WANTED_ALONG);
      }
      const trial = approach(target, moved, nearer, distance);
      const succeeded = target.isAdversarial(trial);
      nearer = adapted(nearer, succeeded, WANTED_TOWARDS);
      if (succeeded && target.distanceOf(trial) < distance) image = trial;
    }
  },
};

function adapted(step: number, succeeded: boolean, wanted: number): number {
  return Math.min(0.5, step * Math.exp(ADAPTATION * ((succeeded ? 1 : 0) - wanted)));
}

/** A random move of a length in L2, at right angles to the original and then back to the distance from it. */
function alongSphere(target: AttackedImage, image: Float32Array, length: number, distance: number): Float32Array {
  const { original, random } = target;
  const noise = Float64Array.from(image, () => random.normal());
  let inward = 0;
  for (let at = 0; at < noise.length; ++at) {
    inward += ((noise[at] as number) * ((image[at] as number) - (original[at] as number))) / distance ** 2;
  }
  let square = 0;
  for (let at = 0; at < noise.length; ++at) {
    noise[at] = (noise[at] as number) - inward * ((image[at] as number) - (original[at] as number));
    square += (noise[at] as number) ** 2;
  }
  // One pixel has no direction along.
  const step = square > 0 ? length / Math.sqrt(square) : 0;
  const shrink = 1 / Math.sqrt(1 + (length / distance) ** 2);
  return image.map((value, at) => {
    const origin = original[at] as number;
    return clip(origin + shrink * (value + step * (noise[at] as number) - origin));
  });
}

function towards({ original }: AttackedImage, image: Float32Array, share: number): Float32Array {
  return image.map((value, at) => value + share * ((original[at] as number) - value));
}

/** A random move within the L∞ ball of the distance: a share of the pixels, as large as the length is, go to its faces. */
function alongBox(target: AttackedImage, image: Float32Array, length: number, distance: number): Float32Array {
  const { original, random } = target;
  const share = length / distance;
  return image.map((value, at) => {
    if (random.uniform() >= share) return value;
    return clip((original[at] as number) + (random.below(2) === 0 ? -distance : distance));
  });
}

/** The image within a smaller L∞ ball. */
function intoBox({ original }: AttackedImage, image: Float32Array, share: number, distance: number): Float32Array {
  const radius = (1 - share) * distance;
  return image.map((value, at) => {
    const origin = original[at] as number;
    return clip(Math.min(origin + radius, Math.max(origin - radius, value)));
  });
}
