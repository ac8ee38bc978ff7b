import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { firstAlong } from "../decision/along-path.ts";
import { startingPoints } from "../decision/starting-points.ts";
import { blended } from "../pixels.ts";
import { nearestStep } from "./trust-region.ts";

/** Starting points from which a walk begins. */
const STARTS = 3;
/** Gradients for each walk, and for one more from the nearest success. */
const STEPS = 90;
/** A walk's first and last radius of trust, as shares of the distance in L2 from the original. */
const FIRST_RADIUS = 0.5;
const LAST_RADIUS = 0.01;
/** Steps aim this share of the radius beyond the boundary, as it is not flat. */
const BEYOND = 0.02;

/**
 * Walks along the boundary from misclassified images far off: the boundary's direction is taken from the gradient of the
 * margin, and each step goes to the point of that flat boundary that is nearest to the original in the norm, within a radius
 * of trust that shrinks as the walk goes on. Up to 460 gradients, and a decision for each image that would be the nearest.
 *
 * On linear models it comes within 2 % of the least distance in L2, L∞ and L1. In L0, where walks get caught, it may need
 * twice the pixels that are enough: on models of redrawings `greedy-pixels` is the stronger attack there.
 */
export const brendelBethge: Attack = {
  name: "brendel-bethge",
  norms: ["l2", "linf", "l1", "l0"],
  needs: ["lossAndGradient"],
  source: "Brendel et al. 2019, arXiv:1907.01003; starting points and radii are our own",
  search(target) {
    const starts = startingPoints(target).slice(0, STARTS);
    const downhill = alongGradient(target);
    if (downhill !== undefined) starts.push(downhill);
    for (const start of starts) walk(target, start, FIRST_RADIUS);
    if (target.best !== undefined) walk(target, target.best.image, FIRST_RADIUS / 4);
  },
};

/** The first image of another class on the way to where every pixel lowers the margin most. */
function alongGradient(target: AttackedImage): Float32Array | undefined {
  const { original } = target;
  const { gradient } = target.margin(original);
  const corner = original.map((value, pixel) => {
    const slope = gradient[pixel] as number;
    return slope === 0 ? value : slope > 0 ? 0 : 1;
  });
  const share = firstAlong(target, (place) => blended(original, corner, place), { most: 1 });
  return share === undefined ? undefined : blended(original, corner, share);
}

function walk(target: AttackedImage, start: Float32Array, firstRadius: number): void {
  let image = start;
  for (let step = 0; step < STEPS; ++step) {
    const { value, gradient } = target.margin(image);
    if (value < 0) target.offer(image);
    const share = firstRadius * (LAST_RADIUS / firstRadius) ** (step / (STEPS - 1));
    const next = stepped(target, image, value, gradient, share);
    if (next === undefined) return;
    image = next;
  }
  target.offer(image);
}

/** The next image of a walk; undefined where there is no direction to take, or nothing left to undo. */
function stepped(
  target: AttackedImage,
  image: Float32Array,
  margin: number,
  gradient: Float32Array,
  share: number,
): Float32Array | undefined {
  const { original, norm } = target;
  const steepness = Math.sqrt(gradient.reduce((sum, slope) => sum + slope * slope, 0));
  const home = Float64Array.from(image, (value, pixel) => (original[pixel] as number) - value);
  const radius = share * Math.sqrt(home.reduce((sum, value) => sum + value * value, 0));
  if (!(steepness > 0) || !(radius > 0)) return undefined;
  const delta = nearestStep({
    norm,
    home,
    low: Float64Array.from(image, (value) => -value),
    high: Float64Array.from(image, (value) => 1 - value),
    normal: Float64Array.from(gradient, (slope) => slope / steepness),
    offset: -margin / steepness - BEYOND * radius,
    radius,
  });
  return image.map((value, pixel) => {
    // Pixels on their way home must arrive, for L0 counts any difference.
    if (delta[pixel] === home[pixel]) return original[pixel] as number;
    return Math.min(1, Math.max(0, value + (delta[pixel] as number)));
  });
}
