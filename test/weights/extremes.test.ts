import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  MOST_CLASSES,
  MOST_LATENTS,
  MOST_LAYERS,
  MOST_MULTIPLY_ADDS,
  MOST_MULTIPLY_ADDS_OF_ALL,
  MOST_PROTOTYPES,
  MOST_PROTOTYPES_OF_ALL,
  MOST_VALUES,
} from "../../format/limits.ts";
import { ModuleClassifier } from "../../src/classifier.ts";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import { multiplyAdds } from "../../src/weights/decoder-shape.ts";
import type { Model } from "../../src/weights/model.ts";
import { readWeights } from "../../src/weights/read.ts";
import { randomImage, randomModel, randomRaceTables } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

// The largest models that the limits allow (docs/weights-format.md#limits), one for each limit, and the smallest.

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

type Layers = readonly Record<string, unknown>[];
const dense = (channels: number, height: number, width: number) => ({ kind: "dense", channels, height, width });
const transposed = (channels: number, kernel: number, stride: number) => ({
  kind: "transposed_convolution",
  channels,
  kernel,
  stride,
});
/** Layers with what lies between and after them. */
const active = (...layers: Layers): Layers =>
  layers.flatMap((layer, at) => [layer, { kind: at === layers.length - 1 ? "sigmoid" : "elu" }]);

const tiny = active(dense(1, 28, 28));
const widest = active(dense(64, 14, 14), transposed(280, 2, 2), transposed(1, 1, 1));
const deepest = active(dense(1, 28, 28), ...Array.from({ length: MOST_LAYERS - 1 }, () => transposed(1, 1, 1)));
const heaviest = active(dense(1000, 1, 1), dense(1, 28, 28));

/** Numbers in the tensors that a model is stored in. */
function valuesOf({ weights, prototypes, race }: Model): number {
  const tensors = [
    ...weights.flatMap(({ weight, bias }) => [weight, bias]),
    ...(prototypes === undefined ? [] : [prototypes.latents]),
    ...(race?.tensors.map(({ tensor }) => tensor) ?? []),
  ];
  return tensors.reduce((sum, { values }) => sum + values.length, 0);
}

interface Extreme {
  readonly layers: Layers;
  readonly model: () => Model;
  /** How near to which limit it is. */
  readonly share: (model: Model) => number;
}

const EXTREMES: Readonly<Record<string, Extreme>> = {
  "the smallest": {
    layers: tiny,
    model: () => randomModel(tiny, { latents: 2, classes: 2, prototypes: 1 }),
    share: () => 1,
  },
  "that takes most multiply-adds": {
    layers: widest,
    model: () => randomModel(widest, { latents: 8, classes: 9, prototypes: 1, element: "I8" }),
    share: ({ layers, classes }) =>
      Math.min(
        multiplyAdds(layers) / MOST_MULTIPLY_ADDS,
        (classes.length * multiplyAdds(layers)) / MOST_MULTIPLY_ADDS_OF_ALL,
      ),
  },
  "with most layers": {
    layers: deepest,
    model: () => randomModel(deepest, { latents: 2, classes: 2, prototypes: 1 }),
    share: ({ layers }) => layers.length / MOST_LAYERS,
  },
  "with most numbers": {
    layers: heaviest,
    model: () => randomModel(heaviest, { latents: 32, classes: 9, prototypes: 1, element: "I8" }),
    share: (model) => valuesOf(model) / MOST_VALUES,
  },
  "with most prototypes of a class": {
    layers: tiny,
    model: () => randomModel(tiny, { latents: 2, classes: 4, prototypes: MOST_PROTOTYPES }),
    share: ({ prototypes }) => (prototypes?.count ?? 0) / MOST_PROTOTYPES,
  },
  "with most prototypes of all": {
    layers: tiny,
    model: () => randomModel(tiny, { latents: 2, classes: 64, prototypes: 312 }),
    share: ({ prototypes, classes }) => ((prototypes?.count ?? 0) * classes.length) / MOST_PROTOTYPES_OF_ALL,
  },
  "with most classes and latents": {
    layers: tiny,
    model: () => randomModel(tiny, { latents: MOST_LATENTS, classes: MOST_CLASSES, prototypes: 1, element: "F16" }),
    share: ({ classes, latents }) => Math.min(classes.length / MOST_CLASSES, latents / MOST_LATENTS),
  },
  "with the largest tables of a race": {
    layers: tiny,
    model: () => {
      const model = randomModel(tiny, { latents: 2, classes: MOST_CLASSES, element: "I8" });
      const sizes = { coefficients: 1024, proposalHidden: 1024, surrogateHidden: 64, candidates: 8 };
      return { ...model, race: randomRaceTables(model, sizes, "I8") };
    },
    share: (model) => valuesOf(model) / MOST_VALUES,
  },
};

const module = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));

/** Loads a file and searches by its model; what is returned does not keep the instance alive. */
function use(file: Uint8Array): WeakRef<WebAssembly.Instance> {
  const instance = new WebAssembly.Instance(module);
  const abs = new ModuleClassifier(new Engine(instance, writeBundle(readWeights(file))), "race", "quick");
  const image = randomImage(1);
  const found = abs.classify(image);
  expect(found.label).toBeLessThan(abs.classes.length);
  expect([...found.losses].every(Number.isFinite)).toBe(true);
  expect(abs.classify(image)).toEqual(found);
  expect(abs.decode(abs.classes.length - 1, new Float32Array(abs.latents))).toHaveLength(784);
  abs.dispose();
  expect(() => abs.classify(image)).toThrow("disposed of");
  return new WeakRef(instance);
}

describe("a model of the extremes", () => {
  it.each(Object.entries(EXTREMES))("%s is loaded, searched and freed", async (_, { layers, model, share }) => {
    const made = model();
    expect(share(made)).toBeGreaterThan(0.85);
    expect(share(made)).toBeLessThanOrEqual(1);
    const instance = use(writeWeightsFile(weightsFileParts(made, layers)));
    for (let turn = 0; turn < 20 && instance.deref() !== undefined; ++turn) {
      // A WeakRef that was looked at holds until the turn of the event loop ends.
      await new Promise((resolve) => setTimeout(resolve, 1));
      collectGarbage();
    }
    expect(instance.deref()).toBeUndefined();
  });
});
