import type { Attack } from "../attack.ts";
import { AttackedImage } from "../attacked-image.ts";
import { downhill, steepest, unit } from "../gradient/direction.ts";
import { type BallNorm, projectOntoBall } from "../projection.ts";

/** Radii at first, each twice the one before. */
const DOUBLINGS = 7;
const HALVINGS = 6;
/** The largest radius: in L2 and L1 as a share of that of an image all of whose pixels turn over. */
const LARGEST: Record<BallNorm, number> = { l2: 0.5, linf: 1, l1: 0.5 };
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
    const { substitute, original, label } = target;
    const norm = target.norm as BallNorm;
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
  const { original } = target;
  const norm = target.norm as BallNorm;
  let image: Float32Array = original.slice();
  for (let step = 0; step < STEPS; ++step) {
    const down = downhill(image, followed.margin(image).gradient);
    const direction = norm === "l1" ? steepest(down, Math.ceil(STEEPEST * image.length)) : unit(down, norm);
    const length = STEP_SHARE * radius;
    const further = image.map((value, pixel) => value + length * (direction[pixel] as number));
    image = projectOntoBall(original, further, radius, norm);
  }
  return target.isAdversarial(image);
}
