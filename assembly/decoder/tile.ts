// The innermost loops. A tile is some neighbouring output pixels times some output channels; its sums stay in
// registers while the kernel walks `rows` input rows and, in each, `run` consecutive floats for every pixel.
//
//   out[p][c] = (Σ_row Σ_r in[row][p · pixelStep + r] · w[row][r][c]) + bias[c]
//
// Both directions of a transposed convolution have this form (see transposedConvolution.ts). Weights are packed in
// the order of the walk, so one pointer streams through them. Sums run in the same order whatever the tile, so a
// pixel's bits do not depend on the tile that computed it.

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
  let low0 = f32x4.splat(0);
  let high0 = low0;
  let low1 = low0;
  let high1 = low0;
  let low2 = low0;
  let high2 = low0;
  let low3 = low0;
  let high3 = low0;
  const runBytes = (<usize>run) << 2;
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
  const biasLow = v128.load(bias);
  const biasHigh = v128.load(bias, 16);
  v128.store(output, f32x4.add(low0, biasLow));
  v128.store(output, f32x4.add(high0, biasHigh), 16);
  output += outputStep;
  v128.store(output, f32x4.add(low1, biasLow));
  v128.store(output, f32x4.add(high1, biasHigh), 16);
  output += outputStep;
  v128.store(output, f32x4.add(low2, biasLow));
  v128.store(output, f32x4.add(high2, biasHigh), 16);
  output += outputStep;
  v128.store(output, f32x4.add(low3, biasLow));
  v128.store(output, f32x4.add(high3, biasHigh), 16);
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
  let low = f32x4.splat(0);
  let high = low;
  const runBytes = (<usize>run) << 2;
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
  v128.store(output, f32x4.add(low, v128.load(bias)));
  v128.store(output, f32x4.add(high, v128.load(bias, 16)), 16);
}

/**
 * 4 pixels × 1 channel, lanes over the run, which is a multiple of 4 floats: for a layer with a single output
 * channel, where channels cannot fill the lanes. The four lanes of each sum are added at the end by a transpose.
 */
export function tile4x1(
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
  const runBytes = (<usize>run) << 2;
  for (let row = 0; row < rows; ++row) {
    let p0 = input;
    let p1 = p0 + pixelStep;
    let p2 = p1 + pixelStep;
    let p3 = p2 + pixelStep;
    const end = p0 + runBytes;
    while (p0 < end) {
      const w = v128.load(weights);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(p0), w));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(p1), w));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(p2), w));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(p3), w));
      weights += 16;
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
    input += rowStep;
  }
  // Rows s0..s3 of a 4×4 block become columns; lane i of `sums` is then (lane 0 + lane 2) + (lane 1 + lane 3) of s_i.
  const a = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 1, 4, 5), v128.shuffle<f32>(s0, s1, 2, 3, 6, 7));
  const b = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 1, 4, 5), v128.shuffle<f32>(s2, s3, 2, 3, 6, 7));
  const sums = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  const result = f32x4.add(sums, v128.load32_splat(bias));
  v128.store_lane<f32>(output, result, 0);
  v128.store_lane<f32>(output + outputStep, result, 1);
  v128.store_lane<f32>(output + 2 * outputStep, result, 2);
  v128.store_lane<f32>(output + 3 * outputStep, result, 3);
}

/** `count` pixels of one line × 8 channels. The last tile overlaps the one before it rather than leave a rest. */
export function line4x8(
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
  if (count < 4) {
    for (let pixel = 0; pixel < count; ++pixel) {
      tile1x8(input + <usize>pixel * pixelStep, rowStep, rows, run, weights, bias, output + <usize>pixel * outputStep);
    }
    return;
  }
  for (let pixel = 0; pixel < count; pixel += 4) {
    const first = <usize>min(pixel, count - 4);
    tile4x8(
      input + first * pixelStep,
      pixelStep,
      rowStep,
      rows,
      run,
      weights,
      bias,
      output + first * outputStep,
      outputStep,
    );
  }
}
