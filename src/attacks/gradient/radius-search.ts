import type { AttackedImage } from "../attacked-image.ts";
import { type BallNorm, moveToHyperplane, projectOntoBall } from "../projection.ts";
import { fallNeeded, randomlyMoved } from "./direction.ts";

// From attacks that search a ball of one radius to attacks that find the smallest.

/** How much further than the linear estimate of the boundary a first success is looked for. */
const REACHES = [1, 1.2, 1.5, 2, 3, 4.5, 7, 10];
/** Radii larger than the last that are tried before there is any success. */
const DOUBLINGS = 4;

/** Searches a ball from one start, at random or not; true at the first success, which `target` keeps. */
export type BallSearch = (radius: number, start: Float32Array, isRandom: boolean) => boolean;

/**
 * Halves the interval of radii in which the smallest successful ball lies. Each ball is searched from the last success, drawn
 * into it, then from a point at random.
 *
 * @param rounds balls to search once there is a success
 */
export function searchRadius(target: AttackedImage, rounds: number, search: BallSearch): void {
  const norm = target.norm as BallNorm;
  const { original } = target;
  const found = (radius: number): boolean => {
    if (
      target.best !== undefined &&
      search(radius, projectOntoBall(original, target.best.image, radius, norm), false)
    ) {
      return true;
    }
    const anywhere = projectOntoBall(original, randomlyMoved(target, original, radius, norm), radius, norm);
    return search(radius, anywhere, true);
  };
  let low = 0;
  let radius = firstSuccess(target, norm);
  for (let doubling = 0; target.best === undefined && doubling < DOUBLINGS; ++doubling) {
    if (!found(radius)) low = radius;
    radius = 2 * radius;
  }
  for (let round = 0; target.best !== undefined && round < rounds; ++round) {
    const middle = (low + target.bestDistance) / 2;
    if (!found(middle)) low = middle;
  }
}

/** Looks for a success straight along the gradient; the distance of the linear estimate of the boundary. */
function firstSuccess(target: AttackedImage, norm: BallNorm): number {
  const { original } = target;
  const margin = target.margin(original);
  const { gradient } = margin;
  const fall = fallNeeded(margin);
  for (const reach of REACHES) {
    if (target.isAdversarial(moveToHyperplane(original, gradient, -reach * fall, norm))) break;
  }
  return target.distanceOf(moveToHyperplane(original, gradient, -fall, norm));
}
