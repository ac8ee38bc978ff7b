// A transposed 5×5 convolution of stride 2 without padding, as of the paper's decoder, by the short algorithms of pairs.ts.
//
// Along both axes they make 49 products for a square of 2×2 inputs, not 100, and all four phases share the sums of inputs.
// For every point of the square the products are a matrix of channels, over all squares of the plane. The gradient is the
// transpose throughout, with the same products of weights.

import { eights, floats } from "../bytes";
import { allocate } from "../layout";
import { Layer, Plane } from "./layer";
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
} from "./pairs";
import { line8 } from "./tile";

const KERNEL: i32 = 5;
const STRIDE: i32 = 2;
/** Row and column phase: 2 · row + column. */
const PHASES: i32 = 4;
const V128: usize = 16;

/** No bias: 8 zeros. */
const zeros: usize = memory.data(32, 16);
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
  return floats(49 * layer.input.channels * layer.output.channels);
}

/** Reserves what runs of this layer need; false when memory runs out. */
export function reserve(layer: Layer): bool {
  const inputBytes = floats(SQUARE * squares(layer) * layer.input.channels);
  const outputBytes = floats(PHASES * SQUARE * squares(layer) * layer.output.channels);
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
export function forward(layer: Layer, classIndex: i32): void {
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const count = squares(layer);
  const pixel = floats(inputs);
  const outputPixel = floats(outputs);
  const blockBytes = eights(inputs);
  let weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  spreadInputs(layer);
  fillWithBias(layer, layer.bias + <usize>classIndex * layer.biasClassBytes);
  for (let phase = 0; phase < PHASES; ++phase) {
    for (let point = 0; point < SQUARE; ++point) {
      if (!belongs(phase, point)) continue;
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
  const pixel = floats(inputs);
  const outputPixel = floats(outputs);
  const phaseBytes = <usize>(SQUARE * count) * outputPixel;
  let weights = layer.gradientWeights + <usize>classIndex * layer.gradientClassBytes;
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
    line8(from, outputPixel, <isize>phaseStep, phases, outputs, weights, step, zeros, 0, to, pixel, needed, blocks);
    weights += <usize>blocks * step;
  }
  gatherInputs(layer);
}

/** Pixel (row, column) of a plane, from some channel on; zeros outside it. */
function pixelOrZeros(plane: Plane, row: i32, column: i32, channel: usize): v128 {
  if (row >= plane.height || column >= plane.width) return f32x4.splat(0);
  const pixel = floats(column * plane.channels);
  return v128.load(plane.address + <usize>row * plane.rowBytes + pixel + channel);
}

/** The points of all squares of inputs. */
function spreadInputs(layer: Layer): void {
  const input = layer.input;
  const pixel = floats(input.channels);
  const step = <usize>squares(layer) * pixel;
  let target = inputPoints;
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

/** The transpose of `spreadInputs`, into the derivative with respect to the input. */
function gatherInputs(layer: Layer): void {
  const plane = layer.inputGradient;
  const pixel = floats(plane.channels);
  const step = <usize>squares(layer) * pixel;
  let from = inputPoints;
  for (let row = 0; row < plane.height; row += 2) {
    const rows = min(2, plane.height - row);
    let target = plane.address + <usize>row * plane.rowBytes;
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
  const pixel = floats(output.channels);
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
  const pixel = floats(output.channels);
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
      addPointsToOutputs(phase, from, step, target, rowStep, columnStep, rows, isWhole, pixel);
      from += pixel;
    }
  }
}

/** The transpose of `scatterOutputs`: the points of one phase of the derivative with respect to the output. */
function gatherOutputs(layer: Layer, phase: i32, points: usize): void {
  const plane = layer.outputGradient;
  const rowPhase = phase >> 1;
  const columnPhase = phase & 1;
  const pixel = floats(plane.channels);
  const step = <usize>squares(layer) * pixel;
  const rowStep = plane.rowBytes << 1;
  const columnStep = pixel << 1;
  let to = points;
  for (let row = 0; row < layer.input.height; row += 2) {
    const rows = 4 - rowPhase - (row + 1 < layer.input.height ? 0 : 1);
    const start = plane.address + <usize>(STRIDE * row + rowPhase) * plane.rowBytes + <usize>columnPhase * pixel;
    for (let column = 0; column < layer.input.width; column += 2) {
      const isWhole = column + 1 < layer.input.width;
      const source = start + <usize>(STRIDE * column) * pixel;
      outputsToPoints(phase, source, rowStep, columnStep, rows, isWhole, to, step, pixel);
      to += pixel;
    }
  }
}
