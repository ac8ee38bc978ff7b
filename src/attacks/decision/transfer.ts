import type { Attack } from "../attack.ts";
import { AttackedImage } from "../attacked-image.ts";
import { distanceBetween, type Norm } from "../norms.ts";

/** Radii at first, each twice the one before. */
const DOUBLINGS = 7;
const HALVINGS = 6;
/** The largest radius: in L2 and L1 as a share of that of an image all of whose pixels turn over. */
const LARGEST = { l2: 0.5, linf: 1, l1: 0.5, l0: 1 };
/** Steps on the substitute at each radius. */
const STEPS = 20;
/** A step's length as a share of the radius. */
const STEP_SHARE = 0.15;
/** In L1 a step moves this share of the pixels. */
const STEEPEST = 0.05;

/**
 * Follows the gradient of another model's margin and asks the target only for decisions: steps of equal length within a ball,
 * after which the target is asked; first in balls that double, then in smaller ones as long as the target is fooled. Finds
 * what is wrong with a gradient that misleads, and nothing where the two models have little in common.
 */
export const transfer: Attack = {
  name: "transfer",
  norms: ["l2", "linf", "l1"],
  needs: ["substitute"],
  source: "Papernot et al. 2016, arXiv:1605.07277; steps after Madry et al. 2017, arXiv:1706.06083",
  search(target) {
    const { substitute, original, label, norm } = target;
    if (substitute === undefined) return;
    const followed = new AttackedImage(substitute, original, label, { norm, seed: target.random.seed() });
    const whole = norm === "l2" ? Math.sqrt(original.length) : norm === "l1" ? original.length : 1;
    let high = LARGEST[norm] * whole;
    let low = 0;
    let fools = false;
    for (let rung = DOUBLINGS - 1; rung >= 0 && !fools; --rung) {
      const radius = (LARGEST[norm] * whole) / 2 ** rung;
      fools = foolsAt(target, followed, radius);
      if (fools) high = radius;
      else low = radius;
    }
    if (!fools) return;
    for (let halving = 0; halving < HALVINGS; ++halving) {
      const middle = (low + high) / 2;
      if (foolsAt(target, followed, middle)) high = middle;
      else low = middle;
    }
  },
};

/** Whether steps on the substitute within a radius fool the target. */
function foolsAt(target: AttackedImage, followed: AttackedImage, radius: number): boolean {
  const { original, norm } = target;
  let image: Float32Array = original.slice();
  for (let step = 0; step < STEPS; ++step) {
    const { gradient } = followed.margin(image);
    const direction = steepest(image, gradient, norm);
    if (direction === undefined) break;
    const length = STEP_SHARE * radius;
    image = within(
      original,
      image.map((value, pixel) => value - length * (direction[pixel] as number)),
      radius,
      norm,
    );
  }
  return target.isAdversarial(image);
}

/** The direction of length 1 along which the margin rises most; undefined where it is flat. */
function steepest(image: Float32Array, gradient: Float32Array, norm: Norm): Float32Array | undefined {
  // What pushes a pixel out of [0, 1] is no way to go.
  const open = gradient.map((slope, pixel) =>
    (slope > 0 && image[pixel] === 0) || (slope < 0 && image[pixel] === 1) ? 0 : slope,
  );
  const sizes = open.map(Math.abs).sort();
  if (!((sizes.at(-1) as number) > 0)) return undefined;
  if (norm === "linf") return open.map(Math.sign);
  if (norm === "l2") {
    const size = Math.sqrt(open.reduce((sum, slope) => sum + slope * slope, 0));
    return open.map((slope) => slope / size);
  }
  const count = Math.max(1, Math.round(STEEPEST * open.length));
  const least = Math.max(sizes.at(-count) as number, Number.MIN_VALUE);
  return open.map((slope) => (Math.abs(slope) >= least ? Math.sign(slope) / count : 0));
}

/** The image drawn back into the ball around the original, and into [0, 1]. */
function within(original: Float32Array, image: Float32Array, radius: number, norm: Norm): Float32Array {
  const boxed = image.map((value) => Math.min(1, Math.max(0, value)));
  if (norm === "linf") {
    return boxed.map((value, pixel) => {
      const origin = original[pixel] as number;
      return Math.min(origin + radius, Math.max(origin - radius, value));
    });
  }
  const share = Math.min(1, radius / Math.max(radius, distanceBetween(original, boxed, norm)));
  return boxed.map((value, pixel) => {
    const origin = original[pixel] as number;
    return origin + share * (value - origin);
  });
}
