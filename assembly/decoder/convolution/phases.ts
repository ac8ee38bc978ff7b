// A 3×3 convolution with pixel shuffle by 2 by the short algorithms of winograd.ts.
//
// As a transposed convolution (K = 6, s = 2, P = 2; see direct.ts) output o = 2m + phase − 2 collects
// Σ_t x[m − t] w[phase + 2t] with t = 0, 1, 2: four phases, row and column alike, each of them a 3×3 convolution of the same
// input on the grid of m. One transform of the input serves all four. Forward, tiles of 4×4 outputs gather from 6×6
// inputs (F(4, 3) with g_k = w_{2−k}) and are written once; the gradient is the transpose, with the same transformed weights:
// 4×4 derivatives scatter to 6×6 inputs, where tiles add up.

import { eights, floats, manyFloats } from "../../bytes";
import { forwardWeightsOf, gradientWeightsOf, Layer, packedBiasOf } from "../layer";
import { Margins, Plane, pixelBytes, rowOf } from "../planes";
import { line8, NO_BIAS } from "./tile";
import {
  addPointsToWideTile,
  NARROW,
  narrowTileToPoints,
  POINTS,
  pointsToNarrowTile,
  TAPS,
  transformTaps,
  WIDE,
  wideTileToPoints,
} from "./winograd";

const PHASES: i32 = 4;
const STRIDE: i32 = 2;
const KERNEL: i32 = 6;
const PADDING: i32 = 2;
const SQUARE: i32 = POINTS * POINTS;
const V128: usize = 16;
/** Rows and columns that a wide tile reaches beyond its narrow one on the side of the origin. */
const REACH: i32 = WIDE - NARROW;

/** Taps of one phase while they are transformed: 3×3, 6×3 and 6×6 floats. */
const taps: usize = memory.data(256, 16);
/** Whether a layer can be run this way: its output has vectors of channels, and there are tiles to share weights. */
export function applies(layer: Layer): bool {
  const isPixelShuffle = layer.stride == STRIDE && layer.kernel == KERNEL && layer.padding == PADDING;
  return isPixelShuffle && layer.output.channels > 1 && tiles(layer) >= 4;
}

/** Zeros that the forward pass reads around the input. */
export function inputMargins(layer: Layer, margins: Margins): void {
  const height = layer.input.height;
  const width = layer.input.width;
  margins.above = 1;
  margins.left = 1;
  margins.below = NARROW * tileLines(height) + 1 - height;
  margins.right = NARROW * tileLines(width) + 1 - width;
}

/** Zeros that the gradient reads around the derivative with respect to the output, which is twice the input's size. */
export function gradientMargins(layer: Layer, margins: Margins): void {
  const height = layer.input.height;
  const width = layer.input.width;
  margins.below = STRIDE * (NARROW * tileLines(height) - height);
  margins.right = STRIDE * (NARROW * tileLines(width) - width);
}

/** Rows or columns of tiles over an input of some size; there are as many positions of m. */
function tileLines(size: i32): i32 {
  return (size + NARROW - 1) / NARROW;
}

function tiles(layer: Layer): i32 {
  return tileLines(layer.input.height) * tileLines(layer.input.width);
}

/** Bytes of one class's transformed weights, in each direction. */
export function weightBytes(layer: Layer): u64 {
  return manyFloats(<u64>(SQUARE * PHASES) * layer.input.channels * layer.output.channels);
}

// The workspace: the transformed tiles of one side and of the other, f32 [36][tiles][channels] each, then where wide tiles
// add up, with room for those that hang over the edge.

export function workspaceBytes(layer: Layer): u64 {
  const rows = NARROW * tileLines(layer.input.height) + REACH;
  return 2 * <u64>pointBytes(layer) + <u64>rows * sumsRowBytes(layer);
}

function pointBytes(layer: Layer): usize {
  return floats(SQUARE * tiles(layer) * max(layer.input.channels, PHASES * layer.output.channels));
}

function sumsRowBytes(layer: Layer): usize {
  return floats((NARROW * tileLines(layer.input.width) + REACH) * layer.input.channels);
}

