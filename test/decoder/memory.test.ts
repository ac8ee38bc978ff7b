import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  HEADER_WORDS,
  INPUT_WORD,
  LAYER_COUNT_WORD,
  LAYER_WORDS,
  OUTPUT_WORD,
  WORD_BYTES,
} from "../../format/bundle.ts";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import { WeightsError } from "../../src/weights/errors.ts";
import type { Model } from "../../src/weights/model.ts";
import { randomConfidence } from "../support/confidence.ts";
import { initialPages, withMemoryLimit } from "../support/limited-memory.ts";
import { randomImage, randomModel, randomRaceTables, shapes } from "../support/random-model.ts";

const PAGE = 65536;
const OUT_OF_MEMORY = 2;

/** What this test calls of the module itself. */
interface Exports {
  memory: WebAssembly.Memory;
  reserveBundle(length: number): number;
  load(bundle: number): number;
}

const built = readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
const unlimited = new WebAssembly.Module(built);
const limitedTo = (pages: number): WebAssembly.Module => new WebAssembly.Module(withMemoryLimit(built, pages));

const instantiate = (module: WebAssembly.Module): WebAssembly.Instance => new WebAssembly.Instance(module, {});

/** A model with everything that takes memory: prototypes, tables for a race, a fitted confidence. */
function wholeModel(layers: readonly Record<string, unknown>[], seed: number): Model {
  const model = randomModel(layers, { latents: 5, classes: 2, seed, prototypes: 700, element: "I8" });
  const confidence = { ...model.confidence, calibrated: randomConfidence(seed, 2) };
  return { ...model, confidence, race: randomRaceTables(model, {}, "I8") };
}

/** Reserves and loads a bundle. Returns `load`'s answer, or that of a bundle for which there is no room. */
function load(instance: WebAssembly.Instance, bundle: Uint8Array): number {
  const { memory, reserveBundle, load } = instance.exports as unknown as Exports;
  const address = reserveBundle(bundle.length);
  if (address === 0) return OUT_OF_MEMORY;
  new Uint8Array(memory.buffer, address, bundle.length).set(bundle);
  return load(address);
}

/** What lies below the region that the module hands out: unused bytes, the frozen bundle, constants, buffers of a fixed size. */
function staticData(instance: WebAssembly.Instance): Uint8Array {
  const { memory, reserveBundle } = instance.exports as unknown as Exports;
  return new Uint8Array(memory.buffer, 0, reserveBundle(0)).slice();
}

const countPages = (instance: WebAssembly.Instance): number =>
  (instance.exports as unknown as Exports).memory.buffer.byteLength / PAGE;

/** Loss and gradient of every class at one latent. */
function evaluate(engine: Engine): unknown {
  engine.setImage(randomImage(4));
  return Array.from({ length: engine.classes }, (_, index) => {
    engine.setLatent(index, new Float32Array(engine.latents).fill(0.5 - index));
    return engine.evaluateWithGradient(index);
  });
}

