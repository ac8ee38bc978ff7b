// The innermost loops. A tile is some neighbouring output pixels times some output channels; its sums stay in
// registers while the kernel walks `rows` input rows and, in each, `run` consecutive floats for every pixel.
//
//   out[p][c] = bias[c] + Σ_row Σ_r in[row][p · pixelStep + r] · w[row][r][c]
//
// Both directions of a transposed convolution have this form (see direct.ts). Weights are packed in
// the order of the walk, so one pointer streams through them. Sums run in the same order whatever the tile, so a
// pixel's bits do not depend on the tile that computed it.

import { floats } from "../../bytes";
import { sum_f32x4, sumsOfLanes } from "../../vector/sum";

/** The bias of what has none: eight zeros. */
export const NO_BIAS: usize = memory.data(32, 16);

/** 4 pixels × 8 channels; `run` floats a row. Steps are in bytes; `rowStep` may be negative. */
export function tile4x8(
  input: usize,
  pixelStep: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
  outputStep: usize,
): void {
  let low0 = v128.load(bias);
  let high0 = v128.load(bias, 16);
  let low1 = low0;
  let high1 = high0;
  let low2 = low0;
  let high2 = high0;
  let low3 = low0;
  let high3 = high0;
  const runBytes = floats(run);
  for (let row = 0; row < rows; ++row) {
    let p0 = input;
    let p1 = p0 + pixelStep;
    let p2 = p1 + pixelStep;
    let p3 = p2 + pixelStep;
    const end = p0 + runBytes;
    while (p0 < end) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const x0 = v128.load32_splat(p0);
      low0 = f32x4.add(low0, f32x4.mul(x0, w0));
      high0 = f32x4.add(high0, f32x4.mul(x0, w1));
      const x1 = v128.load32_splat(p1);
      low1 = f32x4.add(low1, f32x4.mul(x1, w0));
      high1 = f32x4.add(high1, f32x4.mul(x1, w1));
      const x2 = v128.load32_splat(p2);
      low2 = f32x4.add(low2, f32x4.mul(x2, w0));
      high2 = f32x4.add(high2, f32x4.mul(x2, w1));
      const x3 = v128.load32_splat(p3);
      low3 = f32x4.add(low3, f32x4.mul(x3, w0));
      high3 = f32x4.add(high3, f32x4.mul(x3, w1));
      weights += 32;
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
    }
    input += rowStep;
  }
  v128.store(output, low0);
  v128.store(output, high0, 16);
  output += outputStep;
  v128.store(output, low1);
  v128.store(output, high1, 16);
  output += outputStep;
  v128.store(output, low2);
  v128.store(output, high2, 16);
  output += outputStep;
  v128.store(output, low3);
  v128.store(output, high3, 16);
}

/** 3 pixels × 8 channels; `run` floats a row. Steps are in bytes; `rowStep` may be negative. */
export function tile3x8(
  input: usize,
  pixelStep: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
  outputStep: usize,
): void {
  let low0 = v128.load(bias);
  let high0 = v128.load(bias, 16);
  let low1 = low0;
  let high1 = high0;
  let low2 = low0;
  let high2 = high0;
  const runBytes = floats(run);
  for (let row = 0; row < rows; ++row) {
    let p0 = input;
    let p1 = p0 + pixelStep;
    let p2 = p1 + pixelStep;
    const end = p0 + runBytes;
    while (p0 < end) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      const x0 = v128.load32_splat(p0);
      low0 = f32x4.add(low0, f32x4.mul(x0, w0));
      high0 = f32x4.add(high0, f32x4.mul(x0, w1));
      const x1 = v128.load32_splat(p1);
      low1 = f32x4.add(low1, f32x4.mul(x1, w0));
      high1 = f32x4.add(high1, f32x4.mul(x1, w1));
      const x2 = v128.load32_splat(p2);
      low2 = f32x4.add(low2, f32x4.mul(x2, w0));
      high2 = f32x4.add(high2, f32x4.mul(x2, w1));
      weights += 32;
      p0 += 4;
      p1 += 4;
      p2 += 4;
    }
    input += rowStep;
  }
  v128.store(output, low0);
  v128.store(output, high0, 16);
  output += outputStep;
  v128.store(output, low1);
  v128.store(output, high1, 16);
  output += outputStep;
  v128.store(output, low2);
  v128.store(output, high2, 16);
}

