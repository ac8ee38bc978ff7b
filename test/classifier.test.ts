import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { RACE_RULES } from "../src/effort.ts";
import { type Classifier, createClassifier } from "../src/entries/node.ts";
import { randomConfidence } from "./support/confidence.ts";
import { runsDebugBuild } from "./support/debug-module.ts";
import { randomImage, randomModel, shapes } from "./support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "./support/weights-file.ts";

const wasm = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
let abs: Classifier;

beforeAll(async () => {
  abs = await createClassifier();
});

/** Of an image: the first look, four other views, and the one chosen once more. */
const MOST_RACES = 6;

describe("createClassifier", () => {
  it.each<[string, () => Promise<unknown> | unknown]>([
    ["its bytes", () => wasm],
    ["a compiled module", () => WebAssembly.compile(wasm)],
    ["a response", () => new Response(wasm)],
    ["a URL", () => new URL(`data:application/wasm;base64,${wasm.toString("base64")}`)],
  ])("takes the module as %s", async (_, module) => {
    const other = await createClassifier({ module: (await module()) as never });
    const image = randomImage(1);
    expect(other.classify(image)).toEqual(abs.classify(image));
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["an unknown inference", { inference: "magic" }, /inference: got "magic", wanted "race" or "paper"/],
    ["an unknown effort", { effort: "heroic" }, /effort: got "heroic", wanted "quick" or "standard" or "thorough"/],
    ["an unknown confidence", { confidence: "high" }, /confidence: got "high", wanted "calibrated" or "paper"/],
    ["a module of the wrong kind", { module: 7 }, /module: got a number, wanted a WebAssembly.Module/],
    [
      "a failed download",
      { module: new Response("no", { status: 404, statusText: "Not Found" }) },
      /answered 404 Not Found/,
    ],
    ["weights of the wrong kind", { weights: "file" }, /weights: got a string, wanted a Uint8Array or ArrayBuffer/],
    ["weights that are none", { weights: new Uint8Array(4) }, /not a safetensors file: 4 bytes/],
  ])("refuses %s", async (_, options, message) => {
    await expect(createClassifier(options as never)).rejects.toThrow(message);
  });

  it("loads custom weights with their own classes", async () => {
    const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
    const weights = writeWeightsFile(weightsFileParts(randomModel(layers, { latents: 5, classes: 4 }), layers));
    const custom = await createClassifier({ weights });
    expect(custom.classes).toEqual(["class 0", "class 1", "class 2", "class 3"]);
    expect(custom.latents).toBe(5);
    const { label, name, probabilities, losses } = custom.classify(randomImage(2));
    expect(name).toBe(`class ${label}`);
    expect(probabilities.length).toBe(4);
    expect(losses.length).toBe(4);
  });

  it("uses the fitted confidence where the weights bring one, the paper's otherwise or on request", async () => {
    const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
    const plain = randomModel(layers, { latents: 5, classes: 4 });
    const calibrated = randomConfidence(3, 4);
    const fitted = { ...plain, confidence: { ...plain.confidence, calibrated } };
    const weights = writeWeightsFile(weightsFileParts(fitted, layers));
    const without = writeWeightsFile(weightsFileParts(plain, layers));
    const image = randomImage(2);
    const byDefault = await createClassifier({ weights });
    const asked = await createClassifier({ weights, confidence: "calibrated" });
    const paper = await createClassifier({ weights, confidence: "paper" });
    const fallback = await createClassifier({ weights: without });
    expect([byDefault, asked, paper, fallback].map(({ confidence }) => confidence)).toEqual([
      "calibrated",
      "calibrated",
      "paper",
      "paper",
    ]);
    const found = byDefault.classify(image);
    expect(asked.classify(image)).toEqual(found);
    expect(fallback.classify(image)).toEqual(paper.classify(image));
    expect(paper.classify(image).probabilities).not.toEqual(found.probabilities);
    expect(found.evaluations).toBe(paper.classify(image).evaluations + 1);
    expect(paper.classify(image).rejected).toBe(paper.classify(image).confidence < plain.confidence.paper.rejectBelow);
    await expect(createClassifier({ weights: without, confidence: "calibrated" })).rejects.toThrow(
      /these weights bring no calibrated confidence, only "paper"/,
    );
  });

  it.skipIf(runsDebugBuild)("holds at most 24 MiB by default", () => {
    abs.classify(randomImage(3));
    expect(abs.memoryBytes).toBeLessThanOrEqual(24 * 2 ** 20);
  });
});

