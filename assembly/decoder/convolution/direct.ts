// Transposed convolution with kernel K, stride s and padding P, channels in lanes, in gather form.
//
// Forward. Output position o (row or column alike) collects input i through tap k where o + P = s·i + k. With
// o + P = s·m + phase, the taps are k = phase + s·t for t = 0 … T−1, T = ⌈(K − phase)/s⌉, and i = m − t. So each
// of the s×s phases is an ordinary dense convolution of the input: no zeros are stuffed in, nothing is scattered.
// In a row the inputs m−T+1 … m and their channels are consecutive floats: one run for the tile kernels.
//
// Gradient. Input i receives from outputs o = s·i + k − P, k = 0 … K−1: again consecutive columns, one run of
// K × output channels floats, with a step of s pixels from one input to the next.
//
// A 3×3 convolution (padding 1) with pixel shuffle by 2 is the transposed convolution with K = 6, s = 2, P = 2, whose
// phases are the four shuffled channel groups; src/weights/rearrange.ts rewrites it so.

import { eights, floats, manyFloats } from "../../bytes";
import { forwardWeightsOf, gradientWeightsOf, Layer, packedBiasOf } from "../layer";
import { Margins, pixelBytes, rowOf } from "../planes";
import { line8, NO_BIAS, tile1x1, tile7x1 } from "./tile";

/** Taps that reach outputs of this phase. */
function taps(layer: Layer, phase: i32): i32 {
  return phase < layer.kernel ? (layer.kernel - phase + layer.stride - 1) / layer.stride : 0;
}

/** Taps of all phases before this one. */
function tapsBefore(layer: Layer, phase: i32): i32 {
  let sum = 0;
  for (let earlier = 0; earlier < phase; ++earlier) sum += taps(layer, earlier);
  return sum;
}

/** The smallest m whose output s·m + phase − P is not negative. */
function firstPosition(layer: Layer, phase: i32): i32 {
  const missing = layer.padding - phase;
  return missing > 0 ? (missing + layer.stride - 1) / layer.stride : 0;
}

/** How many outputs of this phase there are in a line of `size` outputs. */
function positions(layer: Layer, phase: i32, size: i32): i32 {
  const first = firstPosition(layer, phase);
  const reach = size - 1 + layer.padding - phase;
  return reach < first * layer.stride ? 0 : reach / layer.stride - first + 1;
}

/** Any convolution can be run this way. */
export function applies(_layer: Layer): bool {
  return true;
}

/** Columns of zeros on both sides of the input; rows that would lie outside are left out. */
export function inputMargins(layer: Layer, margins: Margins): void {
  for (let phase = 0; phase < layer.stride; ++phase) {
    const first = firstPosition(layer, phase);
    const last = first + positions(layer, phase, layer.output.width) - 1;
    margins.left = max(margins.left, taps(layer, phase) - 1 - first);
    margins.right = max(margins.right, last - (layer.input.width - 1));
  }
}

/** Columns of zeros on both sides of the derivative; rows that would lie outside are left out. */
export function gradientMargins(layer: Layer, margins: Margins): void {
  margins.left = layer.padding;
  const reach = layer.stride * (layer.input.width - 1) + layer.kernel - layer.padding;
  margins.right = max(0, reach - layer.output.width);
}

/** Bytes of one class's packed weights, in each direction. */
export function weightBytes(layer: Layer): u64 {
  return manyFloats(<u64>(layer.kernel * layer.kernel) * layer.input.channels * layer.output.channels);
}

/** None is needed. */
export function workspaceBytes(_layer: Layer): u64 {
  return 0;
}

/** Address of the run for (phases, block of channels, row tap): the order in which the forward pass walks. */
function forwardOffset(layer: Layer, phaseY: i32, phaseX: i32, block: i32): usize {
  const inputs = layer.input.channels;
  const outputs = layer.output.channels;
  const lanes = min(outputs, 8);
  const rowTaps = taps(layer, phaseY);
  const offset =
    tapsBefore(layer, phaseY) * layer.kernel * inputs * outputs +
    rowTaps * tapsBefore(layer, phaseX) * inputs * outputs +
    block * rowTaps * taps(layer, phaseX) * inputs * lanes;
  return floats(offset);
}

/**
 * Packs one class's weights, `source` f32 [input channel][row][column][output channel]: forward [row phase][column phase]
 * [block of 8 outputs][row tap][column tap, from the last][input][8], without blocks for a single output channel; the
 * gradient as `packGradient` has it. The targets are zeroed, so channels that only pad stay zero.
 */
export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  packForward(layer, source, forward);
  packGradient(layer, source, gradient);
}

