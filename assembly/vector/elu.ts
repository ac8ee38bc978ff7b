import {
  notTooSmall_f32x4,
  one_f32x4,
  powerOfTwo_f32x4,
  reducedExponential_f32x4,
  roundedExponent_f32x4,
} from "./exponential";

/**
 * ELU with α = 1 of eight floats in place: x for x > 0, e^x − 1 otherwise. At most 3 ULP from the true value, near zero as
 * well. Two vectors go side by side, so that neither waits for its own last step.
 */
export function elu_f32x8(address: usize): void {
  const zero = f32x4.splat(0);
  const x0 = v128.load(address);
  const x1 = v128.load(address, 16);
  const negative0 = notTooSmall_f32x4(f32x4.pmin(x0, zero));
  const negative1 = notTooSmall_f32x4(f32x4.pmin(x1, zero));
  const rounded0 = roundedExponent_f32x4(negative0);
  const rounded1 = roundedExponent_f32x4(negative1);
  const reduced0 = reducedExponential_f32x4(negative0, rounded0);
  const reduced1 = reducedExponential_f32x4(negative1, rounded1);
  v128.store(address, f32x4.add(f32x4.pmax(x0, zero), scaledBelow(reduced0, powerOfTwo_f32x4(rounded0))));
  v128.store(address, f32x4.add(f32x4.pmax(x1, zero), scaledBelow(reduced1, powerOfTwo_f32x4(rounded1))), 16);
}

/** e^x − 1 = 2^n (e^r − 1) + (2^n − 1); exactly zero for x = 0. */
function scaledBelow(reduced: v128, scale: v128): v128 {
  return f32x4.add(f32x4.mul(scale, reduced), f32x4.sub(scale, one_f32x4()));
}

/**
 * Derivative of ELU from its value h = ELU(x): 1 for x > 0, e^x = h + 1 otherwise. Exact up to the one addition. Where h is
 * NaN, as in channels that only pad a plane once a sum before them has overflowed, it is 1: there the gradient stays 0.
 */
export function eluSlope_f32x4(h: v128): v128 {
  // pmin(0, h) is h where h < 0 and otherwise 0; the other order would give NaN for NaN.
  return f32x4.add(f32x4.pmin(f32x4.splat(0), h), f32x4.splat(1));
}
