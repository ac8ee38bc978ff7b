// e^x − 1 in four lanes, split so that both exp and ELU keep their relative accuracy.
//
// With n = round(x / ln 2) and r = x − n ln 2, |r| ≤ 0.3466:  e^x − 1 = 2^n (e^r − 1) + (2^n − 1).
// e^r − 1 is its Taylor polynomial to r^7; the remainder r^8/8! is at most 1.5e-8 of the value.
// ln 2 is subtracted in two parts (Cody and Waite), the first exact in its product with any |n| ≤ 127.
//
// Of minimum and maximum only pmin and pmax are used: they are one instruction on every machine, where f32x4.min and max
// take several to treat NaN and −0, which do not come here.

/**
 * The constants, each in all lanes: engines build a constant vector anew wherever it is used, and a load is cheaper.
 * ROUNDER is 3 · 2^22: added to a number of modest size it leaves the nearest whole number in the lowest bits.
 */
// biome-ignore format: one row per constant
const CONSTANTS: usize = memory.data<f32>([
  -87, -87, -87, -87,
  88, 88, 88, 88,
  1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 1.4426950408889634,
  12582912, 12582912, 12582912, 12582912,
  1, 1, 1, 1,
  0.693359375, 0.693359375, 0.693359375, 0.693359375,
  -2.12194440054690583e-4, -2.12194440054690583e-4, -2.12194440054690583e-4, -2.12194440054690583e-4,
  0.5, 0.5, 0.5, 0.5,
  0.16666666666666666, 0.16666666666666666, 0.16666666666666666, 0.16666666666666666,
  0.041666666666666664, 0.041666666666666664, 0.041666666666666664, 0.041666666666666664,
  0.008333333333333333, 0.008333333333333333, 0.008333333333333333, 0.008333333333333333,
  0.001388888888888889, 0.001388888888888889, 0.001388888888888889, 0.001388888888888889,
  0.0001984126984126984, 0.0001984126984126984, 0.0001984126984126984, 0.0001984126984126984,
], 16);
const SMALLEST_EXPONENT: usize = 0;
const LARGEST_EXPONENT: usize = 16;
const LOG2_E: usize = 32;
const ROUNDER: usize = 48;
const ONE: usize = 64;
const LN2_HIGH: usize = 80;
const LN2_LOW: usize = 96;
/** 1/2!, 1/3!, … 1/7!. */
const TAYLOR_2: usize = 112;
const TAYLOR_3: usize = 128;
const TAYLOR_4: usize = 144;
const TAYLOR_5: usize = 160;
const TAYLOR_6: usize = 176;
const TAYLOR_7: usize = 192;

/** 1 in all lanes. */
export function one_f32x4(): v128 {
  return v128.load(CONSTANTS, ONE);
}

/** x, but not below −87: there e^x is no normal f32 number any more, and ELU has long been −1. */
export function notTooSmall_f32x4(x: v128): v128 {
  return f32x4.pmax(x, v128.load(CONSTANTS, SMALLEST_EXPONENT));
}

/** The whole number n nearest to x / ln 2, |n| ≤ 127, still with ROUNDER added. */
export function roundedExponent_f32x4(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, v128.load(CONSTANTS, LOG2_E)), v128.load(CONSTANTS, ROUNDER));
}

/** 2^n, written straight into the exponent bits: shifted there, only n is left of ROUNDER + n. */
export function powerOfTwo_f32x4(rounded: v128): v128 {
  return i32x4.add(i32x4.shl(rounded, 23), one_f32x4());
}

/** e^r − 1 for r = x − n ln 2. */
export function reducedExponential_f32x4(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, v128.load(CONSTANTS, ROUNDER));
  const high = f32x4.sub(x, f32x4.mul(n, v128.load(CONSTANTS, LN2_HIGH)));
  const r = f32x4.sub(high, f32x4.mul(n, v128.load(CONSTANTS, LN2_LOW)));
  let p = f32x4.add(f32x4.mul(v128.load(CONSTANTS, TAYLOR_7), r), v128.load(CONSTANTS, TAYLOR_6));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, TAYLOR_5));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, TAYLOR_4));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, TAYLOR_3));
  p = f32x4.add(f32x4.mul(p, r), v128.load(CONSTANTS, TAYLOR_2));
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
}

/** e^x. At most 2 ULP from the true value for x in [−87, 88]; outside, the value at the nearer end. */
export function exp_f32x4(x: v128): v128 {
  // 88 is the largest whole number at which e^x does not overflow.
  const bounded = f32x4.pmin(notTooSmall_f32x4(x), v128.load(CONSTANTS, LARGEST_EXPONENT));
  const rounded = roundedExponent_f32x4(bounded);
  const scale = powerOfTwo_f32x4(rounded);
  return f32x4.add(scale, f32x4.mul(scale, reducedExponential_f32x4(bounded, rounded)));
}
