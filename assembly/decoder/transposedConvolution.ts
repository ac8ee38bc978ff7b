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
// phases are the four shuffled channel groups; src/weights/bundle.ts rewrites it so.

import { eights, floats } from "../bytes";
import { Layer, storedChannels } from "./layer";
import { expand, storedBytes } from "./stored";
import { line8, tile1x1, tile7x1 } from "./tile";

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

/** Columns of zeros that the forward pass reads left of the input. */
export function inputColumnsBefore(layer: Layer): i32 {
  let most = 0;
  for (let phase = 0; phase < layer.stride; ++phase) {
    most = max(most, taps(layer, phase) - 1 - firstPosition(layer, phase));
  }
  return most;
}

/** Columns of zeros that the forward pass reads right of the input. */
export function inputColumnsAfter(layer: Layer, inputWidth: i32, outputWidth: i32): i32 {
  let most = 0;
  for (let phase = 0; phase < layer.stride; ++phase) {
    const last = firstPosition(layer, phase) + positions(layer, phase, outputWidth) - 1;
    most = max(most, last - (inputWidth - 1));
  }
  return most;
}

/** Columns of zeros that the gradient reads right of the output's gradient; on the left they are `padding`. */
export function gradientColumnsAfter(layer: Layer, inputWidth: i32, outputWidth: i32): i32 {
  return max(0, layer.stride * (inputWidth - 1) + layer.kernel - layer.padding - outputWidth);
}

/** Bytes of one class's packed weights, forward. */
export function forwardBytes(layer: Layer, inputChannels: i32, outputChannels: i32): usize {
  return floats(layer.kernel * layer.kernel * inputChannels * outputChannels);
}

/** Bytes of one class's packed weights for the gradient. */
export function gradientBytes(layer: Layer, inputChannels: i32, outputChannels: i32): usize {
  return floats(layer.kernel * layer.kernel * storedChannels(inputChannels) * outputChannels);
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
 * Expands one class's weights, stored as [input channel][row][column][output channel], to f32 at `target`. `scales` is
 * f32 [row phase][column phase][output channel].
 */
export function expandWeights(layer: Layer, element: u32, source: usize, scales: usize, target: usize): void {
  const outputs = layer.outputChannels;
  const step = storedBytes(element, outputs);
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let y = 0; y < layer.kernel; ++y) {
      for (let x = 0; x < layer.kernel; ++x) {
        const phase = (y % layer.stride) * layer.stride + (x % layer.stride);
        expand(element, source, scales + floats(phase * outputs), target, 1, outputs);
        source += step;
        target += floats(outputs);
      }
    }
  }
}

/**
 * Packs one class's weights for the forward pass. `source` is f32 [input channel][row][column][output channel]; the
 * destination is zeroed, so channels that only pad stay zero.
 */
export function packForward(layer: Layer, source: usize, target: usize): void {
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

/** The same for the gradient. */
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
export function forward(layer: Layer, classIndex: i32): void {
  const input = layer.input;
  const output = layer.output;
  const stride = layer.stride;
  const weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  const bias = layer.bias + <usize>classIndex * layer.biasClassBytes;
  const inputPixel = floats(input.channels);
  const outputPixel = floats(output.channels);
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
    const inputRow = input.address + <usize>(m - firstTap) * input.rowBytes;
    const rowStep = -(<isize>input.rowBytes);
    const outputRow = output.address + <usize>y * output.rowBytes;
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
export function gradient(layer: Layer, classIndex: i32, zeros: usize): void {
  const inputGradient = layer.inputGradient;
  const outputGradient = layer.outputGradient;
  const kernel = layer.kernel;
  const pixel = floats(outputGradient.channels);
  const target = floats(inputGradient.channels);
  const run = kernel * outputGradient.channels;
  const rowWeights = eights(run);
  const weights = layer.gradientWeights + <usize>classIndex * layer.gradientClassBytes;
  for (let y = 0; y < inputGradient.height; ++y) {
    const top = layer.stride * y - layer.padding;
    const firstTap = max(0, -top);
    const rows = max(0, min(kernel, outputGradient.height - top) - firstTap);
    const start =
      outputGradient.address + <usize>(top + firstTap) * outputGradient.rowBytes - <usize>layer.padding * pixel;
    const row = inputGradient.address + <usize>y * inputGradient.rowBytes;
    line8(
      start,
      pixel * <usize>layer.stride,
      <isize>outputGradient.rowBytes,
      rows,
      run,
      weights + <usize>firstTap * rowWeights,
      <usize>kernel * rowWeights,
      zeros,
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
