// Standard normal deviates, eight at a time: Box and Muller's method on uniform numbers of xoshiro128++ (Blackman and Vigna
// 2019), four generators side by side. Smoothing draws noise by the hundred thousand, so that here, unlike in
// inference/random.ts, speed counts.
//
// With u in (0, 1] and an angle a: √(−2 ln u) · cos a and √(−2 ln u) · sin a. u has 31 bits, so no deviate is larger than
// 6.67, which the true distribution exceeds once in 4e10 times. Logarithm, sine and cosine are polynomials, and u is rounded
// to 24 bits: the error of a deviate n is at most 2e-6 / |n|, and 2e-3 where |n| is smaller than a thousandth.

/** Each constant in all lanes, as in exponential.ts. */
// biome-ignore format: a row a constant
const CONSTANTS: usize = memory.data<f32>([
  1, 1, 1, 1,
  0.5, 0.5, 0.5, 0.5,
  4.656612873077393e-10, 4.656612873077393e-10, 4.656612873077393e-10, 4.656612873077393e-10,
  -1.3862943611198906, -1.3862943611198906, -1.3862943611198906, -1.3862943611198906,
  -4, -4, -4, -4,
  0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333,
  0.2, 0.2, 0.2, 0.2,
  0.14285714285714285, 0.14285714285714285, 0.14285714285714285, 0.14285714285714285,
  0.1111111111111111, 0.1111111111111111, 0.1111111111111111, 0.1111111111111111,
  1.462918079267160e-9, 1.462918079267160e-9, 1.462918079267160e-9, 1.462918079267160e-9,
  -0.16666666666666666, -0.16666666666666666, -0.16666666666666666, -0.16666666666666666,
  0.008333333333333333, 0.008333333333333333, 0.008333333333333333, 0.008333333333333333,
  -0.0001984126984126984, -0.0001984126984126984, -0.0001984126984126984, -0.0001984126984126984,
  2.7557319223985893e-6, 2.7557319223985893e-6, 2.7557319223985893e-6, 2.7557319223985893e-6,
  -0.5, -0.5, -0.5, -0.5,
  0.041666666666666664, 0.041666666666666664, 0.041666666666666664, 0.041666666666666664,
  -0.001388888888888889, -0.001388888888888889, -0.001388888888888889, -0.001388888888888889,
  0.0000248015873015873, 0.0000248015873015873, 0.0000248015873015873, 0.0000248015873015873,
], 16);
const ONE: usize = 0;
const HALF: usize = 16;
/** 2^−31. */
const UNIT: usize = 32;
/** −2 ln 2. */
const EXPONENT_WEIGHT: usize = 48;
const MINUS_FOUR: usize = 64;
/** 1/3, 1/5, 1/7, 1/9: the series of the inverse hyperbolic tangent. */
const LOGARITHM_3: usize = 80;
const LOGARITHM_5: usize = 96;
const LOGARITHM_7: usize = 112;
const LOGARITHM_9: usize = 128;
/** π/4 · 2^−29. */
const ANGLE: usize = 144;
/** −1/3!, 1/5!, −1/7!, 1/9!. */
const SINE_3: usize = 160;
const SINE_5: usize = 176;
const SINE_7: usize = 192;
const SINE_9: usize = 208;
/** −1/2!, 1/4!, −1/6!, 1/8!. */
const COSINE_2: usize = 224;
const COSINE_4: usize = 240;
const COSINE_6: usize = 256;
const COSINE_8: usize = 272;

/** Bits of √½: what lies above it up to √2 has the logarithm's smallest argument. */
const ROOT_OF_HALF: i32 = 0x3f3504f3;

/** u32 [4][4]: the four words of state, each for the four generators. */
const state: usize = memory.data(64, 16);

/** Starts the four generators from one number, through splitmix64 as the generator's authors advise. */
export function seedNormals(value: u64): void {
  let mixed = value;
  for (let at: usize = 0; at < 64; at += 8) {
    mixed += 0x9e3779b97f4a7c15;
    let z = mixed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    store<u64>(state + at, z ^ (z >> 31));
  }
}

function rotateLeft(value: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(value, bits), i32x4.shr_u(value, 32 - bits));
}

