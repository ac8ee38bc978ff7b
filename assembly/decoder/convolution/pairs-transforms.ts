// Short algorithms for a transposed 5×5 convolution of stride 2, by pairs of inputs along both axes.
//
// Output o = 2m + phase collects Σ_k x[m − k] w[2k + phase]: a product of polynomials, of 3 taps in the even phase and 2 in
// the odd one. Two neighbouring inputs x0, x1 scatter to 4 or 3 outputs s_m of a phase, and neighbouring pairs add up:
//
//   even, taps g0 g1 g2 (Toom and Cook, points 0, 1, −1, ∞: 4 products instead of 6)
//     q0 = x0 g0    q1 = (x0 + x1)(g0 + g1 + g2)/2    q2 = (x0 − x1)(g0 − g1 + g2)/2    q3 = x1 g2
//     s0 = q0       s1 = q1 − q2 − q3                 s2 = q1 + q2 − q0                 s3 = q3
//   odd, taps h0 h1 (Karatsuba: 3 products instead of 4)
//     q0 = x0 h0    q1 = (x0 + x1)(h0 + h1)           q3 = x1 h1
//     s0 = q0       s1 = q1 − q0 − q3                 s2 = q3
//
// Along both axes that is 49 products for a square of 2×2 inputs, not 100, and all four phases share the sums of inputs.
// Only sums and differences are formed, so that rounding errors stay close to the direct algorithm's; longer tiles save
// more products but lose a digit (see winograd.ts). For every point of the square the products are a matrix of channels,
// over all squares of the plane. The gradient is the transpose throughout, with the same products of weights.

import { floats } from "../../bytes";

// This file holds the products of taps and the transforms of squares, of all channels of one. Steps and channels are in bytes.

const KERNEL: i32 = 5;
const STRIDE: i32 = 2;
/** Points along an axis: x0, x0 + x1, x0 − x1, x1. The odd phase leaves out the third. */
const POINTS: i32 = 4;
/** Points of a square: 4 · row + column. */
export const SQUARE: i32 = POINTS * POINTS;
const DIFFERENCE: i32 = 2;
const LOWER: i32 = 3;
const V128: usize = 16;

/** A square between its two transforms. */
const between: usize = memory.data(SQUARE * 16, 16);

/** Whether a phase has a point along an axis. */
function hasPoint(phase: i32, point: i32): bool {
  return phase == 0 || point != DIFFERENCE;
}

/** Whether a phase, 2 · row + column, has a point. */
export function belongs(phase: i32, point: i32): bool {
  return hasPoint(phase >> 1, point >> 2) && hasPoint(phase & 1, point & 3);
}

/** How many phases have a point. */
export function phasesOf(point: i32): i32 {
  return (point >> 2 == DIFFERENCE ? 1 : 2) * ((point & 3) == DIFFERENCE ? 1 : 2);
}

/** Whether a point is of the lower row of inputs alone. */
export function isLower(point: i32): bool {
  return point >> 2 == LOWER;
}

/** How many columns further the phases of a point are apart: 1, or 2 where it is of even columns alone. */
export function phaseDistance(point: i32): i32 {
  return (point & 3) == DIFFERENCE ? 2 : 1;
}

/** What the taps of one axis are multiplied by for a point: its share of tap `tap` of the phase. */
function tapFactor(phase: i32, point: i32, tap: i32): f64 {
  if (point == 0) return tap == 0 ? 1 : 0;
  if (point == 3) return tap == (phase == 0 ? 2 : 1) ? 1 : 0;
  if (phase == 1) return tap < 2 ? 1 : 0;
  return point == DIFFERENCE && tap == 1 ? -0.5 : 0.5;
}

