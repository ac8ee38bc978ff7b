import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { describe, expect, it } from "vitest";

interface Lanes extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  capacity(): number;
  values(): number;
  applyExp(): void;
  applyElu(): void;
  applyEluSlope(): void;
  applySigmoid(): void;
  applySilu(): void;
}

const lanes = instantiateSync<Lanes>(readFileSync(new URL("../../build/lanes.wasm", import.meta.url)), {}).exports;

type Applied = "applyExp" | "applyElu" | "applyEluSlope" | "applySigmoid" | "applySilu";

function apply(name: Applied, inputs: Float32Array): Float32Array {
  const view = new Float32Array(lanes.memory.buffer, lanes.values(), lanes.capacity());
  view.fill(0);
  view.set(inputs);
  lanes[name]();
  return view.slice(0, inputs.length);
}

/** Distance from `value` to the true value, in units of the gap between f32 numbers there. */
function ulps(value: number, truth: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(truth))), -126);
  return Math.abs(value - truth) / 2 ** (exponent - 23);
}

/** Numbers spread evenly over a range, and evenly in their logarithm on both sides of zero. */
function sweep(low: number, high: number): Float32Array {
  const count = lanes.capacity();
  return Float32Array.from({ length: count }, (_, index) => {
    const share = Math.floor(index / 2) / (count / 2 - 1);
    if (index % 2 === 0) return low + (high - low) * share;
    const magnitude = 2 ** (-40 + 46 * share) * (index % 4 === 1 ? 1 : -1);
    return Math.min(Math.max(magnitude, low), high);
  });
}

function worst(outputs: Float32Array, inputs: Float32Array, truth: (x: number) => number): number {
  return inputs.reduce((most, x, index) => Math.max(most, ulps(outputs[index] as number, truth(x))), 0);
}

describe("vector functions", () => {
  it("exp is within 2 ULP from -87 to 88", () => {
    const inputs = sweep(-87, 88);
    expect(worst(apply("applyExp", inputs), inputs, Math.exp)).toBeLessThanOrEqual(2);
  });

  it("exp stays finite and positive outside that range", () => {
    const outputs = apply("applyExp", Float32Array.of(-1e30, -200, 200, 1e30));
    expect(outputs.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
  });

  it("ELU is within 3 ULP, near zero as well", () => {
    const inputs = sweep(-100, 100).filter((x) => x !== 0);
    const truth = (x: number): number => (x > 0 ? x : Math.expm1(x));
    expect(worst(apply("applyElu", inputs), inputs, truth)).toBeLessThanOrEqual(3);
  });

  it("ELU keeps zero at zero and tends to -1", () => {
    expect(Array.from(apply("applyElu", Float32Array.of(0, -1e30)))).toEqual([0, -1]);
  });

  it("the slope of ELU follows from its value", () => {
    const outputs = apply("applyEluSlope", Float32Array.of(3, 0, -0.25, -1));
    expect(Array.from(outputs)).toEqual([1, 1, 0.75, 0]);
  });

  it("sigmoid is within 3 ULP from -87 to 87", () => {
    const inputs = sweep(-87, 87);
    expect(worst(apply("applySigmoid", inputs), inputs, (x) => 1 / (1 + Math.exp(-x)))).toBeLessThanOrEqual(3);
  });

  it("SiLU is within 4 ULP from -87 to 87", () => {
    const inputs = sweep(-87, 87).filter((x) => x !== 0);
    expect(worst(apply("applySilu", inputs), inputs, (x) => x / (1 + Math.exp(-x)))).toBeLessThanOrEqual(4);
  });
});
