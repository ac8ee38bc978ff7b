import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Classifier, type ClassifierOptions, createClassifier } from "../src/entries/node.ts";
import { randomImage, randomModel, shapes } from "./support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "./support/weights-file.ts";

// Nothing of one call may reach another: whatever was asked before, and whatever failed, answers have the same bits.

const IMAGES = 5;

type Call = (abs: Classifier) => unknown;

/** Noise, blank images and drawings of the model itself, as floats and as bytes. */
function imagesOf(abs: Classifier): (Float32Array | Uint8Array)[] {
  const [drawing] = abs.sample(3, { seed: 4 }) as [Float32Array];
  const bytes = Uint8Array.from(drawing, (value) => Math.round(255 * value));
  return [randomImage(1), drawing, bytes, new Float32Array(784), new Float32Array(784).fill(1)];
}

/** Calls that answer, each a different one. */
function answeringCalls(images: readonly (Float32Array | Uint8Array)[]): Call[] {
  const pairs = images.map((image, index) => {
    const batch = new Float32Array(2 * 784);
    batch.set(image instanceof Uint8Array ? Array.from(image, (value) => value / 255) : image);
    batch.set(images[(index + 1) % 2] as Float32Array, 784);
    return batch;
  });
  return [
    ...images.flatMap((image): Call[] => [
      (abs) => abs.classify(image),
      (abs) => abs.label(image),
      (abs) => abs.explain(image),
      (abs) => abs.lossAndGradient(image),
      (abs) => abs.evaluate(image, 6, new Float32Array(abs.latents).fill(-0.4)),
    ]),
    ...pairs.map(
      (pair): Call =>
        (abs) =>
          abs.classifyBatch(pair),
    ),
    (abs) => abs.decode(2, new Float32Array(abs.latents).fill(0.7)),
    (abs) => abs.decode(9, new Array(abs.latents).fill(-1e6)),
    (abs) => abs.sample(8, { seed: 3, count: 2 }),
  ];
}

/** Calls that are refused, some of them after part of what they were given was read. */
const failingCalls: readonly Call[] = [
  (abs) => abs.classify(new Float32Array(783)),
  (abs) => abs.classify(new Float32Array(784).fill(0.5).fill(Number.NaN, 783)),
  (abs) => abs.label(new Float32Array(784).fill(2, 400, 401)),
  (abs) => abs.classifyBatch(new Float32Array(3 * 784).fill(-1, 2 * 784)),
  (abs) => abs.explain(undefined as never),
  (abs) => abs.lossAndGradient(new Float64Array(784).fill(Number.POSITIVE_INFINITY, 9, 10)),
  (abs) => abs.decode(0, new Array(abs.latents).fill(Number.NaN)),
  (abs) => abs.decode(64, new Float32Array(abs.latents)),
  (abs) => abs.decode(1, [1, 2, 3]),
  (abs) => abs.evaluate(new Float32Array(784), 3, [1, 2, 3]),
  (abs) => abs.evaluate(new Float32Array(784).fill(3), 3, new Float32Array(abs.latents)),
  (abs) => abs.evaluate(new Float32Array(784), 10, new Float32Array(abs.latents)),
  (abs) => abs.sample(0, { count: 10_001 }),
  (abs) => abs.classifyStream([], { ahead: -1 }),
];

describe.each<[string, ClassifierOptions, number]>([
  ["the race", {}, 25],
  ["the variant binary-abs", { variant: "binary-abs" }, 12],
  ["the quickest race", { effort: "quick", confidence: "paper" }, 12],
])("%s", (_, options, numRuns) => {
  it("answers every call with the same bits, in any order and among calls that fail", async () => {
    const first = await createClassifier(options);
    const images = imagesOf(first);
    expect(images).toHaveLength(IMAGES);
    const copies = structuredClone(images);
    const calls = answeringCalls(images);
    // Each by a classifier that has done nothing else.
    const expected: unknown[] = [];
    for (const call of calls) expected.push(call(await createClassifier(options)));
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.nat(calls.length - 1) },
      { weight: 1, arbitrary: fc.constantFrom(...failingCalls) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 10 }), (steps) => {
        for (const one of [...steps, ...steps.toReversed()]) {
          if (typeof one === "function") expect(() => one(first)).toThrow();
          else expect((calls[one] as Call)(first)).toEqual(expected[one]);
        }
      }),
      { seed: 41, numRuns },
    );
    expect(images).toEqual(copies);
  });
});

it("hands out arrays of its own, which nothing later changes", async () => {
  const abs = await createClassifier();
  const [one, other] = [randomImage(1), randomImage(2)];
  const found = [abs.classify(one), abs.explain(one), abs.lossAndGradient(one), abs.sample(3, { count: 2 })];
  const copies = structuredClone(found);
  abs.explain(other);
  abs.sample(4, { count: 3 });
  expect(found).toEqual(copies);
  (found[0] as { losses: Float32Array }).losses.fill(0);
  expect(abs.classify(one)).toEqual(copies[0]);
});

it("does not let a callback start what is being prepared, and prepares it once more", async () => {
  const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
  const weights = writeWeightsFile(weightsFileParts(randomModel(layers, { latents: 2, classes: 2 }), layers));
  const image = randomImage(3);
  let isHostile = true;
  const abs: Classifier = await createClassifier({
    weights,
    inference: "paper",
    onProgress: () => {
      if (isHostile) abs.classify(image);
    },
  });
  expect(() => abs.classify(image)).toThrow(
    "onProgress: it wants an image classified while the table for that is being",
  );
  isHostile = false;
  const calm = await createClassifier({ weights, inference: "paper" });
  expect(abs.classify(image)).toEqual(calm.classify(image));
});
