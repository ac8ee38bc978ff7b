// e^x − 1 in four lanes, split so that both exp and ELU keep their relative accuracy.
//
// With n = round(x / ln 2) and r = x − n ln 2, |r| ≤ 0.3466:  e^x − 1 = 2^n (e^r − 1) + (2^n − 1).
// e^r − 1 is its Taylor polynomial to r^7; the remainder r^8/8! is at most 1.5e-8 of the value.
// ln 2 is subtracted in two parts (Cody and Waite), the first exact in its product with any |n| ≤ 127.

const LOG2_E: f32 = 1.4426950408889634;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;

/** Below this e^x is no normal f32 number any more, and ELU has long been −1. */
export const SMALLEST_EXPONENT: f32 = -87.0;
/** Above this e^x overflows. */
export const LARGEST_EXPONENT: f32 = 88.0;

/** 2^n for whole numbers n in −126..127, written straight into the exponent bits. */
export function powerOfTwo_f32x4(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}

/** The whole number n nearest to x / ln 2. */
export function exponentOf_f32x4(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2_E)));
}

/** e^r − 1 for r = x − n ln 2. */
export function reducedExponential_f32x4(x: v128, n: v128): v128 {
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  const r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.0 / 5040.0);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), p));
}

/** e^x. At most 2 ULP from the true value for x in [−87, 88]; outside, the value at the nearer end. */
export function exp_f32x4(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(SMALLEST_EXPONENT)), f32x4.splat(LARGEST_EXPONENT));
  const n = exponentOf_f32x4(bounded);
  const scale = powerOfTwo_f32x4(n);
  return f32x4.add(scale, f32x4.mul(scale, reducedExponential_f32x4(bounded, n)));
}
