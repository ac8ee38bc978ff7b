import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { type BallNorm, moveToHyperplane } from "../projection.ts";
import { change, nearestBoundary, succeeds } from "./direction.ts";

const ROUNDS = 40;
/** Steps to the boundary in each round. */
const STEPS = 10;
/** How much further than the linear estimate each step goes, to end beyond the boundary. */
const OVERSHOOT = 0.02;
const LEAST_SHARE = 0.02;

/**
 * Steps onto the nearest boundary as if the model were linear, until one is crossed. Unlike the original, which stops there, it
 * then returns to where the tangent of that boundary is nearest to the original image, and steps again: the change becomes
 * normal to the boundary.
 */
export const deepfool: Attack = {
  name: "deepfool",
  norms: ["linf", "l2"],
  needs: ["lossAndGradient"],
  source: "Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv:1511.04599, repeated from the tangent's nearest point",
  isGradientDescent: true,
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    let image = original;
    let kept = original;
    let share = 1;
    for (let round = 0; round < ROUNDS && share > LEAST_SHARE; ++round) {
      const before = target.bestDistance;
      const crossed = toBoundary(target, image, norm);
      if (crossed === undefined) return;
      if (target.bestDistance < before) kept = crossed.image;
      // A tangent holds only near its point: go less far back after a round that led away.
      else share /= 2;
      const nearest = crossed.nearest;
      image = kept.map((value, pixel) => value + share * ((nearest[pixel] as number) - value));
    }
  },
};

/** An image just beyond the boundary, and the point of the tangent there that is nearest to the original. */
function toBoundary(
  target: AttackedImage,
  start: Float32Array,
  norm: BallNorm,
): { image: Float32Array; nearest: Float32Array } | undefined {
  const { original } = target;
  let image = start;
  for (let step = 0; step < STEPS; ++step) {
    const margin = nearestBoundary(target, image, target.lossAndGradient(image), norm);
    const { value, gradient } = margin;
    if (succeeds(target, image, margin)) {
      const gain = change(gradient, original, image) - value;
      return { image, nearest: moveToHyperplane(original, gradient, gain, norm) };
    }
    image = moveToHyperplane(image, gradient, -(1 + OVERSHOOT) * value, norm);
  }
  return undefined;
}
