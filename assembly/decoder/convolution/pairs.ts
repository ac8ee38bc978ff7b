// A transposed 5×5 convolution of stride 2 without padding, as of the paper's decoder, by the short algorithms of pairs-transforms.ts.
//
// Along both axes they make 49 products for a square of 2×2 inputs, not 100, and all four phases share the sums of inputs.
// For every point of the square the products are a matrix of channels, over all squares of the plane. The gradient is the
// transpose throughout, with the same products of weights.

import { eights, floats, manyFloats } from "../../bytes";
import { forwardWeightsOf, gradientWeightsOf, Layer, packedBiasOf } from "../layer";
import { Margins, Plane, pixelBytes, rowOf } from "../planes";
import {
  addPointsToOutputs,
  belongs,
  isLower,
  outputsToPoints,
  phaseDistance,
  phasesOf,
  pointsToSquare,
  SQUARE,
  squareToPoints,
  tapProduct,
} from "./pairs-transforms";
import { line8, NO_BIAS } from "./tile";

const KERNEL: i32 = 5;
const STRIDE: i32 = 2;
/** Row and column phase: 2 · row + column. */
const PHASES: i32 = 4;
const V128: usize = 16;

/** Whether a layer can be run this way: it is of this kind and its output has vectors of channels. */
export function applies(layer: Layer): bool {
  return (
    layer.output.channels > 1 &&
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

/** None: squares that hang over the edge take zeros where pixels are missing. */
export function inputMargins(_layer: Layer, _margins: Margins): void {}

/** None likewise. */
export function gradientMargins(_layer: Layer, _margins: Margins): void {}

/** Bytes of one class's products of taps, in each direction: 49 for every pair of channels. */
export function weightBytes(layer: Layer): u64 {
  return manyFloats(<u64>(49 * layer.input.channels) * layer.output.channels);
}

// The workspace: sums of inputs, f32 [point][square][input channel], then products, f32 [phase][point][square][output
// channel]; forward, one phase at a time in the place of the first.

export function workspaceBytes(layer: Layer): u64 {
  const products = manyFloats(<u64>(PHASES * SQUARE) * squares(layer) * layer.output.channels);
  return <u64>inputPointBytes(layer) + products;
}

function inputPointBytes(layer: Layer): usize {
  return floats(SQUARE * squares(layer) * layer.input.channels);
}

/** Squares at the end whose point is zero, or not asked for: their lower row lies outside the input. */
function zeroSquares(layer: Layer, point: i32): i32 {
  return isLower(point) && (layer.input.height & 1) == 1 ? squareColumns(layer) : 0;
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
      const taps = source + floats(channel * KERNEL * KERNEL * layer.outputChannels + out);
      let forwardAt = ((out >> 3) * inputs + channel) * 8 + (out & 7);
      for (let phase = 0; phase < PHASES; ++phase) {
        for (let point = 0; point < SQUARE; ++point) {
          if (!belongs(phase, point)) continue;
          const product = tapProduct(taps, layer.outputChannels, phase, point);
          store<f32>(forward + floats(forwardAt), product);
          forwardAt += inputs * outputs;
        }
      }
      let pointStart = 0;
      for (let point = 0; point < SQUARE; ++point) {
        const phases = phasesOf(point);
        let place = 0;
        for (let phase = 0; phase < PHASES; ++phase) {
          if (!belongs(phase, point)) continue;
          const run = ((channel >> 3) * phases + place) * outputs + out;
          const product = tapProduct(taps, layer.outputChannels, phase, point);
          store<f32>(gradient + floats(pointStart + run * 8 + (channel & 7)), product);
          ++place;
        }
        pointStart += phases * inputs * outputs;
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32, workspace: usize): void {
  const inputPoints = workspace;
  const outputPoints = workspace + inputPointBytes(layer);
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const count = squares(layer);
  const pixel = floats(inputs);
  const outputPixel = floats(outputs);
  const blockBytes = eights(inputs);
  let weights = forwardWeightsOf(layer, classIndex);
  spreadInputs(layer, inputPoints);
  fillWithBias(layer, packedBiasOf(layer, classIndex));
  for (let phase = 0; phase < PHASES; ++phase) {
    for (let point = 0; point < SQUARE; ++point) {
      if (!belongs(phase, point)) continue;
      const from = inputPoints + <usize>(point * count) * pixel;
      const to = outputPoints + <usize>(point * count) * outputPixel;
      const needed = count - zeroSquares(layer, point);
      memory.fill(to + <usize>needed * outputPixel, 0, <usize>(count - needed) * outputPixel);
      line8(from, pixel, 0, 1, inputs, weights, blockBytes, NO_BIAS, 0, to, outputPixel, needed, outputs >> 3);
      weights += <usize>(outputs >> 3) * blockBytes;
    }
    scatterOutputs(layer, phase, outputPoints);
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32, workspace: usize): void {
  const inputPoints = workspace;
  const outputPoints = workspace + inputPointBytes(layer);
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const count = squares(layer);
  const pixel = floats(inputs);
  const outputPixel = floats(outputs);
  const phaseBytes = <usize>(SQUARE * count) * outputPixel;
  let weights = gradientWeightsOf(layer, classIndex);
  for (let phase = 0; phase < PHASES; ++phase) gatherOutputs(layer, phase, outputPoints + <usize>phase * phaseBytes);
  for (let point = 0; point < SQUARE; ++point) {
    // The phases of a point are evenly spaced: all four, the even and the odd one of either axis, or the first.
    const phases = phasesOf(point);
    const phaseStep = <usize>phaseDistance(point) * phaseBytes;
    const from = outputPoints + <usize>(point * count) * outputPixel;
    const to = inputPoints + <usize>(point * count) * pixel;
    const needed = count - zeroSquares(layer, point);
    const step = eights(phases * outputs);
    const blocks = inputs >> 3;
    line8(from, outputPixel, <isize>phaseStep, phases, outputs, weights, step, NO_BIAS, 0, to, pixel, needed, blocks);
    weights += <usize>blocks * step;
  }
  gatherInputs(layer, inputPoints);
}

/** Pixel (row, column) of a plane, from some channel on; zeros outside it. */
function pixelOrZeros(plane: Plane, row: i32, column: i32, channel: usize): v128 {
  if (row >= plane.height || column >= plane.width) return f32x4.splat(0);
  const pixel = floats(column * plane.channels);
  return v128.load(rowOf(plane, row) + pixel + channel);
}

/** The points of all squares of inputs, to `target`. */
function spreadInputs(layer: Layer, target: usize): void {
  const input = layer.input;
  const pixel = pixelBytes(input);
  const step = <usize>squares(layer) * pixel;
  for (let row = 0; row < input.height; row += 2) {
    for (let column = 0; column < input.width; column += 2) {
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        const top0 = pixelOrZeros(input, row, column, channel);
        const top1 = pixelOrZeros(input, row, column + 1, channel);
        const low0 = pixelOrZeros(input, row + 1, column, channel);
        const low1 = pixelOrZeros(input, row + 1, column + 1, channel);
        squareToPoints(top0, top1, low0, low1, target + channel, step);
      }
      target += pixel;
    }
  }
}

/** The transpose of `spreadInputs`, from the points at `from` into the derivative with respect to the input. */
function gatherInputs(layer: Layer, from: usize): void {
  const plane = layer.inputGradient;
  const pixel = pixelBytes(plane);
  const step = <usize>squares(layer) * pixel;
  for (let row = 0; row < plane.height; row += 2) {
    const rows = min(2, plane.height - row);
    let target = rowOf(plane, row);
    for (let column = 0; column < plane.width; column += 2) {
      const columns = min(2, plane.width - column);
      pointsToSquare(from, step, target, plane.rowBytes, pixel, rows, columns, pixel);
      from += pixel;
      target += pixel << 1;
    }
  }
}

function fillWithBias(layer: Layer, bias: usize): void {
  const output = layer.output;
  const pixel = pixelBytes(output);
  const rowBytes = <usize>output.width * pixel;
  for (let row = 0; row < output.height; ++row) {
    const address = rowOf(output, row);
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

/** Adds the products of one phase, f32 [point][square][output channel] from `from` on, to the outputs. */
function scatterOutputs(layer: Layer, phase: i32, from: usize): void {
  const output = layer.output;
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const pixel = pixelBytes(output);
  const step = <usize>squares(layer) * pixel;
  const rowStep = output.rowBytes << 1;
  const columnStep = pixel << 1;
  for (let row = 0; row < layer.input.height; row += 2) {
    const rows = 4 - rowPhase - (row + 1 < layer.input.height ? 0 : 1);
    const start = rowOf(output, STRIDE * row + rowPhase) + <usize>columnPhase * pixel;
    for (let column = 0; column < layer.input.width; column += 2) {
      // What hangs over the last row and column comes from inputs that do not exist.
      const isWhole = column + 1 < layer.input.width;
      const target = start + <usize>(STRIDE * column) * pixel;
      addPointsToOutputs(phase, from, step, target, rowStep, columnStep, rows, isWhole, pixel);
      from += pixel;
    }
  }
}

/** The transpose of `scatterOutputs`: the points of one phase of the derivative with respect to the output, to `to`. */
function gatherOutputs(layer: Layer, phase: i32, to: usize): void {
  const plane = layer.outputGradient;
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const pixel = pixelBytes(plane);
  const step = <usize>squares(layer) * pixel;
  const rowStep = plane.rowBytes << 1;
  const columnStep = pixel << 1;
  for (let row = 0; row < layer.input.height; row += 2) {
    const rows = 4 - rowPhase - (row + 1 < layer.input.height ? 0 : 1);
    const start = rowOf(plane, STRIDE * row + rowPhase) + <usize>columnPhase * pixel;
    for (let column = 0; column < layer.input.width; column += 2) {
      const isWhole = column + 1 < layer.input.width;
      const source = start + <usize>(STRIDE * column) * pixel;
      outputsToPoints(phase, source, rowStep, columnStep, rows, isWhole, to, step, pixel);
      to += pixel;
    }
  }
}
