import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RACE_RULES } from "../../src/effort.ts";
import { type Classification, type Classifier, createClassifier } from "../../src/entries/node.ts";
import { preparePrototypes } from "../../src/starts.ts";
import type { Model } from "../../src/weights/model.ts";
import { randomConfidence } from "../support/confidence.ts";
import { engineFor } from "../support/module.ts";
import { overflowingModel, randomImage, randomModel, randomRaceTables, shapes } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

// Weights are finite, or the file is refused; their sums need not be. What a decoder cannot redraw has a loss of Infinity,
// and nothing of it may reach another image.

const CLASSES = 3;
const LATENTS = 5;
const SAMPLES = 40;

type Layers = readonly Record<string, unknown>[];
const KINDS = Object.values(shapes);

function overflowing(layers: Layers, seed: number, share: number, hasTables: boolean): Model {
  const plain = randomModel(layers, { latents: LATENTS, classes: CLASSES, seed, prototypes: hasTables ? 0 : 6 });
  const confidence = { ...plain.confidence, calibrated: randomConfidence(seed, CLASSES) };
  return overflowingModel(
    { ...plain, confidence, ...(hasTables && { race: randomRaceTables(plain, { seed }) }) },
    seed,
    share,
  );
}

const cases = {
  layers: fc.constantFrom(...KINDS),
  seed: fc.nat(1e6),
  share: fc.constantFrom(0.1, 0.3, 0.7),
  hasTables: fc.boolean(),
  images: fc.tuple(fc.nat(1000), fc.nat(1000)).map((seeds) => seeds.map(randomImage) as [Float32Array, Float32Array]),
};
const runs = { seed: 11, numRuns: 60 };
/** Here a sum overflows above a layer with channels that only pad: NaN stayed in them for later gradients. */
const padded = {
  layers: shapes["fully connected"] as Layers,
  seed: 525359,
  share: 0.7,
  hasTables: false,
  images: [randomImage(0), randomImage(1)] as [Float32Array, Float32Array],
};

const isLoss = (loss: number): boolean => Number.isFinite(loss) || loss === Number.POSITIVE_INFINITY;
const areFinite = (values: ArrayLike<number>): boolean => Array.from(values).every(Number.isFinite);

/** Checks one result by itself; returns how many classes could redraw the image. */
function check({ label, losses, probabilities, confidence, rejected }: Classification): number {
  expect(Array.from(losses).every(isLoss)).toBe(true);
  expect(losses[label]).toBe(Math.min(...losses));
  expect(areFinite(probabilities)).toBe(true);
  expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(confidence).toBe(probabilities[label]);
  const redrawn = losses.filter(Number.isFinite).length;
  if (redrawn === 0) {
    expect([label, rejected]).toEqual([0, true]);
    expect(Array.from(probabilities)).toEqual(new Array(CLASSES).fill(1 / CLASSES));
  }
  return redrawn;
}

