// A transposed 5×5 convolution of stride 2 without padding, as of the paper's decoder, by short algorithms for pairs of
// inputs along both axes.
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

import { allocate } from "../layout";
import { Layer, Plane } from "./layer";
import { line8 } from "./tile";

const KERNEL: i32 = 5;
const STRIDE: i32 = 2;
/** Points along an axis: x0, x0 + x1, x0 − x1, x1. The odd phase leaves out the third. */
const POINTS: i32 = 4;
const SQUARE: i32 = POINTS * POINTS;
const DIFFERENCE: i32 = 2;
const LOWER: i32 = 3;
/** Row and column phase: 2 · row + column. */
const PHASES: i32 = 4;
const V128: usize = 16;

/** No bias: 8 zeros. */
const zeros: usize = memory.data(32, 16);
/** A square between its two transforms. */
const between: usize = memory.data(SQUARE * 16, 16);
/** Sums of inputs, f32 [point][square][input channel]. */
let inputPoints: usize = 0;
/** Products, f32 [phase][point][square][output channel]; forward, one phase at a time in the place of the first. */
let outputPoints: usize = 0;
let inputCapacity: usize = 0;
let outputCapacity: usize = 0;

/** Whether a layer can be run this way: it is of this kind and its output has vectors of channels. */
export function applies(layer: Layer, isLast: bool): bool {
  return (
    !isLast &&
    layer.kernel == KERNEL &&
    layer.stride == STRIDE &&
    layer.padding == 0 &&
    squares(layer) >= 3 &&
    layer.output.height == STRIDE * layer.input.height + KERNEL - STRIDE &&
    layer.output.width == STRIDE * layer.input.width + KERNEL - STRIDE
  );
}

function squareRows(layer: Layer): i32 {
  return (layer.input.height + 1) >> 1;
}

function squareColumns(layer: Layer): i32 {
  return (layer.input.width + 1) >> 1;
}

function squares(layer: Layer): i32 {
  return squareRows(layer) * squareColumns(layer);
}

/** Bytes of one class's products of taps, for each direction: 49 of a pair of channels. */
export function weightBytes(layer: Layer): usize {
  return (<usize>(49 * layer.input.channels * layer.output.channels)) << 2;
}

/** Reserves what runs of this layer need; false when memory runs out. */
export function reserve(layer: Layer): bool {
  const inputBytes = (<usize>(SQUARE * squares(layer) * layer.input.channels)) << 2;
  const outputBytes = (<usize>(PHASES * SQUARE * squares(layer) * layer.output.channels)) << 2;
  if (inputBytes > inputCapacity) {
    inputPoints = allocate(inputBytes);
    inputCapacity = inputBytes;
  }
  if (outputBytes > outputCapacity) {
    outputPoints = allocate(outputBytes);
    outputCapacity = outputBytes;
  }
  return inputPoints != 0 && outputPoints != 0;
}

/** Forgets the buffers; called when a new model takes the memory. */
export function reset(): void {
  inputCapacity = 0;
  outputCapacity = 0;
}

/** Squares at the end whose point is zero, or not asked for: their lower row lies outside the input. */
function zeroSquares(layer: Layer, point: i32): i32 {
  return point >> 2 == LOWER && (layer.input.height & 1) == 1 ? squareColumns(layer) : 0;
}

/** Whether a phase has a point along an axis. */
function hasPoint(phase: i32, point: i32): bool {
  return phase == 0 || point != DIFFERENCE;
}

/** What the taps of one axis are multiplied by for a point: its share of tap `tap` of the phase. */
function tapFactor(phase: i32, point: i32, tap: i32): f64 {
  if (point == 0) return tap == 0 ? 1 : 0;
  if (point == 3) return tap == (phase == 0 ? 2 : 1) ? 1 : 0;
  if (phase == 1) return tap < 2 ? 1 : 0;
  return point == DIFFERENCE && tap == 1 ? -0.5 : 0.5;
}

