// The forward pass of a last layer that is a 3×3 convolution with pixel shuffle to a single channel. All four phases see
// the same 3×3 inputs, so they fill the four lanes: a tile is 7 input pixels × 4 phases, and each input is loaded once for
// all of them. Each row of the window is one run of 3 × input channels floats, as in direct.ts, which also does the gradient.

import { floats, manyFloats, vectors } from "../../bytes";
import { forwardWeightsOf, Layer, packedBiasOf } from "../layer";
import { Margins, pixelBytes, rowOf } from "../planes";
import * as direct from "./direct";

/** Pixels of a tile. */
const TILE: i32 = 7;
/** Rows and columns of the window. */
const TAPS: i32 = 3;
const PHASES: i32 = 4;

/** Whether the layer is of this kind with a single output channel; its output is 28 wide, so there are two tiles a row. */
export function applies(layer: Layer): bool {
  return layer.output.channels == 1 && layer.stride == 2 && layer.kernel == 6 && layer.padding == 2;
}

export function inputMargins(layer: Layer, margins: Margins): void {
  direct.inputMargins(layer, margins);
}

export function gradientMargins(layer: Layer, margins: Margins): void {
  direct.gradientMargins(layer, margins);
}

/** Bytes of one class's packed weights, in each direction: those of direct.ts lie in another order. */
export function weightBytes(layer: Layer): u64 {
  return manyFloats(<u64>(PHASES * TAPS * TAPS) * layer.input.channels);
}

/** None is needed. */
export function workspaceBytes(_layer: Layer): u64 {
  return 0;
}

/** Packs one class's weights, f32 [input channel][6][6]: forward [row][column][channel][phase], the gradient as direct.ts. */
export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  const kernel = layer.kernel;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let row = 0; row < TAPS; ++row) {
      for (let column = 0; column < TAPS; ++column) {
        for (let phase = 0; phase < PHASES; ++phase) {
          // The window goes up in rows and columns, so down in taps.
          const y = (phase >> 1) + 2 * (TAPS - 1 - row);
          const x = (phase & 1) + 2 * (TAPS - 1 - column);
          const weight = load<f32>(source + floats((channel * kernel + y) * kernel + x));
          const place = ((row * TAPS + column) * layer.input.channels + channel) * PHASES + phase;
          store<f32>(forward + floats(place), weight);
        }
      }
    }
  }
  direct.packGradient(layer, source, gradient);
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32, _workspace: usize): void {
  const input = layer.input;
  const output = layer.output;
  const pixel = pixelBytes(input);
  const run = TAPS * input.channels;
  const weights = forwardWeightsOf(layer, classIndex);
  const bias = packedBiasOf(layer, classIndex);
  for (let y = 0; y < input.height; ++y) {
    const firstRow = y == 0 ? 1 : 0;
    const rows = TAPS - firstRow - (y == input.height - 1 ? 1 : 0);
    const packed = weights + vectors(firstRow * run);
    const start = rowOf(input, y - 1 + firstRow) - pixel;
    const target = rowOf(output, 2 * y);
    for (let x: usize = 0; x < <usize>input.width; x += TILE) {
      tile7x4(start + x * pixel, pixel, input.rowBytes, rows, run, packed, bias, target + (x << 3), output.rowBytes);
    }
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32, workspace: usize): void {
  direct.gradient(layer, classIndex, workspace);
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
