// Numbers in the form in which a bundle stores them, and their expansion to f32: 16-bit floats, and whole numbers of
// 8 bits times a scale of their channel. Channels lie innermost, so a run of values has a run of scales.

import { F16, F32, I8 } from "../../format/bundle";
import { floats, halves } from "../bytes";

/** 2^112, which takes the exponent from the bias of 16-bit floats, 15, to that of f32, 127. */
const HALF_REBIAS: f32 = 5192296858534827628530496329220096.0;

/** Bytes that `count` values take. */
export function storedBytes(element: u32, count: i32): usize {
  return (<usize>count) << (element == F32 ? 2 : element == F16 ? 1 : 0);
}

/**
 * Expands `runs` runs of `length` values to f32. `scales`, f32 [length], is for I8 only and the same for every run.
 * Infinite and NaN halves are not expected; src/weights/tensors.ts refuses them.
 */
export function expand(element: u32, source: usize, scales: usize, target: usize, runs: i32, length: i32): void {
  const step = storedBytes(element, length);
  for (let run = 0; run < runs; ++run) {
    if (element == I8) expandWholeNumbers(source, scales, target, length);
    else if (element == F16) expandHalves(source, target, length);
    else memory.copy(target, source, step);
    source += step;
    target += floats(length);
  }
}

function expandWholeNumbers(source: usize, scales: usize, target: usize, count: i32): void {
  const main = count & ~7;
  let index = 0;
  for (; index < main; index += 8) {
    const numbers = v128.load8x8_s(source + <usize>index);
    const at = floats(index);
    const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(numbers));
    const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(numbers));
    v128.store(target + at, f32x4.mul(low, v128.load(scales + at)));
    v128.store(target + at, f32x4.mul(high, v128.load(scales + at, 16)), 16);
  }
  for (; index < count; ++index) {
    const at = floats(index);
    store<f32>(target + at, <f32>load<i8>(source + <usize>index) * load<f32>(scales + at));
  }
}

/** Shifted into place, a half's exponent and fraction are those of an f32 that is 2^112 too small; subnormals too. */
function expandHalves(source: usize, target: usize, count: i32): void {
  const rebias = f32x4.splat(HALF_REBIAS);
  const main = count & ~3;
  let index = 0;
  for (; index < main; index += 4) {
    const bits = v128.load16x4_u(source + halves(index));
    const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
    const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
    v128.store(target + floats(index), v128.or(f32x4.mul(magnitude, rebias), sign));
  }
  for (; index < count; ++index) {
    const bits = <u32>load<u16>(source + halves(index));
    const magnitude = reinterpret<f32>((bits & 0x7fff) << 13) * HALF_REBIAS;
    store<u32>(target + floats(index), reinterpret<u32>(magnitude) | ((bits & 0x8000) << 16));
  }
}