/** The product of taps for a point of a phase, rounded once; `taps` is f32 [row][column][output channel]. */
function tapProduct(taps: usize, channels: i32, phase: i32, point: i32): f32 {
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  let sum: f64 = 0;
  for (let y = 0; y < 3 - rowPhase; ++y) {
    const rowFactor = tapFactor(rowPhase, point >> 2, y);
    for (let x = 0; x < 3 - columnPhase; ++x) {
      const tap = (STRIDE * y + rowPhase) * KERNEL + STRIDE * x + columnPhase;
      sum += rowFactor * tapFactor(columnPhase, point & 3, x) * <f64>load<f32>(taps + ((<usize>(tap * channels)) << 2));
    }
  }
  return <f32>sum;
}

/**
 * Packs one class's products of taps for both directions, `source` f32 [input channel][row][column][output channel]:
 * forward [phase][point][block of 8 outputs][input][8], gradient [point][block of 8 inputs][phase][output][8], where only
 * points and phases that go together are there.
 */
export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let out = 0; out < layer.outputChannels; ++out) {
      const taps = source + ((<usize>(channel * KERNEL * KERNEL * layer.outputChannels + out)) << 2);
      let forwardAt = ((out >> 3) * inputs + channel) * 8 + (out & 7);
      for (let phase = 0; phase < PHASES; ++phase) {
        for (let point = 0; point < SQUARE; ++point) {
          if (!hasPoint(phase >> 1, point >> 2) || !hasPoint(phase & 1, point & 3)) continue;
          const product = tapProduct(taps, layer.outputChannels, phase, point);
          store<f32>(forward + ((<usize>forwardAt) << 2), product);
          forwardAt += inputs * outputs;
        }
      }
      let pointStart = 0;
      for (let point = 0; point < SQUARE; ++point) {
        const phases = phasesOf(point);
        let place = 0;
        for (let phase = 0; phase < PHASES; ++phase) {
          if (!hasPoint(phase >> 1, point >> 2) || !hasPoint(phase & 1, point & 3)) continue;
          const run = ((channel >> 3) * phases + place) * outputs + out;
          const product = tapProduct(taps, layer.outputChannels, phase, point);
          store<f32>(gradient + ((<usize>(pointStart + run * 8 + (channel & 7))) << 2), product);
          ++place;
        }
        pointStart += phases * inputs * outputs;
      }
    }
  }
}

/** How many phases have a point. */
function phasesOf(point: i32): i32 {
  return (point >> 2 == DIFFERENCE ? 1 : 2) * ((point & 3) == DIFFERENCE ? 1 : 2);
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32): void {
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const count = squares(layer);
  const pixel = (<usize>inputs) << 2;
  const outputPixel = (<usize>outputs) << 2;
  const blockBytes = (<usize>inputs) << 5;
  let weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  spreadInputs(layer);
  fillWithBias(layer, layer.bias + <usize>classIndex * layer.biasClassBytes);
  for (let phase = 0; phase < PHASES; ++phase) {
    for (let point = 0; point < SQUARE; ++point) {
      if (!hasPoint(phase >> 1, point >> 2) || !hasPoint(phase & 1, point & 3)) continue;
      const from = inputPoints + <usize>(point * count) * pixel;
      const to = outputPoints + <usize>(point * count) * outputPixel;
      const needed = count - zeroSquares(layer, point);
      memory.fill(to + <usize>needed * outputPixel, 0, <usize>(count - needed) * outputPixel);
      line8(from, pixel, 0, 1, inputs, weights, blockBytes, zeros, 0, to, outputPixel, needed, outputs >> 3);
      weights += <usize>(outputs >> 3) * blockBytes;
    }
    scatterOutputs(layer, phase);
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32): void {
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const count = squares(layer);
  const pixel = (<usize>inputs) << 2;
  const outputPixel = (<usize>outputs) << 2;
  const phaseBytes = <usize>(SQUARE * count) * outputPixel;
  let weights = layer.gradientWeights + <usize>classIndex * layer.gradientClassBytes;
  for (let phase = 0; phase < PHASES; ++phase) gatherOutputs(layer, phase, outputPoints + <usize>phase * phaseBytes);
  for (let point = 0; point < SQUARE; ++point) {
    // The phases of a point are evenly spaced: all four, the even and the odd one of either axis, or the first.
    const phases = phasesOf(point);
    const phaseStep = (point & 3) == DIFFERENCE ? phaseBytes << 1 : phaseBytes;
    const from = outputPoints + <usize>(point * count) * outputPixel;
    const to = inputPoints + <usize>(point * count) * pixel;
    const needed = count - zeroSquares(layer, point);
    const step = (<usize>(phases * outputs)) << 5;
    const blocks = inputs >> 3;
    line8(from, outputPixel, <isize>phaseStep, phases, outputs, weights, step, zeros, 0, to, pixel, needed, blocks);
    weights += <usize>blocks * step;
  }
  gatherInputs(layer);
}

/** Pixel (row, column) of a plane, from some channel on; zeros outside it. */
function pixelOrZeros(plane: Plane, row: i32, column: i32, channel: usize): v128 {
  if (row >= plane.height || column >= plane.width) return f32x4.splat(0);
  const pixel = (<usize>(column * plane.channels)) << 2;
  return v128.load(plane.address + <usize>row * plane.rowBytes + pixel + channel);
}

/** The points of all squares of inputs. */
function spreadInputs(layer: Layer): void {
  const input = layer.input;
  const pixel = (<usize>input.channels) << 2;
  const step = <usize>squares(layer) * pixel;
  let target = inputPoints;
  for (let row = 0; row < input.height; row += 2) {
    for (let column = 0; column < input.width; column += 2) {
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        const top0 = pixelOrZeros(input, row, column, channel);
        const top1 = pixelOrZeros(input, row, column + 1, channel);
        const low0 = pixelOrZeros(input, row + 1, column, channel);
        const low1 = pixelOrZeros(input, row + 1, column + 1, channel);
        storePair(target + channel, step, top0, top1);
        storePair(target + channel + 4 * step, step, f32x4.add(top0, low0), f32x4.add(top1, low1));
        storePair(target + channel + 8 * step, step, f32x4.sub(top0, low0), f32x4.sub(top1, low1));
        storePair(target + channel + 12 * step, step, low0, low1);
      }
      target += pixel;
    }
  }
}

