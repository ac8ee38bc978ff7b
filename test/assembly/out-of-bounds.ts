// Test entry of the debug build: one function for each way to read or write, at any address.

import { allocate, mark, regionStart, release } from "../../assembly/layout";

export * from "../../assembly/debug/memory";

const first: usize = memory.data(16, 16);
const second: usize = memory.data(20, 16);

export function statics(index: i32): usize {
  return index == 0 ? first : second;
}

export function start(): void {
  release(regionStart());
}

export function reserveBytes(bytes: usize): usize {
  return allocate(bytes);
}

export function markTop(): usize {
  return mark();
}

export function releaseTo(address: usize): void {
  release(address);
}

export function load8(address: usize): i32 {
  return load<u8>(address);
}

export function load16(address: usize): i32 {
  return load<i16>(address);
}

export function load32(address: usize): i32 {
  return load<i32>(address);
}

export function load64(address: usize): f64 {
  return load<f64>(address);
}

export function load128(address: usize): i32 {
  return i32x4.extract_lane(v128.load(address), 0);
}

/** The offset is part of the instruction. */
export function loadAt8(address: usize): i32 {
  return load<i32>(address, 8);
}

export function loadSplat(address: usize): i32 {
  return i32x4.extract_lane(v128.load32_splat(address), 0);
}

export function loadExtended(address: usize): i32 {
  return i16x8.extract_lane_s(v128.load8x8_u(address), 0);
}

export function loadZero(address: usize): i32 {
  return i32x4.extract_lane(v128.load64_zero(address), 0);
}

export function loadLane(address: usize): i32 {
  return i16x8.extract_lane_s(v128.load_lane<i16>(address, i16x8.splat(0), 1), 1);
}

export function store8(address: usize): void {
  store<u8>(address, 1);
}

export function store32(address: usize): void {
  store<f32>(address, 1);
}

export function store128(address: usize): void {
  v128.store(address, i32x4.splat(1));
}

export function storeLane(address: usize): void {
  v128.store_lane<i64>(address, i64x2.splat(1), 1);
}

export function fill(address: usize, bytes: usize): void {
  memory.fill(address, 1, bytes);
}

export function copy(target: usize, source: usize, bytes: usize): void {
  memory.copy(target, source, bytes);
}
