import type { Norm } from "./norms.ts";
import { clip } from "./pixels.ts";

// Nearest images in the box [0, 1]^n: inside a ball around another image, and on a hyperplane.

/** The norms whose balls are convex. */
export type BallNorm = Exclude<Norm, "l0">;

/** Halvings of an interval: past 60 nothing is left of it in double precision. */
const HALVINGS = 60;

/**
 * The nearest image (in L2) to `image` within the box and the ball of a radius around `original`, exact but for rounding:
 *   - L∞: every pixel clipped,
 *   - L2: `original + t·change`, clipped to the box, with the t that ends on the sphere (the Karush–Kuhn–Tucker conditions),
 *   - L1: every pixel's change less a threshold, clipped to the box, with the threshold that ends on the sphere.
 *
 * @param original values in [0, 1]
 * @param image as many values, of any size; it is left as it is
 */
export function projectOntoBall(
  original: Float32Array,
  image: Float32Array,
  radius: number,
  norm: BallNorm,
): Float32Array {
  const room = new Float64Array(image.length);
  const change = new Float64Array(image.length);
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const from = original[pixel] as number;
    const moved = (image[pixel] as number) - from;
    const limit = moved > 0 ? 1 - from : from;
    room[pixel] = norm === "linf" ? Math.min(limit, radius) : limit;
    change[pixel] = moved;
  }
  const kept =
    norm === "l2" ? keptShare(change, room, radius) : norm === "l1" ? keptAbove(change, room, radius) : Math.abs;
  const projected = new Float32Array(image.length);
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const moved = change[pixel] as number;
    const length = Math.min(kept(Math.abs(moved)), room[pixel] as number);
    projected[pixel] = clip((original[pixel] as number) + Math.sign(moved) * length);
  }
  return projected;
}

/** In L2: the share of every change that is kept, 1 where the clipped image is inside already. */
function keptShare(change: Float64Array, room: Float64Array, radius: number): (length: number) => number {
  let share = 0;
  for (;;) {
    let atLimit = 0;
    let free = 0;
    for (let pixel = 0; pixel < change.length; ++pixel) {
      const length = Math.abs(change[pixel] as number);
      const limit = room[pixel] as number;
      if (share * length >= limit) atLimit += limit * limit;
      else free += length * length;
    }
    // As if no more pixels met their limits: never too much, so that the share rises to the solution from below.
    const next = free > 0 ? Math.sqrt(Math.max(0, radius * radius - atLimit) / free) : 1;
    if (next >= 1) return (length) => length;
    if (!(next > share)) return (length) => share * length;
    share = next;
  }
}

/** In L1: what is left of every change above a threshold, 0 where the clipped image is inside already. */
function keptAbove(change: Float64Array, room: Float64Array, radius: number): (length: number) => number {
  const sum = (threshold: number): number => {
    let total = 0;
    for (let pixel = 0; pixel < change.length; ++pixel) {
      const above = Math.abs(change[pixel] as number) - threshold;
      if (above > 0) total += Math.min(above, room[pixel] as number);
    }
    return total;
  };
  if (sum(0) <= radius) return (length) => length;
  let low = 0;
  let high = change.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    if (sum(middle) > radius) low = middle;
    else high = middle;
  }
  return (length) => Math.max(0, length - high);
}

/**
 * The image nearest to `image` in a norm among those of the box whose product with `normal` is larger by `gain`, exact but
 * for rounding: every pixel can only move to where its own weight pulls it, so
 *   - L2: along the normal, clipped to the box,
 *   - L∞: every pixel equally far along the sign of its weight, clipped,
 *   - L1: the pixels with the largest weights, one after another to the end of their range.
 * Where the box holds no such image it is the one that comes closest to it.
 *
 * @param image values in [0, 1]; it is left as it is
 * @param gain of either sign
 */
export function moveToHyperplane(
  image: Float32Array,
  normal: Float32Array,
  gain: number,
  norm: BallNorm,
): Float32Array {
  const moved = image.slice();
  if (!(Math.abs(gain) > 0)) return moved;
  const side = Math.sign(gain);
  const room = new Float64Array(image.length);
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const weight = side * (normal[pixel] as number);
    const value = image[pixel] as number;
    room[pixel] = weight > 0 ? 1 - value : weight < 0 ? value : 0;
  }
  const lengths =
    norm === "l1" ? greediestMoves(normal, room, Math.abs(gain)) : equalMoves(normal, room, Math.abs(gain), norm);
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const direction = Math.sign(side * (normal[pixel] as number));
    moved[pixel] = clip((image[pixel] as number) + direction * (lengths[pixel] as number));
  }
  return moved;
}

/** How far every pixel goes when all go at once: in L2 as fast as their weights are large, in L∞ all alike. */
function equalMoves(normal: Float32Array, room: Float64Array, gain: number, norm: "l2" | "linf"): Float64Array {
  const speed = (pixel: number): number => (norm === "l2" ? Math.abs(normal[pixel] as number) : 1);
  // No time is enough.
  if (gain === Number.POSITIVE_INFINITY) return room.slice();
  let time = 0;
  for (;;) {
    let missing = gain;
    let slope = 0;
    for (let pixel = 0; pixel < room.length; ++pixel) {
      const weight = Math.abs(normal[pixel] as number);
      const limit = room[pixel] as number;
      const length = time * speed(pixel);
      missing -= weight * Math.min(length, limit);
      if (length < limit) slope += weight * speed(pixel);
    }
    // Newton's method: the gain is concave in the time, so that the time rises to the solution from below.
    const next = slope > 0 ? time + missing / slope : time;
    if (!(next > time)) return room.map((limit, pixel) => Math.min(time * speed(pixel), limit));
    time = next;
  }
}

function greediestMoves(normal: Float32Array, room: Float64Array, gain: number): Float64Array {
  const weight = (pixel: number): number => Math.abs(normal[pixel] as number);
  const lengths = new Float64Array(room.length);
  const movable = Array.from(room, (_, pixel) => pixel).filter((pixel) => (room[pixel] as number) > 0);
  movable.sort((one, other) => weight(other) - weight(one) || one - other);
  let missing = gain;
  for (const pixel of movable) {
    const length = Math.min(room[pixel] as number, missing / weight(pixel));
    lengths[pixel] = length;
    missing -= length * weight(pixel);
    if (missing <= 0) break;
  }
  return lengths;
}