function packForward(layer: Layer, source: usize, target: usize): void {
  const kernel = layer.kernel;
  const inputs = layer.input.channels;
  const lanes = min(layer.output.channels, 8);
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let y = 0; y < kernel; ++y) {
      for (let x = 0; x < kernel; ++x) {
        const phaseY = y % layer.stride;
        const phaseX = x % layer.stride;
        const columnTaps = taps(layer, phaseX);
        // The run goes up in columns, so down in taps.
        const column = columnTaps - 1 - x / layer.stride;
        const run = ((y / layer.stride) * columnTaps + column) * inputs + channel;
        for (let out = 0; out < layer.outputChannels; ++out) {
          const index = floats(run * lanes + (out % lanes));
          store<f32>(target + forwardOffset(layer, phaseY, phaseX, out / lanes) + index, load<f32>(source));
          source += 4;
        }
      }
    }
  }
}

/** Packs the same for the gradient: [block of 8 inputs][row][column][output][8]. */
export function packGradient(layer: Layer, source: usize, target: usize): void {
  const kernel = layer.kernel;
  const outputs = layer.output.channels;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let y = 0; y < kernel; ++y) {
      for (let x = 0; x < kernel; ++x) {
        for (let out = 0; out < layer.outputChannels; ++out) {
          const run = ((channel >> 3) * kernel + y) * kernel * outputs + x * outputs + out;
          store<f32>(target + floats(run * 8 + (channel & 7)), load<f32>(source));
          source += 4;
        }
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32, _workspace: usize): void {
  const input = layer.input;
  const output = layer.output;
  const stride = layer.stride;
  const weights = forwardWeightsOf(layer, classIndex);
  const bias = packedBiasOf(layer, classIndex);
  const inputPixel = pixelBytes(input);
  const outputPixel = pixelBytes(output);
  const outputStep = outputPixel * <usize>stride;
  const blocks = output.channels >> 3;
  for (let y = 0; y < output.height; ++y) {
    const position = y + layer.padding;
    const phaseY = position % stride;
    const m = position / stride;
    const rowTaps = taps(layer, phaseY);
    // Taps that would reach above or below the input are left out: rows m − t must lie in 0 … height − 1.
    const firstTap = max(0, m - (input.height - 1));
    const rows = max(0, min(rowTaps - 1, m) - firstTap + 1);
    const inputRow = rowOf(input, m - firstTap);
    const rowStep = -(<isize>input.rowBytes);
    const outputRow = rowOf(output, y);
    for (let phaseX = 0; phaseX < stride; ++phaseX) {
      const count = positions(layer, phaseX, output.width);
      if (count == 0) continue;
      const first = firstPosition(layer, phaseX);
      const columnTaps = taps(layer, phaseX);
      const run = columnTaps * input.channels;
      const start = inputRow + <usize>(<isize>(first - columnTaps + 1) * <isize>inputPixel);
      const target = outputRow + <usize>(first * stride + phaseX - layer.padding) * outputPixel;
      const phaseBias = bias + floats((phaseY * stride + phaseX) * output.channels);
      if (blocks == 0) {
        const packed = weights + forwardOffset(layer, phaseY, phaseX, 0) + floats(firstTap * run);
        line1(start, inputPixel, rowStep, rows, run, packed, phaseBias, target, outputStep, count);
        continue;
      }
      const packed = weights + forwardOffset(layer, phaseY, phaseX, 0) + eights(firstTap * run);
      const step = eights(rowTaps * run);
      line8(start, inputPixel, rowStep, rows, run, packed, step, phaseBias, 32, target, outputStep, count, blocks);
    }
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32, _workspace: usize): void {
  const inputGradient = layer.inputGradient;
  const outputGradient = layer.outputGradient;
  const kernel = layer.kernel;
  const pixel = pixelBytes(outputGradient);
  const target = pixelBytes(inputGradient);
  const run = kernel * outputGradient.channels;
  const rowWeights = eights(run);
  const weights = gradientWeightsOf(layer, classIndex);
  for (let y = 0; y < inputGradient.height; ++y) {
    const top = layer.stride * y - layer.padding;
    const firstTap = max(0, -top);
    const rows = max(0, min(kernel, outputGradient.height - top) - firstTap);
    const start = rowOf(outputGradient, top + firstTap) - <usize>layer.padding * pixel;
    const row = rowOf(inputGradient, y);
    line8(
      start,
      pixel * <usize>layer.stride,
      <isize>outputGradient.rowBytes,
      rows,
      run,
      weights + <usize>firstTap * rowWeights,
      <usize>kernel * rowWeights,
      NO_BIAS,
      0,
      row,
      target,
      inputGradient.width,
      inputGradient.channels >> 3,
    );
  }
}

/** As line8 for a single output channel: tiles of 7 pixels, which part a row of 28 without a rest, then single ones. */
function line1(
  input: usize,
  pixelStep: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
  outputStep: usize,
  count: i32,
): void {
  for (; count >= 7; count -= 7) {
    tile7x1(input, pixelStep, rowStep, rows, run, weights, bias, output, outputStep);
    input += 7 * pixelStep;
    output += 7 * outputStep;
  }
  for (; count > 0; --count) {
    tile1x1(input, rowStep, rows, run, weights, bias, output);
    input += pixelStep;
    output += outputStep;
  }
}