/** The product of taps for a point of a phase, rounded once; `taps` is f32 [row][column][output channel]. */
export function tapProduct(taps: usize, channels: i32, phase: i32, point: i32): f32 {
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  let sum: f64 = 0;
  for (let y = 0; y < 3 - rowPhase; ++y) {
    const rowFactor = tapFactor(rowPhase, point >> 2, y);
    for (let x = 0; x < 3 - columnPhase; ++x) {
      const tap = (STRIDE * y + rowPhase) * KERNEL + STRIDE * x + columnPhase;
      sum += rowFactor * tapFactor(columnPhase, point & 3, x) * <f64>load<f32>(taps + floats(tap * channels));
    }
  }
  return <f32>sum;
}

/** The points of a square of inputs. */
export function squareToPoints(top0: v128, top1: v128, low0: v128, low1: v128, points: usize, step: usize): void {
  storePair(points, step, top0, top1);
  storePair(points + 4 * step, step, f32x4.add(top0, low0), f32x4.add(top1, low1));
  storePair(points + 8 * step, step, f32x4.sub(top0, low0), f32x4.sub(top1, low1));
  storePair(points + 12 * step, step, low0, low1);
}

function storePair(target: usize, step: usize, x0: v128, x1: v128): void {
  v128.store(target, x0);
  v128.store(target + step, f32x4.add(x0, x1));
  v128.store(target + 2 * step, f32x4.sub(x0, x1));
  v128.store(target + 3 * step, x1);
}

/** The transpose of `squareToPoints`, to the upper left `rows` × `columns` of a square. */
export function pointsToSquare(
  points: usize,
  step: usize,
  target: usize,
  rowStep: usize,
  columnStep: usize,
  rows: i32,
  columns: i32,
  channels: usize,
): void {
  for (let channel: usize = 0; channel < channels; channel += V128) {
    const from = points + channel;
    let to = target + channel;
    for (let at: usize = 0; at < 4; ++at) {
      const p = from + at * step;
      const sum = v128.load(p + 4 * step);
      const difference = v128.load(p + 8 * step);
      v128.store(between + at * V128, f32x4.add(f32x4.add(v128.load(p), sum), difference));
      v128.store(between + at * V128, f32x4.add(f32x4.sub(sum, difference), v128.load(p + 12 * step)), 64);
    }
    for (let row = 0; row < rows; ++row) {
      const p = between + ((<usize>row) << 6);
      const sum = v128.load(p, 16);
      const difference = v128.load(p, 32);
      v128.store(to, f32x4.add(f32x4.add(v128.load(p), sum), difference));
      if (columns > 1) v128.store(to + columnStep, f32x4.add(f32x4.sub(sum, difference), v128.load(p, 48)));
      to += rowStep;
    }
  }
}

/** Adds a square's products of one phase to its first `rows` rows of outputs, in them to the last where it exists. */
export function addPointsToOutputs(
  phase: i32,
  points: usize,
  step: usize,
  target: usize,
  rowStep: usize,
  columnStep: usize,
  rows: i32,
  isWhole: bool,
  channels: usize,
): void {
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  for (let channel: usize = 0; channel < channels; channel += V128) {
    const from = points + channel;
    let to = target + channel;
    for (let at: usize = 0; at < 4; ++at) {
      if (!hasPoint(columnPhase, <i32>at)) continue;
      if (rowPhase == 0) pointsToFour(from + at * step, 4 * step, between + at * V128);
      else pointsToThree(from + at * step, 4 * step, between + at * V128);
    }
    for (let row = 0; row < rows; ++row) {
      const sums = between + ((<usize>row) << 6);
      if (columnPhase == 0) addFour(sums, to, columnStep, isWhole);
      else addThree(sums, to, columnStep, isWhole);
      to += rowStep;
    }
  }
}

/** s0 … s3 of one axis, 64 bytes apart. */
function pointsToFour(from: usize, step: usize, to: usize): void {
  const q0 = v128.load(from);
  const q1 = v128.load(from + step);
  const q2 = v128.load(from + 2 * step);
  const q3 = v128.load(from + 3 * step);
  v128.store(to, q0);
  v128.store(to, f32x4.sub(f32x4.sub(q1, q2), q3), 64);
  v128.store(to, f32x4.sub(f32x4.add(q1, q2), q0), 128);
  v128.store(to, q3, 192);
}

