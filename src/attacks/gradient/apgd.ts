import type { Attack } from "../attack.ts";
import type { AttackedImage, Margin } from "../attacked-image.ts";
import { difference } from "../model.ts";
import { type BallNorm, projectOntoBall } from "../projection.ts";
import { downhill, steepest, succeeds, unit } from "./direction.ts";
import { searchRadius } from "./radius-search.ts";

const ROUNDS = 8;
const STEPS = 50;
/** The first step as a multiple of the radius. */
const FIRST_STEP = 2;
/** The share of the new step in the next image; the rest goes on from the step before. */
const NEWEST = 0.75;
/** The step is halved where fewer steps than this share since the last checkpoint led down. */
const LEAST_SUCCESSES = 0.75;

/** In L1: the share of all pixels that the first step moves. */
const FIRST_SHARE = 0.2;
/** In L1: the interval at which the number of pixels moved is chosen anew, as a share of all steps. */
const INTERVAL = 0.04;
/** In L1: by how much steps and the number of pixels moved are reduced. */
const REDUCTION = 1.5;
/** In L1: the least step as a share of the radius. */
const LEAST_STEP = 0.1;
/** In L1: the change is as sparse as before where the number of pixels moved has fallen by less than this. */
const AS_SPARSE = 0.95;

/** Something to lower, with its gradient, and the margin that tells of success. */
interface Objective {
  value: number;
  gradient: Float32Array;
  margin: Margin;
}

/**
 * Projected gradient descent whose step halves by itself where it no longer leads down, in balls of halved radii; in L1 with
 * steps of few pixels, as few as the change so far needs. It lowers the margin, from random points its ratio to the
 * difference of the losses (DLR).
 */
export const apgd: Attack = {
  name: "apgd",
  norms: ["linf", "l2", "l1"],
  needs: ["lossAndGradient"],
  source: "Croce and Hein 2020, arXiv:2003.01690, in L1 2021, arXiv:2103.01208",
  search(target: AttackedImage): void {
    const descend = target.norm === "l1" ? descendSparsely : descendDensely;
    searchRadius(target, ROUNDS, (radius, start, isRandom) =>
      descend(target, radius, start, isRandom ? ratio : margin),
    );
  },
};

type Loss = (target: AttackedImage, image: Float32Array) => Objective;

function margin(target: AttackedImage, image: Float32Array): Objective {
  const found = target.margin(image);
  return { value: found.value, gradient: found.gradient, margin: found };
}

/** The margin over the difference of the third-lowest and the lowest loss; with two classes there is no third. */
function ratio(target: AttackedImage, image: Float32Array): Objective {
  const answer = target.lossAndGradient(image);
  const { losses } = answer;
  const found = target.marginIn(answer, target.nearestRival(losses));
  const { value, gradient } = found;
  const order = Array.from(losses, (_, index) => index);
  order.sort((one, other) => (losses[one] as number) - (losses[other] as number) || one - other);
  const [lowest, , third] = order as [number, number, number | undefined];
  const spread = third === undefined ? 0 : (losses[third] as number) - (losses[lowest] as number);
  if (third === undefined || !(spread > 0)) return { value, gradient, margin: found };
  const ofSpread = difference(answer, third, lowest);
  const share = value / spread;
  const combined = gradient.map((slope, pixel) => (slope - share * (ofSpread[pixel] as number)) / spread);
  return { value: share, gradient: combined, margin: found };
}

function descendDensely(target: AttackedImage, radius: number, start: Float32Array, loss: Loss): boolean {
  const norm = target.norm as BallNorm;
  const checkpoints = checkpointsOf(STEPS);
  let size = FIRST_STEP * radius;
  let before = start;
  let image = start;
  let value = Number.POSITIVE_INFINITY;
  let best: { image: Float32Array; found: Objective } | undefined;
  let successes = 0;
  let last = { checkpoint: 0, size, value };
  for (let step = 0; ; ++step) {
    let found = loss(target, image);
    if (succeeds(target, image, found.margin)) return true;
    if (step === STEPS) return false;
    if (step > 0 && found.value < value) ++successes;
    value = found.value;
    if (best === undefined || value < best.found.value) best = { image, found };
    if (checkpoints.has(step)) {
      const stalled = last.size === size && last.value === best.found.value;
      if (successes < LEAST_SUCCESSES * (step - last.checkpoint) || stalled) {
        size /= 2;
        ({ image, found } = best);
        ({ value } = found);
        before = image;
      }
      last = { checkpoint: step, size, value: best.found.value };
      successes = 0;
    }
    const direction = unit(downhill(image, found.gradient), norm);
    const ahead = projectOntoBall(target.original, added(image, direction, size), radius, norm);
    const mixed = image.map((now, pixel) => {
      const newest = (ahead[pixel] as number) - now;
      return now + NEWEST * newest + (1 - NEWEST) * (now - (before[pixel] as number));
    });
    before = image;
    image = step === 0 ? ahead : projectOntoBall(target.original, mixed, radius, norm);
  }
}

function descendSparsely(target: AttackedImage, radius: number, start: Float32Array, loss: Loss): boolean {
  const { original } = target;
  const interval = Math.max(1, Math.floor(INTERVAL * STEPS));
  let size = radius;
  let pixels = Math.ceil(FIRST_SHARE * original.length);
  let changedBefore = original.length;
  let image = start;
  let best: { image: Float32Array; found: Objective } | undefined;
  for (let step = 0; ; ++step) {
    let found = loss(target, image);
    if (succeeds(target, image, found.margin)) return true;
    if (step === STEPS) return false;
    if (best === undefined || found.value < best.found.value) best = { image, found };
    if (step > 0 && step % interval === 0) {
      const from = best.image;
      const changed = from.reduce((count, value, pixel) => (value === original[pixel] ? count : count + 1), 0);
      pixels = Math.max(1, Math.round(changed / REDUCTION));
      if (changed < AS_SPARSE * changedBefore) {
        size = radius;
        ({ image, found } = best);
      } else size = Math.max(size / REDUCTION, LEAST_STEP * radius);
      changedBefore = changed;
    }
    const direction = steepest(downhill(image, found.gradient), pixels);
    image = projectOntoBall(original, added(image, direction, size), radius, "l1");
  }
}

/** Steps at which the step's size is judged: at 22 % of the run, then at intervals 3 % shorter each, down to 6 %. */
function checkpointsOf(steps: number): ReadonlySet<number> {
  const found = new Set<number>();
  let interval = 0.22;
  for (let at = interval; at < 1; at += interval) {
    found.add(Math.ceil(at * steps));
    interval = Math.max(interval - 0.03, 0.06);
  }
  return found;
}

function added(image: Float32Array, direction: Float32Array, size: number): Float32Array {
  return image.map((value, pixel) => value + size * (direction[pixel] as number));
}
