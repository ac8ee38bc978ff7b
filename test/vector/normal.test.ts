import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { describe, expect, it } from "vitest";
import { normalShareBelow } from "../../src/certify/normal-distribution.ts";

interface Lanes extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  capacity(): number;
  values(): number;
  fillNormals(seed: bigint): void;
}

const lanes = instantiateSync<Lanes>(readFileSync(new URL("../../build/lanes.wasm", import.meta.url)), {}).exports;

function draw(seed: number): Float32Array {
  lanes.fillNormals(BigInt(seed));
  return new Float32Array(lanes.memory.buffer, lanes.values(), lanes.capacity()).slice();
}

const MASK = 0xffffffffn;

/** What drawNormals_f32x8 should write, in double precision. */
function reference(seed: number, count: number): Float64Array {
  const words: bigint[] = [];
  let mixed = BigInt(seed);
  for (let index = 0; index < 8; ++index) {
    mixed = BigInt.asUintN(64, mixed + 0x9e3779b97f4a7c15n);
    let z = mixed;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    z ^= z >> 31n;
    words.push(z & MASK, z >> 32n);
  }
  const states = [0, 1, 2, 3].map((lane) => [0, 4, 8, 12].map((word) => words[word + lane] as bigint));
  const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & MASK;
  const next = (s: bigint[]): number => {
    const [s0, s1, s2, s3] = s as [bigint, bigint, bigint, bigint];
    const result = (rotate((s0 + s3) & MASK, 7n) + s0) & MASK;
    const c = s2 ^ s0;
    const d = s3 ^ s1;
    s[1] = s1 ^ c;
    s[0] = s0 ^ d;
    s[2] = c ^ ((s1 << 9n) & MASK);
    s[3] = rotate(d, 11n);
    return Number(result);
  };
  const found = new Float64Array(count);
  for (let at = 0; at < count; at += 8) {
    const bits = states.map(next);
    const turns = states.map(next);
    for (let lane = 0; lane < 4; ++lane) {
      const u = ((bits[lane] as number) >>> 1) + 0.5;
      const turn = (turns[lane] as number) | 0;
      const angle = (turn >> 2) * (Math.PI / 4) * 2 ** -29 + (turn & 3) * (Math.PI / 2);
      const radius = Math.sqrt(-2 * Math.log(Math.min(1, u * 2 ** -31)));
      found[at + lane] = radius * Math.sin(angle);
      found[at + 4 + lane] = radius * Math.cos(angle);
    }
  }
  return found;
}

describe("normal deviates", () => {
  it("are those of exact functions, but for the bound that the kernel states", () => {
    for (const seed of [0, 1, 2 ** 32 - 1]) {
      const expected = reference(seed, 4096);
      const drawn = draw(seed);
      // u itself is rounded to 24 bits, which matters where −ln u is small: an error of 3e-8 under the root.
      const worst = expected.reduce((most, value, at) => {
        const error = Math.abs(value - (drawn[at] as number));
        return Math.max(most, error * Math.max(Math.abs(value), 1e-3));
      }, 0);
      expect(worst).toBeLessThan(2e-6);
    }
  });

  it("have the distribution's shares, moments and no correlation", () => {
    const drawn = Array.from({ length: 8 }, (_, seed) => Array.from(draw(seed + 10))).flat();
    const n = drawn.length;
    const moment = (power: number): number => drawn.reduce((sum, value) => sum + value ** power, 0) / n;
    // Four standard errors each: of xᵏ the variance is (2k − 1)!! less the square of the mean.
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    const sorted = Float64Array.from(drawn).sort();
    const distance = sorted.reduce(
      (most, value, rank) => Math.max(most, Math.abs(normalShareBelow(value) - (rank + 0.5) / n)),
      0,
    );
    // Kolmogorov's bound at a level of 1e-3.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
    for (const lag of [1, 2, 3, 4, 8, 784]) {
      const correlation =
        drawn.slice(lag).reduce((sum, value, at) => sum + value * (drawn[at] as number), 0) / (n - lag);
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  it("differ from seed to seed and are the same for the same one", () => {
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});
