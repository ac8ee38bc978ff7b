import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { distanceBetween } from "../norms.ts";
import { type BallNorm, moveToHyperplane, projectOntoBall } from "../projection.ts";
import { cosineDecay, downhill, lengthOf, randomlyMoved, succeeds, unit } from "./direction.ts";

const STEPS = 150;
/** First and last factor by which the radius shrinks at a success and grows otherwise. */
const FIRST_FACTOR = 0.05;
const LAST_FACTOR = 0.001;
/** The first step as a share of the change's length in L2, as it is estimated to be at the boundary. */
const FIRST_STEP = { linf: 1, l2: 1, l1: 1 };

/**
 * Steps along the gradient, projected onto a ball whose radius shrinks at every success and grows otherwise, both by less and
 * less: towards the boundary and along it at once.
 */
export const fmn: Attack = {
  name: "fmn",
  norms: ["linf", "l2", "l1"],
  needs: ["lossAndGradient"],
  source: "Pintor et al. 2021, arXiv:2102.12827",
  isGradientDescent: true,
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    descend(target, norm, original);
    const radius = Number.isFinite(target.bestDistance) ? target.bestDistance : lengthOf(original, norm);
    descend(target, norm, randomlyMoved(target, original, radius, norm));
  },
};

function descend(target: AttackedImage, norm: BallNorm, start: Float32Array, rival?: number): void {
  const { original } = target;
  let image = start;
  let radius = Number.POSITIVE_INFINITY;
  let succeeded = false;
  let largest = 0;
  for (let step = 0; step < STEPS; ++step) {
    const margin = target.margin(image, rival);
    const factor = LAST_FACTOR + (FIRST_FACTOR - LAST_FACTOR) * cosineDecay(step, STEPS);
    const distance = target.distanceOf(image);
    if (succeeds(target, image, margin)) {
      succeeded = true;
      radius = Math.min(radius, distance) * (1 - factor);
    } else if (succeeded) radius *= 1 + factor;
    else {
      // Before any success the radius is where the boundary would be if the margin were linear.
      const boundary = moveToHyperplane(image, margin.gradient, -margin.value, norm);
      radius = distance + distanceBetween(boundary, image, norm);
      if (step === 0) largest = distanceBetween(boundary, original, "l2");
    }
    const size = FIRST_STEP[norm] * largest * Math.max(cosineDecay(step, STEPS), 0.01);
    const direction = unit(downhill(image, margin.gradient), "l2");
    const further = image.map((value, pixel) => value + size * (direction[pixel] as number));
    image = projectOntoBall(original, further, radius, norm);
  }
}
