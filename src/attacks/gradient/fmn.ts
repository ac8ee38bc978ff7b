import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { distanceBetween } from "../norms.ts";
import { type BallNorm, moveToHyperplane, projectOntoBall } from "../projection.ts";
import { cosineDecay, downhill, lengthOf, randomlyMoved, succeeds, unit } from "./direction.ts";

const STEPS = 150;
/** Steps towards each of the nearest classes alone. */
const LATER_STEPS = 75;
const CLASSES = 3;
/** First and last factor by which the radius shrinks at a success and grows otherwise. */
const FIRST_FACTOR = 0.05;
const LAST_FACTOR = 0.001;
/** The last step as a share of the first. */
const LAST_STEP = 0.01;

/**
 * Steps along the gradient, projected onto a ball whose radius shrinks at every success and grows otherwise, both by less and
 * less: towards the boundary and along it at once. First towards whichever class is nearest, from the original and from a
 * random point, then towards each of the nearest classes alone: on models whose loss is a minimum over causes, the boundary
 * that is met first is often not the nearest.
 */
export const fmn: Attack = {
  name: "fmn",
  norms: ["linf", "l2", "l1"],
  needs: ["lossAndGradient"],
  source: "Pintor et al. 2021, arXiv:2102.12827",
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    const { losses } = target.lossAndGradient(original);
    descend(target, norm, original, STEPS);
    const radius = Number.isFinite(target.bestDistance) ? target.bestDistance : lengthOf(original, norm);
    descend(target, norm, randomlyMoved(target, original, radius, norm), STEPS);
    // With two classes the nearest one is the only one.
    if (losses.length === 2) return;
    for (const rival of target.rivals(losses).slice(0, CLASSES)) descend(target, norm, original, LATER_STEPS, rival);
  },
};

function descend(target: AttackedImage, norm: BallNorm, start: Float32Array, steps: number, rival?: number): void {
  const { original } = target;
  let image = start;
  let radius = Number.POSITIVE_INFINITY;
  let succeeded = false;
  let firstSize = 0;
  for (let step = 0; step < steps; ++step) {
    const margin = target.margin(image, rival);
    const factor = LAST_FACTOR + (FIRST_FACTOR - LAST_FACTOR) * cosineDecay(step, steps);
    const distance = target.distanceOf(image);
    if (succeeds(target, image, margin)) {
      succeeded = true;
      // So far in L2 the first step goes.
      if (step === 0) firstSize = distanceBetween(image, original, "l2");
      radius = Math.min(radius, distance) * (1 - factor);
    } else if (succeeded) radius *= 1 + factor;
    else {
      // Before any success the radius is where the boundary would be if the margin were linear.
      const boundary = moveToHyperplane(image, margin.gradient, -margin.value, norm);
      radius = distance + distanceBetween(boundary, image, norm);
      // So far in L2 the first step goes.
      if (step === 0) firstSize = distanceBetween(boundary, original, "l2");
    }
    const size = firstSize * Math.max(cosineDecay(step, steps), LAST_STEP);
    const direction = unit(downhill(image, margin.gradient), "l2");
    const further = image.map((value, pixel) => value + size * (direction[pixel] as number));
    image = projectOntoBall(original, further, radius, norm);
  }
}
