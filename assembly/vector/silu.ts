import { sigmoid_f32x4 } from "./sigmoid";

/** SiLU of four lanes, x · σ(x): the sigmoid's relative error plus one rounding. */
export function silu_f32x4(x: v128): v128 {
  return f32x4.mul(x, sigmoid_f32x4(x));
}

/** Its derivative, σ(x)(1 + x(1 − σ(x))). */
export function siluSlope_f32x4(x: v128): v128 {
  const one = f32x4.splat(1);
  const share = sigmoid_f32x4(x);
  return f32x4.mul(share, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, share))));
}