describe("weights whose sums overflow", () => {
  it("give finite numbers or Infinity, the same bits in any order and in batches", { timeout: 300_000 }, async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.record(cases), async ({ layers, seed, share, hasTables, images: [one, other] }) => {
        const weights = writeWeightsFile(weightsFileParts(overflowing(layers, seed, share, hasTables), layers));
        const make = (): Promise<Classifier> => createClassifier({ weights });
        const [abs, fresh] = [await make(), await make()];
        const expected = [abs.classify(one), abs.classify(other)] as const;
        for (const result of expected) seen.add(check(result));
        expect(abs.classify(one)).toEqual(expected[0]);
        expect(fresh.classify(other)).toEqual(expected[1]);
        expect(fresh.classify(one)).toEqual(expected[0]);
        expect(abs.classifyBatch(Float32Array.of(...one, ...other))).toEqual(expected);
        expect(fresh.classifyBatch(Float32Array.of(...other, ...one))).toEqual([expected[1], expected[0]]);
        expect(abs.label(one)).toBe(fresh.label(one));
        expect(abs.classify(other)).toEqual(expected[1]);
      }),
      { ...runs, examples: [[padded]] },
    );
    // Weights of every kind have come: none, some and all of the classes could redraw the image.
    expect(Array.from(seen).sort()).toEqual([0, 1, 2, 3]);
  });

  it("explain and differentiate in finite numbers", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(cases), async ({ layers, seed, share, hasTables, images: [image] }) => {
        const weights = writeWeightsFile(weightsFileParts(overflowing(layers, seed, share, hasTables), layers));
        const abs = await createClassifier({ weights });
        const { classes, advantage, runnerUp, label, ...rest } = abs.explain(image);
        check({ label, ...rest });
        expect(runnerUp).not.toBe(label);
        expect(areFinite(advantage)).toBe(true);
        for (const { loss, latent, reconstruction } of classes) {
          expect(isLoss(loss)).toBe(true);
          expect(areFinite(latent)).toBe(true);
          expect(reconstruction.every((value) => value >= 0 && value <= 1)).toBe(true);
        }
        const { losses, gradients } = abs.lossAndGradient(image);
        expect(Array.from(losses).every(isLoss)).toBe(true);
        for (const gradient of gradients) expect(areFinite(gradient)).toBe(true);
        expect(abs.sample(0, { count: 2 }).every((drawing) => drawing.every((value) => value >= 0 && value <= 1))).toBe(
          true,
        );
      }),
      runs,
    );
  });

  it("leave nothing of an image in the paper's search", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(fc.record(cases), ({ layers, seed, share, images: [one, other] }) => {
        const model = overflowing(layers, seed, share, false);
        const [used, fresh] = [engineFor(model), engineFor(model)].map((engine) => {
          engine.setStarts("samples", engine.drawNormal(seed, SAMPLES * LATENTS));
          for (let index = 0; index < CLASSES; ++index) engine.fillStarts("samples", index, 0, SAMPLES);
          return engine;
        }) as [ReturnType<typeof engineFor>, ReturnType<typeof engineFor>];
        const search = (engine: typeof used, image: Float32Array) => {
          engine.setImage(image);
          engine.searchPaper();
          const latents = Array.from({ length: CLASSES }, (_, index) => engine.latent(index));
          expect(Array.from(engine.losses()).every(isLoss)).toBe(true);
          expect(latents.every(areFinite)).toBe(true);
          return { losses: engine.losses(), latents, ...engine.probabilities("paper") };
        };
        search(used, one);
        expect(search(used, other)).toEqual(search(fresh, other));
      }),
      { ...runs, numRuns: 20 },
    );
  });
});

describe("an image that holds what is no number", () => {
  // The classifier refuses such an image; the engine is asked directly.
  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "is redrawn by no class, and the next image is as ever: %d",
    (value) => {
      for (const hasTables of [true, false]) {
        const model = overflowing(KINDS[1] as Layers, 1, 0, hasTables);
        const engine = engineFor(model);
        if (hasTables) engine.setRaceRules(RACE_RULES.standard);
        else preparePrototypes(engine);
        const search = (image: Float32Array) => {
          engine.setImage(image);
          if (hasTables) engine.searchRace();
          else engine.searchPrototypes(8);
          return { losses: engine.losses(), ...engine.probabilities("calibrated"), features: engine.features() };
        };
        const expected = search(randomImage(2));
        const found = search(randomImage(2).fill(value, 300, 301));
        expect(Array.from(found.losses)).toEqual(new Array(CLASSES).fill(Number.POSITIVE_INFINITY));
        expect(Array.from(found.probabilities)).toEqual(new Array(CLASSES).fill(1 / CLASSES));
        expect(found.features.every((feature) => feature === 0)).toBe(true);
        expect(search(randomImage(2))).toEqual(expected);
      }
    },
  );
});