/** The next 32 random bits of each generator. */
function nextBits(): v128 {
  const s0 = v128.load(state);
  const s1 = v128.load(state, 16);
  const s2 = v128.xor(v128.load(state, 32), s0);
  const s3 = v128.load(state, 48);
  const result = i32x4.add(rotateLeft(i32x4.add(s0, s3), 7), s0);
  const mixed3 = v128.xor(s3, s1);
  v128.store(state, v128.xor(s0, mixed3));
  v128.store(state, v128.xor(s1, s2), 16);
  v128.store(state, v128.xor(s2, i32x4.shl(s1, 9)), 32);
  v128.store(state, rotateLeft(mixed3, 11), 48);
  return result;
}

/** −2 ln u for u in (0, 1]: 2^e·m with m in [√½, √2), ln m = 2 artanh s, s = (m − 1)/(m + 1), |s| ≤ .172. */
function minusTwiceLogarithm_f32x4(u: v128): v128 {
  const offset = i32x4.splat(ROOT_OF_HALF);
  const exponent = i32x4.shr_s(i32x4.sub(u, offset), 23);
  const m = i32x4.sub(u, i32x4.shl(exponent, 23));
  const one = v128.load(CONSTANTS, ONE);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const square = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.mul(v128.load(CONSTANTS, LOGARITHM_9), square), v128.load(CONSTANTS, LOGARITHM_7));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, LOGARITHM_5));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, LOGARITHM_3));
  const series = f32x4.add(s, f32x4.mul(f32x4.mul(s, square), p));
  return f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(exponent), v128.load(CONSTANTS, EXPONENT_WEIGHT)),
    f32x4.mul(v128.load(CONSTANTS, MINUS_FOUR), series),
  );
}

function sine_f32x4(x: v128, square: v128): v128 {
  let p = f32x4.add(f32x4.mul(v128.load(CONSTANTS, SINE_9), square), v128.load(CONSTANTS, SINE_7));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, SINE_5));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, SINE_3));
  return f32x4.add(x, f32x4.mul(f32x4.mul(x, square), p));
}

function cosine_f32x4(square: v128): v128 {
  let p = f32x4.add(f32x4.mul(v128.load(CONSTANTS, COSINE_8), square), v128.load(CONSTANTS, COSINE_6));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, COSINE_4));
  p = f32x4.add(f32x4.mul(p, square), v128.load(CONSTANTS, COSINE_2));
  return f32x4.add(v128.load(CONSTANTS, ONE), f32x4.mul(p, square));
}

/** Writes eight standard normal deviates, f32, to `target` (a multiple of 16) and the 16 bytes after it. */
export function drawNormals_f32x8(target: usize): void {
  const bits = i32x4.shr_u(nextBits(), 1);
  const u = f32x4.mul(f32x4.add(f32x4.convert_i32x4_s(bits), v128.load(CONSTANTS, HALF)), v128.load(CONSTANTS, UNIT));
  const radius = f32x4.sqrt(f32x4.pmax(minusTwiceLogarithm_f32x4(u), f32x4.splat(0)));
  // The angle is x + q π/2 with |x| ≤ π/4: two bits for the quarter, thirty for x.
  const turn = nextBits();
  const x = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(turn, 2)), v128.load(CONSTANTS, ANGLE));
  const square = f32x4.mul(x, x);
  const sine = sine_f32x4(x, square);
  const cosine = cosine_f32x4(square);
  const isOdd = i32x4.ne(v128.and(turn, i32x4.splat(1)), i32x4.splat(0));
  const sineSign = i32x4.shl(turn, 30);
  const cosineSign = i32x4.shl(i32x4.add(turn, i32x4.splat(1)), 30);
  const sign = i32x4.splat(i32.MIN_VALUE);
  const first = v128.xor(v128.bitselect(cosine, sine, isOdd), v128.and(sineSign, sign));
  const second = v128.xor(v128.bitselect(sine, cosine, isOdd), v128.and(cosineSign, sign));
  v128.store(target, f32x4.mul(radius, first));
  v128.store(target, f32x4.mul(radius, second), 16);
}
