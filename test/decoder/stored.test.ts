import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../../src/weights/stored-tensor.ts";
import { referenceLossAndGradient } from "../reference/decoder.ts";
import { halfValue, storedValues } from "../reference/stored.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, shapes } from "../support/random-model.ts";

interface Lanes extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  values(): number;
  applyExpand(element: number, source: number, scales: number, target: number, runs: number, length: number): void;
}

const lanes = instantiateSync<Lanes>(readFileSync(new URL("../../build/lanes.wasm", import.meta.url)), {}).exports;
const ELEMENTS = { F32: 0, F16: 1, I8: 2 };
const UNTOUCHED = 12345;

/** Expands by the kernel; also looks that it writes nothing past the last value. */
function expanded(tensor: StoredTensor, runs: number, length: number): Float32Array {
  const start = lanes.values();
  const [scales, target] = [start + 65536, start + 131072];
  const { values, element } = tensor;
  new Uint8Array(lanes.memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  if (element === "I8") new Float32Array(lanes.memory.buffer, scales).set(tensor.scales);
  const result = new Float32Array(lanes.memory.buffer, target, runs * length + 16).fill(UNTOUCHED);
  lanes.applyExpand(ELEMENTS[element], start, scales, target, runs, length);
  expect(Array.from(result.subarray(runs * length))).toEqual(new Array(16).fill(UNTOUCHED));
  return result.slice(0, runs * length);
}

describe("the expansion of stored numbers", () => {
  it("gives every finite half its value", () => {
    for (let from = 0; from < 65536; from += 4096) {
      const values = Uint16Array.from({ length: 4096 }, (_, index) => from + index).filter(
        (bits) => (bits & 0x7c00) !== 0x7c00,
      );
      if (values.length === 0) continue;
      expect(expanded({ element: "F16", values }, 1, values.length)).toEqual(Float32Array.from(values, halfValue));
    }
  });

  it("gives subnormal halves and both zeros", () => {
    const found = expanded({ element: "F16", values: Uint16Array.of(0, 0x8000, 1, 0x8001, 0x3ff, 0x400) }, 1, 6);
    expect(Array.from(found)).toEqual([0, -0, 2 ** -24, -(2 ** -24), 1023 * 2 ** -24, 2 ** -14]);
  });

  it("agrees with one number at a time for runs of any length", () => {
    const element = fc.constantFrom("F32" as const, "F16" as const, "I8" as const);
    const numbers = fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        element,
        numbers,
        fc.integer({ min: 1, max: 40 }),
        fc.float({ min: 1, max: 8 }),
        (kind, all, length, scale) => {
          const runs = Math.max(1, Math.floor(all.length / length));
          const at = (index: number): number => all[index % all.length] as number;
          const places = Array.from({ length: runs * length }, (_, index) => at(index));
          const tensors: Record<StoredTensor["element"], StoredTensor> = {
            F32: { element: "F32", values: Float32Array.from(places, (value) => value * scale) },
            F16: { element: "F16", values: Uint16Array.from(places, (value) => (value & 0x83ff) | 0x3000) },
            I8: {
              element: "I8",
              values: Int8Array.from(places),
              scales: Float32Array.from({ length }, (_, channel) => (channel + 1) * scale),
            },
          };
          // In a run every value has a channel of its own.
          expect(expanded(tensors[kind], runs, length)).toEqual(storedValues(tensors[kind], 1, 1));
        },
      ),
      { seed: 6, numRuns: 300 },
    );
  });
});

describe("a decoder of stored numbers", () => {
  for (const [name, layers] of Object.entries(shapes)) {
    it.each(["F16", "I8"] as const)(`agrees with the double-precision reference, ${name}, %s`, (element) => {
      const model = randomModel(layers, { latents: 5, prototypes: 3, seed: 4, element });
      const engine = engineFor(model);
      const image = randomImage(3);
      engine.setImage(image);
      model.classes.forEach((_, index) => {
        const latent = Float32Array.from({ length: 5 }, (_, axis) => axis / 3 - 0.6 + index / 5);
        engine.setLatent(index, latent);
        const wanted = referenceLossAndGradient(model, index, latent, image);
        const found = engine.evaluateWithGradient(index);
        expect(Math.abs(found.loss - wanted.loss)).toBeLessThan(1e-6);
        const size = Math.max(...wanted.gradient.map(Math.abs));
        for (const [axis, value] of wanted.gradient.entries()) {
          expect(Math.abs(value - (found.gradient[axis] as number)) / size).toBeLessThan(2e-5);
        }
      });
      const prototypes = (model.prototypes as { latents: StoredTensor }).latents;
      expect(engine.prototypes).toEqual(storedValues(prototypes, model.classes.length, 1));
    });
  }
});
