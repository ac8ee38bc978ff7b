import { exp_f32x4, one_f32x4 } from "./exponential";

/** 1 / (1 + e^−x). At most 3 ULP from the true value for x in [−87, 87]. */
export function sigmoid_f32x4(x: v128): v128 {
  return f32x4.div(one_f32x4(), f32x4.add(one_f32x4(), exp_f32x4(f32x4.neg(x))));
}
