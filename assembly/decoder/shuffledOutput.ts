// The forward pass of a last layer that is a 3×3 convolution with pixel shuffle to a single channel. All four phases see
// the same 3×3 inputs, so they fill the four lanes: a tile is 7 input pixels × 4 phases, and each input is loaded once for
// all of them. Each row of the window is one run of 3 × input channels floats, as in transposedConvolution.ts, which also
// does the gradient.

import { floats, vectors } from "../bytes";
import { Layer } from "./layer";

const PIXELS: i32 = 7;
const TAPS: i32 = 3;

/** Whether the layer is of this kind; its output is 28 wide, so there are two tiles a row. */
export function applies(layer: Layer, isLast: bool): bool {
  return isLast && layer.stride == 2 && layer.kernel == 6 && layer.padding == 2;
}

/** Bytes of one class's packed weights. */
export function weightBytes(layer: Layer): usize {
  return vectors(TAPS * TAPS * layer.input.channels);
}

/** Packs one class's weights, f32 [input channel][6][6], as [row][column][channel][phase]. */
export function pack(layer: Layer, source: usize, target: usize): void {
  const kernel = layer.kernel;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let row = 0; row < TAPS; ++row) {
      for (let column = 0; column < TAPS; ++column) {
        for (let phase = 0; phase < 4; ++phase) {
          // The window goes up in rows and columns, so down in taps.
          const y = (phase >> 1) + 2 * (TAPS - 1 - row);
          const x = (phase & 1) + 2 * (TAPS - 1 - column);
          const weight = load<f32>(source + floats((channel * kernel + y) * kernel + x));
          const place = ((row * TAPS + column) * layer.input.channels + channel) * 4 + phase;
          store<f32>(target + floats(place), weight);
        }
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32): void {
  const input = layer.input;
  const output = layer.output;
  const pixel = floats(input.channels);
  const run = TAPS * input.channels;
  const weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  const bias = layer.bias + <usize>classIndex * layer.biasClassBytes;
  for (let y = 0; y < input.height; ++y) {
    const firstRow = y == 0 ? 1 : 0;
    const rows = TAPS - firstRow - (y == input.height - 1 ? 1 : 0);
    const packed = weights + vectors(firstRow * run);
    const start = input.address + <usize>(y - 1 + firstRow) * input.rowBytes - pixel;
    const target = output.address + ((<usize>y) << 1) * output.rowBytes;
    for (let x: usize = 0; x < <usize>input.width; x += PIXELS) {
      tile7x4(start + x * pixel, pixel, input.rowBytes, rows, run, packed, bias, target + (x << 3), output.rowBytes);
    }
  }
}

/** 7 input pixels × 4 phases; `run` floats a row of the window. A pixel's phases go to two rows of two outputs. */
function tile7x4(
  input: usize,
  pixelStep: usize,
  rowStep: usize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
  outputRow: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  const runBytes = floats(run);
  for (let row = 0; row < rows; ++row) {
    let p0 = input;
    let p2 = p0 + 2 * pixelStep;
    let p4 = p0 + 4 * pixelStep;
    let p6 = p0 + 6 * pixelStep;
    const end = p0 + runBytes;
    while (p0 < end) {
      const w = v128.load(weights);
      s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(p0), w));
      s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(p0 + pixelStep), w));
      s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(p2), w));
      s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(p2 + pixelStep), w));
      s4 = f32x4.add(s4, f32x4.mul(v128.load32_splat(p4), w));
      s5 = f32x4.add(s5, f32x4.mul(v128.load32_splat(p4 + pixelStep), w));
      s6 = f32x4.add(s6, f32x4.mul(v128.load32_splat(p6), w));
      weights += 16;
      p0 += 4;
      p2 += 4;
      p4 += 4;
      p6 += 4;
    }
    input += rowStep;
  }
  const added = v128.load(bias);
  storePhases(output, outputRow, f32x4.add(s0, added));
  storePhases(output + 8, outputRow, f32x4.add(s1, added));
  storePhases(output + 16, outputRow, f32x4.add(s2, added));
  storePhases(output + 24, outputRow, f32x4.add(s3, added));
  storePhases(output + 32, outputRow, f32x4.add(s4, added));
  storePhases(output + 40, outputRow, f32x4.add(s5, added));
  storePhases(output + 48, outputRow, f32x4.add(s6, added));
}

function storePhases(output: usize, rowBytes: usize, phases: v128): void {
  v128.store64_lane(output, phases, 0);
  v128.store64_lane(output + rowBytes, phases, 1);
}
