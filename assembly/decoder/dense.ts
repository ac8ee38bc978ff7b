// Dense layers. The output plane's rows are cut into chunks of 16 floats (4 where less is left); the weights lie as
// [row][chunk][input][lanes of the chunk], so that both directions stream through the same bytes.

import { floats, manyFloats, vectors } from "../bytes";
import { sum_f32x4 } from "../vector/sum";
import { forwardWeightsOf, Layer, packedBiasOf } from "./layer";
import { Plane, pixelBytes, rowFloats, rowOf } from "./planes";

/** Inputs of the layer: every channel of every pixel, without the padding. */
function inputCount(layer: Layer): i32 {
  return layer.input.height * layer.input.width * layer.inputChannels;
}

/** Values of one class's weights. */
export function weightCount(layer: Layer): u64 {
  return <u64>inputCount(layer) * biasCount(layer);
}

/** Values of one class's bias: every channel of every pixel of the output. */
export function biasCount(layer: Layer): i32 {
  return layer.output.height * layer.output.width * layer.outputChannels;
}

/** Bytes of one class's packed weights, which serve both directions. */
export function weightBytes(layer: Layer): u64 {
  return biasBytes(layer) * inputCount(layer);
}

/** Bytes of one class's packed bias. */
export function biasBytes(layer: Layer): u64 {
  return manyFloats(<u64>layer.output.height * rowFloats(layer.output));
}

/** The workspace: a vector of partial sums for each input, then the inputs in one line. */
export function workspaceBytes(layer: Layer): u64 {
  return <u64>vectors(inputCount(layer)) + floats(inputCount(layer));
}

/**
 * Packs one class's weights, `source` f32 [input row, column, channel][output row, column, channel]. The target is zeroed, so
 * channels that only pad stay zero.
 */
export function pack(layer: Layer, source: usize, target: usize): void {
  const inputs = inputCount(layer);
  const outputs = biasCount(layer);
  const output = layer.output;
  const row = rowFloats(output);
  const main = row & ~15;
  for (let out = 0; out < outputs; ++out) {
    const pixel = out / layer.outputChannels;
    const y = pixel / output.width;
    const at = (pixel % output.width) * output.channels + (out % layer.outputChannels);
    const lanes = at < main ? 16 : 4;
    const chunkStart = at < main ? at & ~15 : at & ~3;
    for (let input = 0; input < inputs; ++input) {
      const place = (y * row + chunkStart) * inputs + input * lanes + (at - chunkStart);
      store<f32>(target + floats(place), load<f32>(source + floats(input * outputs + out)));
    }
  }
}

/** Packs one class's bias, f32 [output row, column, channel], with the output's padded channels. */
export function packBias(layer: Layer, source: usize, target: usize): void {
  const output = layer.output;
  const bytes = floats(layer.outputChannels);
  for (let pixel = 0; pixel < output.height * output.width; ++pixel) {
    memory.copy(target, source, bytes);
    source += bytes;
    target += pixelBytes(output);
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32, workspace: usize): void {
  const inputs = inputCount(layer);
  const line = workspace + vectors(inputs);
  copyPixels(layer.input, layer.inputChannels, line, true);
  const output = layer.output;
  const row = rowFloats(output);
  const main = row & ~15;
  const lineEnd = line + floats(inputs);
  let weights = forwardWeightsOf(layer, classIndex);
  let bias = packedBiasOf(layer, classIndex);
  for (let y = 0; y < output.height; ++y) {
    let target = rowOf(output, y);
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
export function gradient(layer: Layer, classIndex: i32, workspace: usize): void {
  const inputs = inputCount(layer);
  const sums = workspace;
  const sumsEnd = sums + vectors(inputs);
  memory.fill(sums, 0, sumsEnd - sums);
  const plane = layer.outputGradient;
  const row = rowFloats(plane);
  const main = row & ~15;
  let weights = forwardWeightsOf(layer, classIndex);
  for (let y = 0; y < plane.height; ++y) {
    let from = rowOf(plane, y);
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
  const line = sumsEnd;
  for (let input = 0; input < inputs; ++input) {
    store<f32>(line + floats(input), sum_f32x4(v128.load(sums + vectors(input))));
  }
  copyPixels(layer.inputGradient, layer.inputChannels, line, false);
}

/** Copies a plane's real channels into one line, or a line back into the plane. */
function copyPixels(plane: Plane, channels: i32, line: usize, toLine: bool): void {
  const bytes = floats(channels);
  for (let y = 0; y < plane.height; ++y) {
    let pixel = rowOf(plane, y);
    for (let x = 0; x < plane.width; ++x) {
      memory.copy(toLine ? line : pixel, toLine ? pixel : line, bytes);
      line += bytes;
      pixel += pixelBytes(plane);
    }
  }
}
