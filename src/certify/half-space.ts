// How far an image is from a half-space, among images of values in [0, 1].

/** Norms in which a change of an image is measured: the root of the squares, the largest value, the pixels changed. */
export const RADIUS_NORMS = ["l2", "linf", "l0"] as const;
export type RadiusNorm = (typeof RADIUS_NORMS)[number];

/** The images x with normal · x ≥ offset. */
export interface HalfSpace {
  normal: Float64Array;
  offset: number;
}

/** An image of the half-space at (but for rounding) the smallest distance. */
export interface NearestPoint {
  /** Never above the true distance by more than rounding; Infinity where the box holds no image of the half-space. */
  distance: number;
  point: Float64Array;
}

/** Halvings of an interval: past 60 nothing is left of it in double precision. */
const HALVINGS = 60;

/**
 * The distance from `image` to the half-space within the box [0, 1]^n, exact: every pixel can only move to where its own
 * weight pulls it, so
 *   - L2: x + t·normal clipped to the box, for the smallest t that reaches the half-space (the Karush–Kuhn–Tucker conditions),
 *   - L∞: every pixel by ε along the sign of its weight, clipped, for the smallest ε,
 *   - L0: the pixels that gain most when they go to 0 or 1, as many as it takes.
 */
export function nearestPoint(image: Float64Array, halfSpace: HalfSpace, norm: RadiusNorm): NearestPoint {
  const { normal, offset } = halfSpace;
  if (dot(normal, image) >= offset) return { distance: 0, point: image.slice() };
  if (norm === "l0") return fewestPixels(image, halfSpace);
  const signs = normal.map((weight) => Math.sign(weight));
  const farthest = movedAlong(signs, image, 1);
  if (dot(normal, farthest) < offset) return { distance: Number.POSITIVE_INFINITY, point: farthest };
  const direction = norm === "l2" ? normal : signs;
  let [low, high] = norm === "l2" ? stepsAround(image, halfSpace) : [0, 1];
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (reachedAlong(direction, image, middle, normal) >= offset) high = middle;
    else low = middle;
  }
  const distance = norm === "l2" ? distanceBetween(image, movedAlong(direction, image, low)) : low;
  return { distance, point: movedAlong(direction, image, high) };
}

/**
 * Two steps along the normal: the second reaches the half-space and is the one that would without a box, doubled as often as it
 * takes; the first, half of it or 0, does not. Weights may differ by any factor, so an interval from 0 to where all pixels have
 * met the box's end can be too long to be halved down to the step that counts.
 */
function stepsAround(image: Float64Array, { normal, offset }: HalfSpace): [number, number] {
  let low = 0;
  let high = (offset - dot(normal, image)) / dot(normal, normal);
  while (high < Number.MAX_VALUE && reachedAlong(normal, image, high, normal) < offset) {
    low = high;
    high = Math.min(2 * high, Number.MAX_VALUE);
  }
  return [low, high];
}

/** The image moved by a step along a direction and clipped to the box. */
function movedAlong(direction: Float64Array, image: Float64Array, step: number): Float64Array {
  return image.map((value, pixel) => clip(value + step * (direction[pixel] as number)));
}

/** The inner product of the image so moved with the normal: what every halving asks, so nothing is allocated. */
function reachedAlong(direction: Float64Array, image: Float64Array, step: number, normal: Float64Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const value = (image[pixel] as number) + step * (direction[pixel] as number);
    sum += (normal[pixel] as number) * clip(value);
  }
  return sum;
}

/** Where each pixel gains most, 0 or 1, and all pixels, those first that gain most by going there. */
export function bestMoves(image: Float64Array, normal: Float64Array): { targets: Float64Array; order: number[] } {
  const targets = normal.map((weight) => (weight > 0 ? 1 : 0));
  const gains = image.map((value, pixel) => (normal[pixel] as number) * ((targets[pixel] as number) - value));
  const order = Array.from(image, (_, pixel) => pixel);
  return { targets, order: order.sort((one, other) => (gains[other] as number) - (gains[one] as number)) };
}

function fewestPixels(image: Float64Array, { normal, offset }: HalfSpace): NearestPoint {
  const { targets, order } = bestMoves(image, normal);
  const point = image.slice();
  let missing = offset - dot(normal, image);
  for (const [moved, pixel] of order.entries()) {
    const target = targets[pixel] as number;
    missing -= (normal[pixel] as number) * (target - (image[pixel] as number));
    point[pixel] = target;
    // A sum that rounding leaves just short counts as reached: the distance must not come out too large.
    if (missing <= Number.EPSILON * Math.abs(offset)) return { distance: moved + 1, point };
  }
  return { distance: Number.POSITIVE_INFINITY, point };
}

function clip(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** The inner product of two vectors of one length. */
export function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += (one[at] as number) * (other[at] as number);
  return sum;
}

/** The distance between two images in L2. */
export function distanceBetween(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += ((one[at] as number) - (other[at] as number)) ** 2;
  return Math.sqrt(sum);
}

/** The distance between two images in one of the norms. */
export function distanceIn(norm: RadiusNorm, one: Float64Array, other: Float64Array): number {
  if (norm === "l2") return distanceBetween(one, other);
  let found = 0;
  for (let at = 0; at < one.length; ++at) {
    const difference = Math.abs((one[at] as number) - (other[at] as number));
    if (norm === "linf") found = Math.max(found, difference);
    else if (difference > 0) ++found;
  }
  return found;
}
