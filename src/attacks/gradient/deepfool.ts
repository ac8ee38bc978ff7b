import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { type BallNorm, moveToHyperplane } from "../projection.ts";
import { change, fallNeeded, nearestBoundary, succeeds } from "./direction.ts";

const ROUNDS = 40;
/** Steps to the boundary in each round. */
const STEPS = 12;
/**
 * How far below 0 the first step aims, as a share of the original's margin; each later one twice as far, as a decision that
 * has to confirm may lie deeper. The paper stretches the whole change, which costs more than returning to the boundary gains.
 */
const OVERSHOOT = 0.002;
/** The search ends when this share of the way back to the tangent's nearest point does not lead nearer. */
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
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    const whole = fallNeeded(target.margin(original));
    let kept = toBoundary(target, original, whole, norm);
    let share = 1;
    for (let round = 1; kept !== undefined && round < ROUNDS && share > LEAST_SHARE; ++round) {
      const { image, nearest } = kept;
      const before = target.bestDistance;
      const back = image.map((value, pixel) => value + share * ((nearest[pixel] as number) - value));
      const crossed = toBoundary(target, back, whole, norm);
      if (crossed !== undefined && target.bestDistance < before) kept = crossed;
      // A tangent holds only near its point: go less far back after a round that led away.
      else share /= 2;
    }
  },
};

/** An image just beyond the boundary, and the point of the tangent there that is nearest to the original. */
function toBoundary(
  target: AttackedImage,
  start: Float32Array,
  whole: number,
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
    image = moveToHyperplane(image, gradient, -Math.max(value, 0) - OVERSHOOT * 2 ** step * whole, norm);
  }
  return undefined;
}
