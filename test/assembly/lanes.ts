// Test entry: the vector functions over arrays, four lanes at a time.

import { expand } from "../../assembly/decoder/stored";
import { elu_f32x8, eluSlope_f32x4 } from "../../assembly/vector/elu";
import { exp_f32x4 } from "../../assembly/vector/exponential";
import { drawNormals_f32x8, seedNormals } from "../../assembly/vector/normal";
import { sigmoid_f32x4 } from "../../assembly/vector/sigmoid";
import { silu_f32x4 } from "../../assembly/vector/silu";

/** Floats that `values` holds. */
const CAPACITY: i32 = 1 << 16;
const BYTES: usize = 1 << 18;
const buffer: usize = memory.data(1 << 18, 16);

export function capacity(): i32 {
  return CAPACITY;
}

export function values(): usize {
  return buffer;
}

/** Expands the stored numbers at `source`; all addresses lie inside `values`. */
export function applyExpand(element: u32, source: usize, scales: usize, target: usize, runs: i32, length: i32): void {
  expand(element, source, scales, target, runs, length);
}

export function applyExp(): void {
  for (let at: usize = 0; at < BYTES; at += 16) v128.store(buffer + at, exp_f32x4(v128.load(buffer + at)));
}

export function applyElu(): void {
  for (let at: usize = 0; at < BYTES; at += 32) elu_f32x8(buffer + at);
}

export function applyEluSlope(): void {
  for (let at: usize = 0; at < BYTES; at += 16) v128.store(buffer + at, eluSlope_f32x4(v128.load(buffer + at)));
}

export function applySigmoid(): void {
  for (let at: usize = 0; at < BYTES; at += 16) v128.store(buffer + at, sigmoid_f32x4(v128.load(buffer + at)));
}

export function applySilu(): void {
  for (let at: usize = 0; at < BYTES; at += 16) v128.store(buffer + at, silu_f32x4(v128.load(buffer + at)));
}

export function fillNormals(seed: u64): void {
  seedNormals(seed);
  for (let at: usize = 0; at < BYTES; at += 32) drawNormals_f32x8(buffer + at);
}