/** 1 pixel × 8 channels, for planes narrower than a tile. */
export function tile1x8(
  input: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
): void {
  let low = v128.load(bias);
  let high = v128.load(bias, 16);
  const runBytes = floats(run);
  for (let row = 0; row < rows; ++row) {
    let p = input;
    const end = p + runBytes;
    while (p < end) {
      const x = v128.load32_splat(p);
      low = f32x4.add(low, f32x4.mul(x, v128.load(weights)));
      high = f32x4.add(high, f32x4.mul(x, v128.load(weights, 16)));
      weights += 32;
      p += 4;
    }
    input += rowStep;
  }
  v128.store(output, low);
  v128.store(output, high, 16);
}

/**
 * 7 pixels × 1 channel, lanes over the run, which is a multiple of 4 floats: for a layer with a single output channel,
 * where channels cannot fill the lanes. The four lanes of each sum are added at the end by transposes.
 */
export function tile7x1(
  input: usize,
  pixelStep: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
  outputStep: usize,
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
    let p2 = p0 + (pixelStep << 1);
    let p4 = p2 + (pixelStep << 1);
    let p6 = p4 + (pixelStep << 1);
    const end = p0 + runBytes;
    while (p0 < end) {
      const w = v128.load(weights);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(p0), w));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(p0 + pixelStep), w));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(p2), w));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(p2 + pixelStep), w));
      s4 = f32x4.add(s4, f32x4.mul(v128.load(p4), w));
      s5 = f32x4.add(s5, f32x4.mul(v128.load(p4 + pixelStep), w));
      s6 = f32x4.add(s6, f32x4.mul(v128.load(p6), w));
      weights += 16;
      p0 += 16;
      p2 += 16;
      p4 += 16;
      p6 += 16;
    }
    input += rowStep;
  }
  const added = v128.load32_splat(bias);
  const first = f32x4.add(sumsOfLanes(s0, s1, s2, s3), added);
  const second = f32x4.add(sumsOfLanes(s4, s5, s6, s6), added);
  v128.store_lane<f32>(output, first, 0);
  v128.store_lane<f32>(output + outputStep, first, 1);
  v128.store_lane<f32>(output + 2 * outputStep, first, 2);
  v128.store_lane<f32>(output + 3 * outputStep, first, 3);
  output += outputStep << 2;
  v128.store_lane<f32>(output, second, 0);
  v128.store_lane<f32>(output + outputStep, second, 1);
  v128.store_lane<f32>(output + 2 * outputStep, second, 2);
}

/** 1 pixel × 1 channel. */
export function tile1x1(
  input: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  bias: usize,
  output: usize,
): void {
  let sum = f32x4.splat(0);
  const runBytes = floats(run);
  for (let row = 0; row < rows; ++row) {
    for (let at: usize = 0; at < runBytes; at += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(input + at), v128.load(weights)));
      weights += 16;
    }
    input += rowStep;
  }
  store<f32>(output, sum_f32x4(sum) + load<f32>(bias));
}

/**
 * `count` pixels of one line × `blocks` times 8 channels, in tiles of 3 or 4 pixels, which have enough sums under way to
 * keep the adders busy; only what is left of lines of 1, 2 or 5 pixels goes by single ones. `weightStep` and `biasStep`
 * lead to the next block.
 */
export function line8(
  input: usize,
  pixelStep: usize,
  rowStep: isize,
  rows: i32,
  run: i32,
  weights: usize,
  weightStep: usize,
  bias: usize,
  biasStep: usize,
  output: usize,
  outputStep: usize,
  count: i32,
  blocks: i32,
): void {
  for (let block = 0; block < blocks; ++block) {
    let from = input;
    let to = output;
    let left = count;
    while (left > 0) {
      const pixels = nextTile(left);
      if (pixels == 4) tile4x8(from, pixelStep, rowStep, rows, run, weights, bias, to, outputStep);
      else if (pixels == 3) tile3x8(from, pixelStep, rowStep, rows, run, weights, bias, to, outputStep);
      else tile1x8(from, rowStep, rows, run, weights, bias, to);
      from += <usize>pixels * pixelStep;
      to += <usize>pixels * outputStep;
      left -= pixels;
    }
    weights += weightStep;
    bias += biasStep;
    output += 32;
  }
}

/** Pixels of the next tile, so that fours follow and nothing is left: 11 = 3 + 4 + 4, 14 = 3 + 3 + 4 + 4. */
function nextTile(count: i32): i32 {
  if (count < 3) return 1;
  return (count & 3) == 0 ? 4 : 3;
}
