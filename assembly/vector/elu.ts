import { exponentOf_f32x4, powerOfTwo_f32x4, reducedExponential_f32x4, SMALLEST_EXPONENT } from "./exponential";

/** ELU with α = 1: x for x > 0, e^x − 1 otherwise. At most 3 ULP from the true value, near zero as well. */
export function elu_f32x4(x: v128): v128 {
  const zero = f32x4.splat(0);
  const negative = f32x4.max(f32x4.min(x, zero), f32x4.splat(SMALLEST_EXPONENT));
  const n = exponentOf_f32x4(negative);
  const scale = powerOfTwo_f32x4(n);
  const below = f32x4.add(f32x4.mul(scale, reducedExponential_f32x4(negative, n)), f32x4.sub(scale, f32x4.splat(1)));
  return v128.bitselect(x, below, f32x4.gt(x, zero));
}

/** Derivative of ELU from its value h = ELU(x): 1 for x > 0, e^x = h + 1 otherwise. Exact up to the one addition. */
export function eluSlope_f32x4(h: v128): v128 {
  return f32x4.add(f32x4.min(h, f32x4.splat(0)), f32x4.splat(1));
}
