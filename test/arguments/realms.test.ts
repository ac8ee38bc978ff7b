import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { attack, attackMinimum, distal, distanceBetween } from "../../src/entries/attacks.ts";
import { certifySmoothed, PrototypeClassifier } from "../../src/entries/certify.ts";
import { type Classifier, createClassifier, fitsMnist, preprocess } from "../../src/entries/node.ts";
import { runsDebugBuild } from "../support/debug-module.ts";
import { randomImage } from "../support/random-model.ts";

// Frames, jest's environments and Node's vm have classes of their own. What comes from them is as good as what is ours.

const wasm = readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
const realm = createContext({ ours: { wasm, URL } });
const image = randomImage(1);

/** A copy of a value made of numbers, texts, lists, objects and typed arrays, all of the other realm. */
const copy = runInContext(
  `(function copy(value) {
    if (Array.isArray(value)) return Array.from(value, copy);
    if (ArrayBuffer.isView(value)) return globalThis[value[Symbol.toStringTag]].from(value);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Array.from(Object.entries(value), ([key, item]) => [key, copy(item)]));
  })`,
  realm,
) as <Value>(value: Value) => Value;
const alien = <Value>(program: string): Value => runInContext(program, realm) as Value;

let abs: Classifier;
beforeAll(async () => {
  abs = await createClassifier();
});

it("copies values into another realm, for these tests", () => {
  expect(copy(image)).not.toBeInstanceOf(Float32Array);
  expect(copy([1])).not.toBeInstanceOf(Array);
  expect(copy({})).not.toBeInstanceOf(Object);
  expect(alien("new Error()")).not.toBeInstanceOf(Error);
});

describe("values of another realm", () => {
  it.each<[string, (pass: typeof copy) => unknown]>([
    ["classify", (pass) => abs.classify(pass(image))],
    ["classify of floats in 64 bits", (pass) => abs.classify(pass(Float64Array.from(image)))],
    ["classify of bytes", (pass) => abs.classify(pass(Uint8ClampedArray.from(image, (value) => 255 * value)))],
    ["classifyBatch", (pass) => abs.classifyBatch(pass(Float32Array.of(...image, ...image)))],
    ["label", (pass) => abs.label(pass(image))],
    ["explain", (pass) => abs.explain(pass(image)).classes.map(({ loss }) => loss)],
    ["lossAndGradient", (pass) => [...abs.lossAndGradient(pass(image)).losses]],
    ["certify", (pass) => abs.certify(pass(image), pass({ sigma: 0.25, samples: 200, seed: 3 }))],
    ["decode of a list", (pass) => abs.decode(3, pass(Array(abs.latents).fill(0.5)))],
    ["decode of an array", (pass) => abs.decode(3, pass(new Float64Array(abs.latents).fill(0.5)))],
    ["sample", (pass) => abs.sample(7, pass({ seed: 1 }))],
    ["preprocess", (pass) => preprocess(pass({ data: Uint8Array.from(image, (v) => 255 * v), width: 28, height: 28 }))],
    ["fitsMnist", (pass) => fitsMnist(pass({ data: image, width: 28, height: 28 }))],
    [
      "attack",
      (pass) => attack("fgsm", abs, pass(image), abs.label(image), pass({ norm: "l2" as const, seed: 1, budget: 20 })),
    ],
    [
      "attackMinimum",
      (pass) =>
        attackMinimum({ classify: ([first]) => ({ label: Number((first ?? 0) > 0.5) }) }, pass(image), 0, {
          ...pass({ norm: "linf" as const, attacks: ["gaussian-noise"], budget: 50 }),
        }).nearest,
    ],
    ["distal", (pass) => distal(abs, 3, pass({ seed: 1, steps: 3 }))],
    ["distanceBetween", (pass) => distanceBetween(pass(image), pass(randomImage(2)), "l2")],
    [
      "certifySmoothed",
      (pass) => certifySmoothed((_, samples) => pass([samples - 5, 5]), pass({ sigma: 0.5, samples: 1000 })),
    ],
    [
      "PrototypeClassifier",
      (pass) => {
        const prototypes = pass({ images: [[0, 0.25], Float32Array.of(1, 0.5)], labels: [0, 1], penalties: [0, 0] });
        return new PrototypeClassifier(prototypes).radius(pass([0.25, 0.25]), "l2");
      },
    ],
  ])("give %s the answers that ours give", (_, call) => {
    expect(call(copy)).toEqual(call((value) => value));
  });

  it("are taken from streams", async () => {
    const labels = async (frames: never): Promise<number[]> => {
      const found = [];
      for await (const { label } of abs.classifyStream(frames)) found.push(label);
      return found;
    };
    const frames = [copy(image), copy(randomImage(2))];
    const wanted = await labels(frames as never);
    const generate = alien<(frames: unknown) => never>("(async function* (frames) { yield* frames; })");
    const promise = alien<(frames: unknown[]) => never>("(frames) => frames.map((frame) => Promise.resolve(frame))");
    expect(await labels(generate(frames))).toEqual(wanted);
    expect(await labels(promise(frames))).toEqual(wanted);
  });

  // The debug build is loaded by way of what watches its memory, which knows this realm's buffers only.
  it.skipIf(runsDebugBuild)("are taken as options and as the module", async () => {
    const expected = abs.classify(image);
    for (const program of [
      "new WebAssembly.Module(ours.wasm)",
      "Promise.resolve(new WebAssembly.Module(ours.wasm))",
      "Uint8Array.from(ours.wasm).buffer",
      "new DataView(Uint8Array.from(ours.wasm).buffer)",
      "(() => { const shared = new Uint8Array(new SharedArrayBuffer(ours.wasm.length)); shared.set(ours.wasm); return shared; })()",
      // As a frame's fetch gives it, and as a polyfill's without a tag does.
      `({ ok: true, status: 200, get [Symbol.toStringTag]() { return "Response" }, arrayBuffer: async () => Uint8Array.from(ours.wasm).buffer })`,
      "({ ok: true, status: 200, arrayBuffer: async () => Uint8Array.from(ours.wasm).buffer })",
    ]) {
      const other = await createClassifier(alien(`({ effort: "standard", module: ${program} })`));
      expect(other.classify(image), program).toEqual(expected);
    }
  });

  it("are errors, too, whose message is passed on", async () => {
    const failing = alien<() => never>("() => { throw new Error('broken there'); }");
    expect(() => attack("pointwise", { classify: failing }, image, 0, { norm: "l0" })).toThrow(
      /questions?: broken there$/,
    );
    const module = alien<never>(
      "({ ok: true, status: 200, arrayBuffer: async () => { throw new Error('cut off there'); } })",
    );
    await expect(createClassifier({ module })).rejects.toThrow("module: the Response cannot be read: cut off there");
  });
});