describe("a module that gets no more memory", () => {
  it.each(Object.entries(shapes))("refuses the model in words and writes nowhere: %s", (name, layers) => {
    const bundle = writeBundle(wholeModel(layers, name.length));
    const whole = instantiate(unlimited);
    const before = staticData(whole);
    expect(load(whole, bundle)).toBe(0);
    const after = staticData(whole);
    const engine = new Engine(instantiate(unlimited), bundle);
    const wanted = evaluate(engine);
    let refused = 0;
    let loaded = 0;
    const first = initialPages(built);
    const last = engine.memoryBytes / PAGE;
    expect(last).toBeGreaterThan(first);
    for (let pages = first; pages <= last; ++pages) {
      const module = limitedTo(pages);
      const instance = instantiate(module);
      const status = load(instance, bundle);
      expect([0, OUT_OF_MEMORY], `${pages} pages`).toContain(status);
      expect(countPages(instance)).toBeLessThanOrEqual(pages);
      if (status === OUT_OF_MEMORY) ++refused;
      else ++loaded;
      // Decoders may be packed before a later reservation is refused: what they leave, a load that succeeds leaves as well.
      const found = staticData(instance);
      expect(found.every((byte, at) => byte === before[at] || byte === after[at])).toBe(true);
      let limited: Engine | undefined;
      try {
        limited = new Engine(instantiate(module), bundle);
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
        expect((error as Error).message).toMatch(/^not enough memory for (this model|a model of \d+ bytes)$/);
      }
      if (limited === undefined) expect(pages).toBeLessThan(last);
      else expect(evaluate(limited), `${pages} pages`).toEqual(wanted);
    }
    expect(refused).toBeGreaterThan(0);
    expect(loaded).toBeGreaterThan(0);
  });

  it("refuses at any place of the model's end within a page", () => {
    const layers = shapes["fully connected"] as readonly Record<string, unknown>[];
    // Floats are packed without scratch, so that small buffers after the weights find no room either.
    const model = randomModel(layers, { latents: 2, classes: 2 });
    const needed = new Engine(instantiate(unlimited), writeBundle(model)).memoryBytes / PAGE;
    const modules = [-1, 0, 1].map((more) => limitedTo(needed + more));
    let refused = 0;
    for (let length = 1; length <= PAGE; length += 1440) {
      const bundle = writeBundle({ ...model, classes: ["a".repeat(length), "b"] });
      for (const module of modules) {
        const instance = instantiate(module);
        const before = staticData(instance);
        if (load(instance, bundle) === 0) {
          const { reconstruct, latentsAddress } = instance.exports as Record<string, (value?: number) => number>;
          expect(latentsAddress?.()).toBeGreaterThanOrEqual(before.length);
          reconstruct?.(1);
        } else ++refused;
        expect(Buffer.compare(staticData(instance), before), `${length} letters`).toBe(0);
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it("refuses every prototype of 700,000 a class, and works on", () => {
    const layers = shapes["fully connected"] as readonly Record<string, unknown>[];
    const small = randomModel(layers, { latents: 2, classes: 8, element: "I8" });
    const count = 700_000;
    const values = new Int8Array(8 * count * 2).fill(3);
    const model: Model = {
      ...small,
      prototypes: { count, latents: { element: "I8", values, scales: new Float32Array(8 * 2).fill(0.01) } },
    };
    const engine = new Engine(instantiate(unlimited), writeBundle(model));
    const wanted = evaluate(new Engine(instantiate(unlimited), writeBundle(small)));
    expect(() => engine.setStarts("prototypes", engine.prototypes)).toThrow(
      "not enough memory for 700000 prototypes of 8 classes",
    );
    expect(evaluate(engine)).toEqual(wanted);
  });

  it("refuses what ends beyond 2 GiB before it reads a weight", () => {
    const bundle = writeBundle(
      randomModel(
        [
          { kind: "dense", channels: 1, height: 7, width: 7 },
          { kind: "elu" },
          { kind: "pixel_shuffle_convolution", channels: 1, kernel: 3, upscale: 2 },
          { kind: "elu" },
          { kind: "pixel_shuffle_convolution", channels: 1, kernel: 3, upscale: 2 },
          { kind: "sigmoid" },
        ],
        { latents: 2, classes: 2, element: "I8" },
      ),
    );
    // 1024 channels throughout, of which the weights alone would take 2.4 GB as they are packed; the bundle holds none of them.
    const view = new DataView(bundle.buffer);
    const layers = view.getUint32(WORD_BYTES * LAYER_COUNT_WORD, true);
    const setChannels = (layer: number, word: number): void =>
      view.setUint32(WORD_BYTES * (HEADER_WORDS + LAYER_WORDS * layer + word), 1024, true);
    for (let layer = 0; layer < layers; ++layer) {
      if (layer > 0) setChannels(layer, INPUT_WORD);
      if (layer < layers - 1) setChannels(layer, OUTPUT_WORD);
    }
    expect(() => new Engine(instantiate(unlimited), bundle)).toThrow(
      new WeightsError("not enough memory for this model"),
    );
  });
});