describe("classify", () => {
  it("decides by the smallest loss and reports a distribution", () => {
    for (let seed = 0; seed < 5; ++seed) {
      const { label, losses, probabilities, confidence, evaluations } = abs.classify(randomImage(seed));
      expect(losses[label]).toBe(Math.min(...losses));
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(confidence).toBe(Math.max(...probabilities));
      // Such images are hard: no class redraws them well. The confidence takes the redrawing that the race has kept.
      expect(evaluations).toBeGreaterThan(10);
      expect(evaluations).toBeLessThanOrEqual(MOST_RACES * 10 * RACE_RULES.standard.ceilingPerClass);
    }
  });

  it("keeps to the ceiling of its effort, which hard images reach", async () => {
    for (const effort of ["quick", "standard", "thorough"] as const) {
      const classifier = await createClassifier({ effort });
      const spent = Array.from({ length: 20 }, (_, seed) => classifier.classify(randomImage(seed)).evaluations);
      expect(Math.max(...spent)).toBeLessThanOrEqual(MOST_RACES * 10 * RACE_RULES[effort].ceilingPerClass);
      // Each race of a quick search ends after 2 for each class where the image is hard, as most noise is.
      const atCeiling = spent.filter((evaluations) => evaluations > 0 && evaluations % 20 === 0);
      if (effort === "quick") expect(atCeiling.length).toBeGreaterThan(10);
    }
  });

  it("recognises its own drawings and rejects noise", () => {
    let right = 0;
    for (let digit = 0; digit < 10; ++digit) {
      for (const drawing of abs.sample(digit, { seed: 5, count: 5 })) {
        if (abs.classify(drawing).label === digit) ++right;
      }
    }
    expect(right).toBeGreaterThanOrEqual(40);
    const noise = abs.classify(randomImage(8));
    expect(noise.rejected).toBe(true);
    expect(noise.confidence).toBeLessThan(0.2);
  });

  it("gives the same for bytes as for their 255ths", () => {
    const bytes = Uint8Array.from(randomImage(4), (value) => Math.round(255 * value));
    const floats = Float32Array.from(bytes, (value) => value / 255);
    const expected = abs.classify(floats);
    expect(abs.classify(bytes)).toEqual(expected);
    expect(abs.classify(Uint8ClampedArray.from(bytes))).toEqual(expected);
    expect(abs.classify(Float64Array.from(floats))).toEqual(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ["a wrong length", new Float32Array(783), /got 783 values, wanted 784/],
    ["an empty array", new Float32Array(0), /got 0 values, wanted 784/],
    ["NaN", new Float32Array(784).fill(0.5).fill(Number.NaN, 3, 4), /got NaN at pixel 3, wanted a number in \[0, 1\]/],
    ["infinity", new Float32Array(784).fill(Number.POSITIVE_INFINITY, 9, 10), /got Infinity at pixel 9/],
    ["a value above 1", new Float32Array(784).fill(255, 100, 101), /got 255 at pixel 100/],
    ["a negative value", new Float32Array(784).fill(-0.1, 783), /at pixel 783/],
    ["another kind of array", new Int16Array(784), /got Int16Array, wanted a Float32Array/],
    ["a plain array", new Array(784).fill(0), /got Array, wanted/],
    ["nothing", undefined, /got undefined, wanted/],
    ["text", "7", /got a string, wanted/],
  ])("refuses %s and works on", (_, image, message) => {
    const before = abs.classify(randomImage(6));
    for (const call of ["classify", "explain", "lossAndGradient"] as const) {
      expect(() => abs[call](image as never)).toThrow(message);
    }
    expect(abs.classify(randomImage(6))).toEqual(before);
  });
});

describe("label", () => {
  it.skipIf(runsDebugBuild)("is what classify says", async () => {
    for (const options of [{}, { inference: "paper" }, { variant: "binary-abs" }] as const) {
      const abs = await createClassifier(options);
      for (const label of [0, 3, 8]) {
        const image = abs.sample(label)[0] as Float32Array;
        expect(abs.label(image)).toBe(abs.classify(image).label);
      }
    }
  });

  it("refuses what classify refuses", async () => {
    const abs = await createClassifier();
    expect(() => abs.label(new Float32Array(783))).toThrow("got 783 values, wanted 784");
  });
});

describe("classifyBatch", () => {
  it("equals single calls, bit for bit", () => {
    const images = [0, 1, 2].map(randomImage);
    const batch = new Float32Array(3 * 784);
    images.forEach((image, index) => {
      batch.set(image, index * 784);
    });
    expect(abs.classifyBatch(batch)).toEqual(images.map((image) => abs.classify(image)));
    expect(abs.classifyBatch(new Float32Array(0))).toEqual([]);
  });

  it("says which image is at fault", () => {
    const batch = new Float32Array(3 * 784).fill(2, 784 + 5, 784 + 6);
    expect(() => abs.classifyBatch(batch)).toThrow("got 2 at pixel 5 of image 1");
    expect(() => abs.classifyBatch(new Float32Array(785))).toThrow("got 785 values, wanted a multiple of 784");
  });
});

describe("sample and decode", () => {
  it("draw the same for the same seed", () => {
    expect(abs.sample(2, { seed: 9, count: 3 })).toEqual(abs.sample(2, { seed: 9, count: 3 }));
    expect(abs.sample(2, { seed: 9 })).not.toEqual(abs.sample(2, { seed: 10 }));
    expect(abs.sample(2)).toHaveLength(1);
  });

  it("refuse what they cannot draw", () => {
    expect(() => abs.sample(10)).toThrow("label: got 10, wanted a whole number from 0 to 9");
    expect(() => abs.sample(1, { count: 0 })).toThrow("count: got 0");
    expect(() => abs.sample(1, { seed: -1 })).toThrow("seed: got -1");
    expect(() => abs.decode(1, [0])).toThrow(/latent: got 1 values, wanted \d+/);
    const latent = new Array(abs.latents).fill(0);
    latent[1] = Number.NaN;
    expect(() => abs.decode(1, latent)).toThrow("latent: got NaN at place 1, wanted a number from -1000000 to 1000000");
    expect(() => abs.decode(1.5, latent)).toThrow("label: got 1.5");
  });

  it("stay in [0, 1] for latents far out", () => {
    const far = abs.decode(4, new Array(abs.latents).fill(1e6));
    expect(far.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe("paper inference", () => {
  it("tells how far its table is built, on the first image, and keeps to 80 MiB beside the model", async () => {
    const calls: [number, number][] = [];
    const paper = await createClassifier({
      inference: "paper",
      onProgress: (done, total) => calls.push([done, total]),
    });
    const before = paper.memoryBytes;
    expect(calls).toEqual([]);
    paper.classify(randomImage(0));
    expect(calls.at(-1)).toEqual([80_000, 80_000]);
    expect(calls.length).toBeGreaterThan(10);
    expect(paper.memoryBytes - before).toBeLessThanOrEqual(80 * 2 ** 20);
    const count = calls.length;
    paper.classify(randomImage(1));
    expect(calls.length).toBe(count);
  });

  it("gives its table's memory back where the progress callback throws, and builds it the next time", async () => {
    let isBroken = true;
    const paper = await createClassifier({
      inference: "paper",
      onProgress: () => {
        if (isBroken) throw new Error("no more progress");
      },
    });
    expect(() => paper.classify(randomImage(0))).toThrow("no more progress");
    const held = paper.memoryBytes;
    for (let time = 0; time < 3; ++time) expect(() => paper.classify(randomImage(0))).toThrow("no more progress");
    expect(paper.memoryBytes).toBe(held);
    isBroken = false;
    const found = paper.classify(randomImage(0));
    // On the debug build another table takes long, and is looked at by the test before.
    if (runsDebugBuild) return;
    const whole = await createClassifier({ inference: "paper" });
    expect(found).toEqual(whole.classify(randomImage(0)));
  });
});

describe("dispose", () => {
  it("ends the classifier with a clear error", async () => {
    const other = await createClassifier();
    other.dispose();
    other.dispose();
    expect(() => other.classify(randomImage(0))).toThrow("this classifier has been disposed of");
  });
});
