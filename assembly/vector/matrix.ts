// Products of a vector with a small matrix that lies row by row, [inputs][outputs], outputs a multiple of 4. Sums run
// over the inputs in order, whatever the block of outputs.

import { floats } from "../bytes";
import { sumsOfLanes } from "./sum";

/** y = bias + xᵀM: every output collects all inputs. Blocks of 16 outputs, then of 4. */
export function transformForward(
  matrix: usize,
  bias: usize,
  input: usize,
  inputs: i32,
  output: usize,
  outputs: i32,
): void {
  const rowBytes = floats(outputs);
  const inputEnd = input + floats(inputs);
  const main = floats(outputs & ~15);
  let at: usize = 0;
  for (; at < main; at += 64) {
    let s0 = v128.load(bias + at);
    let s1 = v128.load(bias + at, 16);
    let s2 = v128.load(bias + at, 32);
    let s3 = v128.load(bias + at, 48);
    let weights = matrix + at;
    for (let from = input; from < inputEnd; from += 4) {
      const x = v128.load32_splat(from);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(weights)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(weights, 16)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(weights, 32)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(weights, 48)));
      weights += rowBytes;
    }
    v128.store(output + at, s0);
    v128.store(output + at, s1, 16);
    v128.store(output + at, s2, 32);
    v128.store(output + at, s3, 48);
  }
  for (; at < rowBytes; at += 16) {
    let sum = v128.load(bias + at);
    let weights = matrix + at;
    for (let from = input; from < inputEnd; from += 4) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(from), v128.load(weights)));
      weights += rowBytes;
    }
    v128.store(output + at, sum);
  }
}

/** `transformForward` of two vectors, which share what is loaded of the matrix. The same bits. */
export function transformForwardPair(
  matrix: usize,
  bias: usize,
  input0: usize,
  input1: usize,
  inputs: i32,
  output0: usize,
  output1: usize,
  outputs: i32,
): void {
  const rowBytes = floats(outputs);
  const inputEnd = input0 + floats(inputs);
  const between = input1 - input0;
  const main = floats(outputs & ~15);
  let at: usize = 0;
  for (; at < main; at += 64) {
    let a0 = v128.load(bias + at);
    let a1 = v128.load(bias + at, 16);
    let a2 = v128.load(bias + at, 32);
    let a3 = v128.load(bias + at, 48);
    let b0 = a0;
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let weights = matrix + at;
    for (let from = input0; from < inputEnd; from += 4) {
      const x0 = v128.load32_splat(from);
      const x1 = v128.load32_splat(from + between);
      const w0 = v128.load(weights);
      a0 = f32x4.add(a0, f32x4.mul(x0, w0));
      b0 = f32x4.add(b0, f32x4.mul(x1, w0));
      const w1 = v128.load(weights, 16);
      a1 = f32x4.add(a1, f32x4.mul(x0, w1));
      b1 = f32x4.add(b1, f32x4.mul(x1, w1));
      const w2 = v128.load(weights, 32);
      a2 = f32x4.add(a2, f32x4.mul(x0, w2));
      b2 = f32x4.add(b2, f32x4.mul(x1, w2));
      const w3 = v128.load(weights, 48);
      a3 = f32x4.add(a3, f32x4.mul(x0, w3));
      b3 = f32x4.add(b3, f32x4.mul(x1, w3));
      weights += rowBytes;
    }
    v128.store(output0 + at, a0);
    v128.store(output0 + at, a1, 16);
    v128.store(output0 + at, a2, 32);
    v128.store(output0 + at, a3, 48);
    v128.store(output1 + at, b0);
    v128.store(output1 + at, b1, 16);
    v128.store(output1 + at, b2, 32);
    v128.store(output1 + at, b3, 48);
  }
  for (; at < rowBytes; at += 16) {
    let a = v128.load(bias + at);
    let b = a;
    let weights = matrix + at;
    for (let from = input0; from < inputEnd; from += 4) {
      const w = v128.load(weights);
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(from), w));
      b = f32x4.add(b, f32x4.mul(v128.load32_splat(from + between), w));
      weights += rowBytes;
    }
    v128.store(output0 + at, a);
    v128.store(output1 + at, b);
  }
}

/**
 * x = M y: every input collects all outputs, four inputs at a time; `inputs` is a multiple of 4. Four lanes of partial
 * sums per input, added as (0 + 2) + (1 + 3).
 */
export function transformBackward(matrix: usize, output: usize, outputs: i32, input: usize, inputs: i32): void {
  const rowBytes = floats(outputs);
  const end = output + rowBytes;
  const inputEnd = input + floats(inputs);
  for (let target = input; target < inputEnd; target += 16) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let w0 = matrix;
    let w1 = w0 + rowBytes;
    let w2 = w1 + rowBytes;
    let w3 = w2 + rowBytes;
    for (let from = output; from < end; from += 16) {
      const y = v128.load(from);
      s0 = f32x4.add(s0, f32x4.mul(y, v128.load(w0)));
      s1 = f32x4.add(s1, f32x4.mul(y, v128.load(w1)));
      s2 = f32x4.add(s2, f32x4.mul(y, v128.load(w2)));
      s3 = f32x4.add(s3, f32x4.mul(y, v128.load(w3)));
      w0 += 16;
      w1 += 16;
      w2 += 16;
      w3 += 16;
    }
    matrix = w3;
    v128.store(target, sumsOfLanes(s0, s1, s2, s3));
  }
}
