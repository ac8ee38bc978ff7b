import type { Norm } from "../norms.ts";

/** A step that is looked for: from an image near the boundary to one on it that is nearer to the original. */
export interface BoundaryStep {
  norm: Norm;
  /** The original less the image: the step that would undo every change. */
  home: Float64Array;
  /** The least and the largest step of each pixel that keep it in [0, 1]. */
  low: Float64Array;
  high: Float64Array;
  /** The gradient of the margin, of length 1. */
  normal: Float64Array;
  /** The step's product with `normal` must not exceed this: then the margin is foretold to be below 0. */
  offset: number;
  /** The step's largest length in L2: as far as the boundary counts as flat. */
  radius: number;
}

const DOUBLINGS = 60;
const FIRST_SLOPE_PRICE = 2 ** -10;
const HALVINGS = 24;
const OUTER_HALVINGS = 14;
/** Prices of length, from none to one next to which nothing else counts. */
const LEAST_PRICE = 1e-4;
const LARGEST_PRICE = 1e6;

/**
 * The step within the box and the radius that reaches the linear boundary and ends nearest to the original in a norm, by
 * bisection of the two Lagrange multipliers: the price of the margin (inner) and that of the step's length (outer). Exact up to
 * bisection in L2, L1 and L∞; in L0, where the problem is not convex, one at which the dual problem is solved.
 *
 * Where no step within the radius reaches the boundary, the shortest one that does, cut to the radius.
 */
export function nearestStep(step: BoundaryStep): Float64Array {
  return step.norm === "linf" ? smallestBox(step) : cheapest(step);
}

/** Norms that are sums over pixels: each pixel's best step at given prices is known in closed form. */
function cheapest(step: BoundaryStep): Float64Array {
  const pixelStep = step.norm === "l2" ? squareStep : step.norm === "l1" ? absoluteStep : countStep;
  const at = (price: number): Float64Array =>
    reaching(step, (pixel, slopePrice) => pixelStep(step, pixel, slopePrice, price));
  const free = at(LEAST_PRICE);
  if (lengthOf(free) <= step.radius) return free;
  const shortest = shortestStep(step);
  if (lengthOf(shortest) >= step.radius) return cut(shortest, step.radius);
  let found = shortest;
  let low = Math.log(LEAST_PRICE);
  let high = Math.log(LARGEST_PRICE);
  for (let halving = 0; halving < OUTER_HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    const trial = at(Math.exp(middle));
    if (lengthOf(trial) <= step.radius) {
      high = middle;
      found = trial;
    } else low = middle;
  }
  return found;
}

/** Least ½(δ − home)² + slopePrice·normal·δ + ½·price·δ². */
function squareStep(step: BoundaryStep, pixel: number, slopePrice: number, price: number): number {
  const { home, normal } = step;
  return boxed(step, pixel, ((home[pixel] as number) - slopePrice * (normal[pixel] as number)) / (1 + price));
}

/** Least |δ − home| + slopePrice·normal·δ + ½·price·δ². */
function absoluteStep(step: BoundaryStep, pixel: number, slopePrice: number, price: number): number {
  const pull = -slopePrice * (step.normal[pixel] as number);
  const home = step.home[pixel] as number;
  return boxed(step, pixel, Math.min((pull + 1) / price, Math.max((pull - 1) / price, home)));
}

/** Least (1 unless δ = home) + slopePrice·normal·δ + ½·price·δ². */
function countStep(step: BoundaryStep, pixel: number, slopePrice: number, price: number): number {
  const slope = slopePrice * (step.normal[pixel] as number);
  const home = step.home[pixel] as number;
  const away = boxed(step, pixel, -slope / price);
  const saved = slope * (home - away) + (price * (home * home - away * away)) / 2;
  return saved > 1 ? away : home;
}

/** L∞: the smallest box around the original that the shortest step to the boundary can stay in. */
function smallestBox(step: BoundaryStep): Float64Array {
  const within = (bound: number): Float64Array => {
    const low = step.low.map((value, pixel) => Math.max(value, (step.home[pixel] as number) - bound));
    const high = step.high.map((value, pixel) => Math.min(value, (step.home[pixel] as number) + bound));
    return shortestStep({ ...step, low, high });
  };
  let high = step.home.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let found = within(high);
  if (!isWithin(step, found)) return cut(found, step.radius);
  let low = 0;
  for (let halving = 0; halving < OUTER_HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    const trial = within(middle);
    if (isWithin(step, trial)) {
      high = middle;
      found = trial;
    } else low = middle;
  }
  return found;
}

function isWithin({ normal, offset, radius }: BoundaryStep, delta: Float64Array): boolean {
  return lengthOf(delta) <= radius && product(normal, delta) <= offset + 1e-9;
}

/** The shortest step in L2 that reaches the boundary within the box; as near as the box allows where it does not. */
function shortestStep(step: BoundaryStep): Float64Array {
  return reaching(step, (pixel, slopePrice) => boxed(step, pixel, -slopePrice * (step.normal[pixel] as number)));
}

/** The steps of all pixels at the least price of the margin at which they reach the boundary. */
function reaching(step: BoundaryStep, pixelStep: (pixel: number, slopePrice: number) => number): Float64Array {
  const { normal, offset } = step;
  const reaches = (slopePrice: number): boolean => {
    let sum = 0;
    for (let pixel = 0; pixel < normal.length; ++pixel) sum += (normal[pixel] as number) * pixelStep(pixel, slopePrice);
    return sum <= offset;
  };
  let low = 0;
  let high = 0;
  for (let doubling = 0; doubling < DOUBLINGS && !reaches(high); ++doubling) {
    low = high;
    high = Math.max(FIRST_SLOPE_PRICE, high * 2);
  }
  for (let halving = 0; halving < HALVINGS && high > 0; ++halving) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return normal.map((_, pixel) => pixelStep(pixel, high));
}

function boxed({ low, high }: BoundaryStep, pixel: number, value: number): number {
  return Math.min(high[pixel] as number, Math.max(low[pixel] as number, value));
}

function cut(delta: Float64Array, radius: number): Float64Array {
  const share = radius / Math.max(radius, lengthOf(delta));
  return delta.map((value) => share * value);
}

function lengthOf(delta: Float64Array): number {
  return Math.sqrt(product(delta, delta));
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += (one[at] as number) * (other[at] as number);
  return sum;
}
