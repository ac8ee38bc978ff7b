/** (lane 0 + lane 2) + (lane 1 + lane 3): the one order in which this module ever sums lanes. */
export function sum_f32x4(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}
