import { floats } from "../bytes";
import { elu_f32x8, eluSlope_f32x4 } from "../vector/elu";
import { Plane, rowFloats, rowOf } from "./planes";

/** ELU in place over a plane whose channels are a multiple of 8. */
export function eluForward(plane: Plane): void {
  const rowEnd = floats(rowFloats(plane));
  for (let y = 0; y < plane.height; ++y) {
    const row = rowOf(plane, y);
    for (let at: usize = 0; at < rowEnd; at += 32) elu_f32x8(row + at);
  }
}

/** Turns the derivative with respect to h = ELU(x), in place, into the one with respect to x. */
export function eluGradient(values: Plane, gradients: Plane): void {
  const rowEnd = floats(rowFloats(values));
  for (let y = 0; y < values.height; ++y) {
    const value = rowOf(values, y);
    const gradient = rowOf(gradients, y);
    for (let at: usize = 0; at < rowEnd; at += 16) {
      const slope = eluSlope_f32x4(v128.load(value + at));
      v128.store(gradient + at, f32x4.mul(v128.load(gradient + at), slope));
    }
  }
}