/** Transforms one class's weights, `source` f32 [input channel][row][column][output channel], for both directions. */
export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  const kernel = layer.kernel;
  const inputs = layer.input.channels;
  const outputs = PHASES * layer.output.channels;
  // Taps [3][3] of one phase, then [6][3] after the first axis, [6][6] after the second.
  const half = taps + 9 * 4;
  const whole = half + 18 * 4;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let phase = 0; phase < PHASES; ++phase) {
      for (let out = 0; out < layer.outputChannels; ++out) {
        for (let y = 0; y < TAPS; ++y) {
          for (let x = 0; x < TAPS; ++x) {
            const row = (phase >> 1) + STRIDE * y;
            const column = (phase & 1) + STRIDE * x;
            const at = ((channel * kernel + row) * kernel + column) * layer.outputChannels + out;
            const place = (2 - y) * TAPS + 2 - x;
            store<f32>(taps + floats(place), load<f32>(source + floats(at)));
          }
        }
        for (let x: usize = 0; x < 3; ++x) transformTaps(taps + 4 * x, 12, half + 4 * x, 12);
        for (let y: usize = 0; y < 6; ++y) transformTaps(half + 12 * y, 4, whole + 24 * y, 4);
        const output = phase * layer.output.channels + out;
        for (let point = 0; point < SQUARE; ++point) {
          const value = load<f32>(whole + floats(point));
          const forwardAt = ((point * (outputs >> 3) + (output >> 3)) * inputs + channel) * 8 + (output & 7);
          store<f32>(forward + floats(forwardAt), value);
          const gradientAt = ((point * (inputs >> 3) + (channel >> 3)) * outputs + output) * 8 + (channel & 7);
          store<f32>(gradient + floats(gradientAt), value);
        }
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32, workspace: usize): void {
  const from = workspace;
  const to = workspace + pointBytes(layer);
  const bias = packedBiasOf(layer, classIndex);
  spreadInputs(layer, from);
  multiply(layer, layer.input.channels, PHASES * layer.output.channels, from, forwardWeightsOf(layer, classIndex), to);
  for (let phase = 0; phase < PHASES; ++phase) storeOutputs(layer, phase, to, bias);
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32, workspace: usize): void {
  const from = workspace;
  const to = workspace + pointBytes(layer);
  const sums = to + pointBytes(layer);
  for (let phase = 0; phase < PHASES; ++phase) spreadGradients(layer, phase, from);
  multiply(layer, PHASES * layer.output.channels, layer.input.channels, from, gradientWeightsOf(layer, classIndex), to);
  sumInputGradients(layer, to, sums);
}

/** For every point the product of all tiles' channels with that point's weights: `from` by `weights` to `to`. */
function multiply(layer: Layer, inputs: i32, outputs: i32, from: usize, weights: usize, to: usize): void {
  const count = tiles(layer);
  const blocks = outputs >> 3;
  const blockBytes = eights(inputs);
  const pixel = floats(inputs);
  const outputPixel = floats(outputs);
  for (let point = 0; point < SQUARE; ++point) {
    line8(from, pixel, 0, 1, inputs, weights, blockBytes, NO_BIAS, 0, to, outputPixel, count, blocks);
    weights += <usize>blocks * blockBytes;
    from += <usize>count * pixel;
    to += <usize>count * outputPixel;
  }
}

/** Wide tiles of the input, from one row and column above and left of it, to points. */
function spreadInputs(layer: Layer, points: usize): void {
  const input = layer.input;
  const pixel = pixelBytes(input);
  const step = <usize>tiles(layer) * pixel;
  for (let row = 0; row < input.height; row += NARROW) {
    let tile = rowOf(input, row - 1) - pixel;
    for (let column = 0; column < input.width; column += NARROW) {
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        wideTileToPoints(tile + channel, input.rowBytes, pixel, points + channel, step);
      }
      points += pixel;
      tile += <usize>NARROW * pixel;
    }
  }
}

/** Address of the first output of a phase: m = 1. */
function phaseAddress(plane: Plane, phase: i32): usize {
  return rowOf(plane, phase >> 1) + floats((phase & 1) * plane.channels);
}

/** Points, f32 [36][tiles][phases][channels], to the outputs of one phase. */
function storeOutputs(layer: Layer, phase: i32, points: usize, bias: usize): void {
  const input = layer.input;
  const output = layer.output;
  const pixel = pixelBytes(output);
  const all = <usize>PHASES * pixel;
  const step = <usize>tiles(layer) * all;
  const offset = <usize>phase * pixel;
  const rowStep = output.rowBytes << 1;
  const columnStep = pixel << 1;
  points += offset;
  for (let row = 0; row < input.height; row += NARROW) {
    const rows = min(NARROW, input.height - row);
    let tile = phaseAddress(output, phase) + <usize>row * rowStep;
    for (let column = 0; column < input.width; column += NARROW) {
      const columns = min(NARROW, input.width - column);
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        const added = v128.load(bias + offset + channel);
        pointsToNarrowTile(points + channel, step, added, tile + channel, rowStep, columnStep, rows, columns);
      }
      points += all;
      tile += <usize>NARROW * columnStep;
    }
  }
}

/** Narrow tiles of one phase of the derivative with respect to the output, to points [36][tiles][phases][channels]. */
function spreadGradients(layer: Layer, phase: i32, points: usize): void {
  const input = layer.input;
  const plane = layer.outputGradient;
  const pixel = pixelBytes(plane);
  const all = <usize>PHASES * pixel;
  const step = <usize>tiles(layer) * all;
  const rowStep = plane.rowBytes << 1;
  const columnStep = pixel << 1;
  points += <usize>phase * pixel;
  for (let row = 0; row < input.height; row += NARROW) {
    let tile = phaseAddress(plane, phase) + <usize>row * rowStep;
    for (let column = 0; column < input.width; column += NARROW) {
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        narrowTileToPoints(tile + channel, rowStep, columnStep, points + channel, step);
      }
      points += all;
      tile += <usize>NARROW * columnStep;
    }
  }
}

/** Points to wide tiles, whose sum is the derivative with respect to the input. */
function sumInputGradients(layer: Layer, points: usize, sums: usize): void {
  const plane = layer.inputGradient;
  const pixel = pixelBytes(plane);
  const step = <usize>tiles(layer) * pixel;
  const rowStep = sumsRowBytes(layer);
  const rows = NARROW * tileLines(plane.height) + REACH;
  memory.fill(sums, 0, <usize>rows * rowStep);
  for (let row = 0; row < plane.height; row += NARROW) {
    let tile = sums + <usize>row * rowStep;
    for (let column = 0; column < plane.width; column += NARROW) {
      for (let channel: usize = 0; channel < pixel; channel += V128) {
        addPointsToWideTile(points + channel, step, tile + channel, rowStep, pixel);
      }
      points += pixel;
      tile += <usize>NARROW * pixel;
    }
  }
  // The first row and column lie outside.
  for (let row = 0; row < plane.height; ++row) {
    const from = sums + <usize>(row + 1) * rowStep + pixel;
    memory.copy(rowOf(plane, row), from, <usize>plane.width * pixel);
  }
}
