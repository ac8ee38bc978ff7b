import type { Attack } from "../attack.ts";
import type { AttackedImage, Margin } from "../attacked-image.ts";
import { distanceBetween } from "../norms.ts";
import { type BallNorm, moveToHyperplane } from "../projection.ts";
import { change, nearestBoundary, randomlyMoved, succeeds } from "./direction.ts";

const STEPS = 100;
/** Steps towards each class, from the nearest success, and from each random point. */
const LATER_STEPS = 50;
const CLASSES = 3;
const RESTARTS = 2;
/** The largest share of the original's own way to the boundary in a step. */
const LARGEST_BIAS = 0.1;
/** How much further than the boundary a step goes. */
const OVERSHOOT = 1.05;
/** What is left of the change after a success. */
const BACKWARD = 0.9;

/**
 * Steps onto the linearised boundary within the box, from the image at hand and from the original, and mixes the two, so that
 * it walks along the boundary towards the point nearest to the original; after a success it steps back. First to whichever
 * boundary is nearest, then to each of the nearest classes alone, then from the nearest success and from random points.
 */
export const fab: Attack = {
  name: "fab",
  norms: ["linf", "l2", "l1"],
  needs: ["lossAndGradient"],
  source: "Croce and Hein 2020, arXiv:1907.02044",
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    const { losses } = target.lossAndGradient(original);
    const rivals = target.rivals(losses).slice(0, CLASSES);
    walk(target, original, STEPS, norm);
    if (losses.length > 2) for (const rival of rivals) walk(target, original, LATER_STEPS, norm, rival);
    if (target.best !== undefined) walk(target, target.best.image, LATER_STEPS, norm);
    for (let restart = 0; restart < RESTARTS && target.best !== undefined; ++restart) {
      walk(target, randomlyMoved(target, original, target.bestDistance / 2, norm), LATER_STEPS, norm);
    }
  },
};

function walk(target: AttackedImage, start: Float32Array, steps: number, norm: BallNorm, rival?: number): void {
  const { original } = target;
  let image = start;
  let deeper = 0;
  for (let step = 0; step < steps; ++step) {
    const margin = marginAt(target, image, norm, rival);
    // The image is beyond the boundary wherever the walk ends: steps overshoot.
    if (succeeds(target, image, margin)) {
      image = original.map((value, pixel) => value + BACKWARD * ((image[pixel] as number) - value));
      continue;
    }
    // Where the decision that counts refuses what the losses say is beyond, its boundary lies further on.
    deeper = Math.max(deeper, -2 * margin.value);
    const value = margin.value + deeper;
    const { gradient } = margin;
    const here = moveToHyperplane(image, gradient, -value, norm);
    const there = moveToHyperplane(original, gradient, change(gradient, original, image) - value, norm);
    const ahead = distanceBetween(image, here, norm);
    const whole = ahead + target.distanceOf(there);
    const bias = whole > 0 ? Math.min(ahead / whole, LARGEST_BIAS) : 0;
    image = image.map((value, pixel) => {
      const own = value + OVERSHOOT * ((here[pixel] as number) - value);
      const from = original[pixel] as number;
      const other = from + OVERSHOOT * ((there[pixel] as number) - from);
      return Math.min(Math.max((1 - bias) * own + bias * other, 0), 1);
    });
  }
}

function marginAt(target: AttackedImage, image: Float32Array, norm: BallNorm, rival?: number): Margin {
  if (rival !== undefined) return target.margin(image, rival);
  return nearestBoundary(target, image, target.lossAndGradient(image), norm);
}
