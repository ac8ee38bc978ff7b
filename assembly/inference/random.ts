// Seeded normal deviates. The arithmetic is AssemblyScript's own (compiled into the module), so every host draws the
// same bits. Generator: xorshift128+ (Vigna 2017) seeded through splitmix64; normals by Box and Muller's method.

import { floats } from "../bytes";

let stateA: u64 = 1;
let stateB: u64 = 2;

/** Begins a sequence anew; the same value gives the same deviates. */
export function seed(value: u64): void {
  stateA = splitmix(value);
  stateB = splitmix(stateA);
}

function splitmix(value: u64): u64 {
  let z = value + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** Uniform in (0, 1]: never 0, so that its logarithm is finite. */
function uniform(): f64 {
  let a = stateA;
  const b = stateB;
  stateA = b;
  a ^= a << 23;
  stateB = a ^ b ^ (a >> 18) ^ (b >> 5);
  return <f64>((stateB + b) >> 11) * (1.0 / 9007199254740992.0) + 1.0 / 9007199254740992.0;
}

/** Fills `target`, f32 [count], with `count` standard normal deviates (f32). Two come from each pair of uniforms. */
export function fillNormal(target: usize, count: i32): void {
  for (let index = 0; index < count; index += 2) {
    const radius = sqrt<f64>(-2.0 * NativeMath.log(uniform()));
    const angle = 2.0 * NativeMath.PI * uniform();
    const at = target + floats(index);
    store<f32>(at, <f32>(radius * NativeMath.cos(angle)));
    if (index + 1 < count) store<f32>(at, <f32>(radius * NativeMath.sin(angle)), 4);
  }
}