function storePair(target: usize, step: usize, x0: v128, x1: v128): void {
  v128.store(target, x0);
  v128.store(target + step, f32x4.add(x0, x1));
  v128.store(target + 2 * step, f32x4.sub(x0, x1));
  v128.store(target + 3 * step, x1);
}

/** The transpose of `spreadInputs`, into the derivative with respect to the input. */
function gatherInputs(layer: Layer): void {
  const plane = layer.inputGradient;
  const pixel = (<usize>plane.channels) << 2;
  const step = <usize>squares(layer) * pixel;
  let from = inputPoints;
  for (let row = 0; row < plane.height; row += 2) {
    const rowAddress = plane.address + <usize>row * plane.rowBytes;
    for (let column = 0; column < plane.width; column += 2) {
      const target = rowAddress + <usize>column * pixel;
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        for (let at: usize = 0; at < 4; ++at) {
          const p = from + channel + at * step;
          const sum = v128.load(p + 4 * step);
          const difference = v128.load(p + 8 * step);
          v128.store(between + at * V128, f32x4.add(f32x4.add(v128.load(p), sum), difference));
          v128.store(between + at * V128, f32x4.add(f32x4.sub(sum, difference), v128.load(p + 12 * step)), 64);
        }
        for (let low: usize = 0; low < 2; ++low) {
          if (row + <i32>low >= plane.height) break;
          const p = between + 64 * low;
          const to = target + channel + low * plane.rowBytes;
          const sum = v128.load(p, 16);
          const difference = v128.load(p, 32);
          v128.store(to, f32x4.add(f32x4.add(v128.load(p), sum), difference));
          if (column + 1 < plane.width) {
            v128.store(to + pixel, f32x4.add(f32x4.sub(sum, difference), v128.load(p, 48)));
          }
        }
      }
      from += pixel;
    }
  }
}