function pointsToThree(from: usize, step: usize, to: usize): void {
  const q0 = v128.load(from);
  const q3 = v128.load(from + 3 * step);
  v128.store(to, q0);
  v128.store(to, f32x4.sub(f32x4.sub(v128.load(from + step), q0), q3), 64);
  v128.store(to, q3, 128);
}

function addTo(target: usize, value: v128): void {
  v128.store(target, f32x4.add(v128.load(target), value));
}

/** Adds s0 … s3 of the other axis to outputs, the last where it exists. */
function addFour(from: usize, target: usize, step: usize, isWhole: bool): void {
  const q0 = v128.load(from);
  const q1 = v128.load(from, 16);
  const q2 = v128.load(from, 32);
  const q3 = v128.load(from, 48);
  addTo(target, q0);
  addTo(target + step, f32x4.sub(f32x4.sub(q1, q2), q3));
  addTo(target + 2 * step, f32x4.sub(f32x4.add(q1, q2), q0));
  if (isWhole) addTo(target + 3 * step, q3);
}

function addThree(from: usize, target: usize, step: usize, isWhole: bool): void {
  const q0 = v128.load(from);
  const q3 = v128.load(from, 48);
  addTo(target, q0);
  addTo(target + step, f32x4.sub(f32x4.sub(v128.load(from, 16), q0), q3));
  if (isWhole) addTo(target + 2 * step, q3);
}

/**
 * The transpose of `addPointsToOutputs`: the points of one phase of a square of derivatives, of which `rows` rows exist, and
 * in them all but the last column, which does where the square is whole.
 */
export function outputsToPoints(
  phase: i32,
  source: usize,
  rowStep: usize,
  columnStep: usize,
  rows: i32,
  isWhole: bool,
  points: usize,
  step: usize,
  channels: usize,
): void {
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const none = f32x4.splat(0);
  for (let channel: usize = 0; channel < channels; channel += V128) {
    let from = source + channel;
    const to = points + channel;
    for (let row = 0; row < 4 - rowPhase; ++row) {
      const place = between + ((<usize>row) << 6);
      if (row >= rows) {
        v128.store(place, none);
        v128.store(place, none, 16);
        v128.store(place, none, 32);
        v128.store(place, none, 48);
        continue;
      }
      const d0 = v128.load(from);
      const d1 = v128.load(from + columnStep);
      if (columnPhase == 0) {
        const d3 = isWhole ? v128.load(from + 3 * columnStep) : none;
        fourToPoints(d0, d1, v128.load(from + 2 * columnStep), d3, place, 16);
      } else {
        threeToPoints(d0, d1, isWhole ? v128.load(from + 2 * columnStep) : none, place, 16);
      }
      from += rowStep;
    }
    for (let at: usize = 0; at < 4; ++at) {
      if (!hasPoint(columnPhase, <i32>at)) continue;
      const p = between + at * V128;
      const place = to + at * step;
      if (rowPhase == 0) {
        fourToPoints(v128.load(p), v128.load(p, 64), v128.load(p, 128), v128.load(p, 192), place, 4 * step);
      } else {
        threeToPoints(v128.load(p), v128.load(p, 64), v128.load(p, 128), place, 4 * step);
      }
    }
  }
}

function fourToPoints(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, step: usize): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + step, f32x4.add(d1, d2));
  v128.store(to + 2 * step, f32x4.sub(d2, d1));
  v128.store(to + 3 * step, f32x4.sub(d3, d1));
}

function threeToPoints(d0: v128, d1: v128, d2: v128, to: usize, step: usize): void {
  v128.store(to, f32x4.sub(d0, d1));
  v128.store(to + step, d1);
  v128.store(to + 3 * step, f32x4.sub(d2, d1));
}
