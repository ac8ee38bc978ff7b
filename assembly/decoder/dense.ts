// Dense layers. The output plane's rows are cut into chunks of 16 floats (4 where less is left); the weights lie as
// [row][chunk][input][lanes of the chunk], so that both directions stream through the same bytes.

import { floats, vectors } from "../bytes";
import { sum_f32x4 } from "../vector/sum";
import { Layer, Plane } from "./layer";

/** Inputs of the layer: every channel of every pixel, without the padding. */
function inputCount(layer: Layer): i32 {
  return layer.input.height * layer.input.width * layer.inputChannels;
}

function rowFloats(plane: Plane): i32 {
  return plane.width * plane.channels;
}

/** Bytes of one class's packed weights. */
export function weightBytes(inputs: i32, outputRow: i32, outputRows: i32): usize {
  return floats(inputs * outputRow * outputRows);
}

/**
 * Packs one class's weights, `source` f32 [input row, column, channel][output row, column, channel], and its bias,
 * f32 [output row, column, channel]. The destinations are zeroed, so channels that only pad stay zero.
 */
export function pack(layer: Layer, source: usize, sourceBias: usize, target: usize, targetBias: usize): void {
  const inputs = inputCount(layer);
  const output = layer.output;
  const row = rowFloats(output);
  const pixels = output.height * output.width;
  for (let pixel = 0; pixel < pixels; ++pixel) {
    const y = pixel / output.width;
    const x = pixel % output.width;
    for (let channel = 0; channel < layer.outputChannels; ++channel) {
      const at = x * output.channels + channel;
      const from = pixel * layer.outputChannels + channel;
      store<f32>(targetBias + floats(y * row + at), load<f32>(sourceBias + floats(from)));
      const main = row & ~15;
      const lanes = at < main ? 16 : 4;
      const chunkStart = at < main ? at & ~15 : at & ~3;
      for (let input = 0; input < inputs; ++input) {
        const weight = load<f32>(source + floats(input * pixels * layer.outputChannels + from));
        const index = (y * row + chunkStart) * inputs + input * lanes + (at - chunkStart);
        store<f32>(target + floats(index), weight);
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32): void {
  const inputs = inputCount(layer);
  const line = layer.line;
  copyPixels(layer.input, layer.inputChannels, line, true);
  const output = layer.output;
  const row = rowFloats(output);
  const main = row & ~15;
  const lineEnd = line + floats(inputs);
  let weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  let bias = layer.bias + <usize>classIndex * layer.biasClassBytes;
  for (let y = 0; y < output.height; ++y) {
    let target = output.address + <usize>y * output.rowBytes;
    let at = 0;
    for (; at < main; at += 16) {
      let s0 = v128.load(bias);
      let s1 = v128.load(bias, 16);
      let s2 = v128.load(bias, 32);
      let s3 = v128.load(bias, 48);
      for (let input = line; input < lineEnd; input += 4) {
        const x = v128.load32_splat(input);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(weights)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(weights, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(weights, 32)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(weights, 48)));
        weights += 64;
      }
      v128.store(target, s0);
      v128.store(target, s1, 16);
      v128.store(target, s2, 32);
      v128.store(target, s3, 48);
      bias += 64;
      target += 64;
    }
    for (; at < row; at += 4) {
      let s = v128.load(bias);
      for (let input = line; input < lineEnd; input += 4) {
        s = f32x4.add(s, f32x4.mul(v128.load32_splat(input), v128.load(weights)));
        weights += 16;
      }
      v128.store(target, s);
      bias += 16;
      target += 16;
    }
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32): void {
  const inputs = inputCount(layer);
  const sums = layer.partialSums;
  const sumsEnd = sums + vectors(inputs);
  memory.fill(sums, 0, sumsEnd - sums);
  const plane = layer.outputGradient;
  const row = rowFloats(plane);
  const main = row & ~15;
  let weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  for (let y = 0; y < plane.height; ++y) {
    let from = plane.address + <usize>y * plane.rowBytes;
    let at = 0;
    for (; at < main; at += 16) {
      const d0 = v128.load(from);
      const d1 = v128.load(from, 16);
      const d2 = v128.load(from, 32);
      const d3 = v128.load(from, 48);
      for (let sum = sums; sum < sumsEnd; sum += 16) {
        const low = f32x4.add(f32x4.mul(d0, v128.load(weights)), f32x4.mul(d1, v128.load(weights, 16)));
        const high = f32x4.add(f32x4.mul(d2, v128.load(weights, 32)), f32x4.mul(d3, v128.load(weights, 48)));
        v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(low, high)));
        weights += 64;
      }
      from += 64;
    }
    for (; at < row; at += 4) {
      const d = v128.load(from);
      for (let sum = sums; sum < sumsEnd; sum += 16) {
        v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(d, v128.load(weights))));
        weights += 16;
      }
      from += 16;
    }
  }
  const line = layer.line;
  for (let input = 0; input < inputs; ++input) {
    store<f32>(line + floats(input), sum_f32x4(v128.load(sums + vectors(input))));
  }
  copyPixels(layer.inputGradient, layer.inputChannels, line, false);
}

/** Copies a plane's real channels into one line, or a line back into the plane. */
function copyPixels(plane: Plane, channels: i32, line: usize, toLine: bool): void {
  const bytes = floats(channels);
  for (let y = 0; y < plane.height; ++y) {
    let pixel = plane.address + <usize>y * plane.rowBytes;
    for (let x = 0; x < plane.width; ++x) {
      memory.copy(toLine ? line : pixel, toLine ? pixel : line, bytes);
      line += bytes;
      pixel += floats(plane.channels);
    }
  }
}