function fillWithBias(layer: Layer, bias: usize): void {
  const output = layer.output;
  const pixel = (<usize>output.channels) << 2;
  const rowBytes = <usize>output.width * pixel;
  for (let row = 0; row < output.height; ++row) {
    const address = output.address + <usize>row * output.rowBytes;
    // Rows of one phase are alike.
    if (row >= STRIDE) {
      memory.copy(address, address - (output.rowBytes << 1), rowBytes);
      continue;
    }
    for (let column = 0; column < output.width; ++column) {
      memory.copy(address + <usize>column * pixel, bias + <usize>(STRIDE * row + (column & 1)) * pixel, pixel);
    }
  }
}

/** Adds the products of one phase to the outputs. */
function scatterOutputs(layer: Layer, phase: i32): void {
  const output = layer.output;
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const pixel = (<usize>output.channels) << 2;
  const step = <usize>squares(layer) * pixel;
  const rowStep = output.rowBytes << 1;
  const columnStep = pixel << 1;
  let from = outputPoints;
  for (let row = 0; row < layer.input.height; row += 2) {
    const rows = 4 - rowPhase - (row + 1 < layer.input.height ? 0 : 1);
    const start = output.address + <usize>(STRIDE * row + rowPhase) * output.rowBytes + <usize>columnPhase * pixel;
    for (let column = 0; column < layer.input.width; column += 2) {
      // What hangs over the last row and column comes from inputs that do not exist.
      const isWhole = column + 1 < layer.input.width;
      const target = start + <usize>(STRIDE * column) * pixel;
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        for (let at: usize = 0; at < 4; ++at) {
          if (!hasPoint(columnPhase, <i32>at)) continue;
          if (rowPhase == 0) pointsToFour(from + channel + at * step, 4 * step, between + at * V128);
          else pointsToThree(from + channel + at * step, 4 * step, between + at * V128);
        }
        let to = target + channel;
        for (let line: usize = 0; line < <usize>rows; ++line) {
          if (columnPhase == 0) addFour(between + 64 * line, to, columnStep, isWhole);
          else addThree(between + 64 * line, to, columnStep, isWhole);
          to += rowStep;
        }
      }
      from += pixel;
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

/** The transpose of `scatterOutputs`: the points of one phase of the derivative with respect to the output. */
function gatherOutputs(layer: Layer, phase: i32, points: usize): void {
  const plane = layer.outputGradient;
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const pixel = (<usize>plane.channels) << 2;
  const step = <usize>squares(layer) * pixel;
  const rowStep = plane.rowBytes << 1;
  const columnStep = pixel << 1;
  const none = f32x4.splat(0);
  let to = points;
  for (let row = 0; row < layer.input.height; row += 2) {
    const lines = <usize>(4 - rowPhase);
    const rows = <i32>lines - (row + 1 < layer.input.height ? 0 : 1);
    const start = plane.address + <usize>(STRIDE * row + rowPhase) * plane.rowBytes + <usize>columnPhase * pixel;
    for (let column = 0; column < layer.input.width; column += 2) {
      const isWhole = column + 1 < layer.input.width;
      const source = start + <usize>(STRIDE * column) * pixel;
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        let from = source + channel;
        for (let line: usize = 0; line < lines; ++line) {
          const place = between + 64 * line;
          if (<i32>line >= rows) {
            v128.store(place, none);
            v128.store(place, none, 16);
            v128.store(place, none, 32);
            v128.store(place, none, 48);
          } else if (columnPhase == 0) {
            const d3 = isWhole ? v128.load(from + 3 * columnStep) : none;
            fourToPoints(
              v128.load(from),
              v128.load(from + columnStep),
              v128.load(from + 2 * columnStep),
              d3,
              place,
              16,
            );
          } else {
            const d2 = isWhole ? v128.load(from + 2 * columnStep) : none;
            threeToPoints(v128.load(from), v128.load(from + columnStep), d2, place, 16);
          }
          from += rowStep;
        }
        for (let at: usize = 0; at < 4; ++at) {
          if (!hasPoint(columnPhase, <i32>at)) continue;
          const p = between + at * V128;
          const target = to + channel + at * step;
          if (rowPhase == 0) {
            fourToPoints(v128.load(p), v128.load(p, 64), v128.load(p, 128), v128.load(p, 192), target, 4 * step);
          } else {
            threeToPoints(v128.load(p), v128.load(p, 64), v128.load(p, 128), target, 4 * step);
          }
        }
      }
      to += pixel;
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
