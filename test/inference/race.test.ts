import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RACE_RULES, type RaceRules } from "../../src/effort.ts";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import type { Assumptions } from "../../src/weights/model.ts";
import { readWeights } from "../../src/weights/read.ts";
import type { StoredTensor } from "../../src/weights/stored-tensor.ts";
import { ReferenceTables } from "../reference/race.ts";
import { engineFor, instantiateModule } from "../support/module.ts";
import { randomImage, randomModel, randomRaceTables, shapes } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
const CLASSES = 3;
const LATENTS = 5;

function racingModel(element: StoredTensor["element"] = "F32", assumptions: Assumptions = {}) {
  const model = randomModel(layers, { latents: LATENTS, classes: CLASSES });
  return { ...model, assumptions, race: randomRaceTables(model, {}, element) };
}

const ASSUMED: readonly [string, Assumptions][] = [
  ["the paper's loss", {}],
  ["gain, offset and a tolerance", { photometry: { gain: 10, offset: 1 }, tolerance: 1 }],
];

const withRules = (engine: Engine, rules: Partial<RaceRules>): Engine => {
  engine.setRaceRules({ ...RACE_RULES.standard, ...rules });
  return engine;
};

/** As if nobody is ever dropped for a foretold loss. */
const EVERYBODY = {
  foretoldMargin1: 9,
  foretoldMargin2: 9,
  foretoldMargin3: 9,
  foretoldMargin4: 9,
  withinMargin: 9,
} as const;
const classes = Array.from({ length: CLASSES }, (_, index) => index);

/** One true evaluation, by which the label is named; all other classes keep what was foretold. */
const ONLY_FORETOLD = { ...EVERYBODY, raced: 1, polished: 1, entranceMargin: 0, runnerUpMargin: 0, ceilingPerClass: 1 };

describe.each(ASSUMED)("proposals and surrogates under %s", (_, assumptions) => {
  it.each(["F32", "F16", "I8"] as const)("agree with the double-precision reference, stored as %s", (element) => {
    const model = racingModel(element, assumptions);
    const reference = new ReferenceTables(model.race, assumptions);
    const engine = withRules(engineFor(model), { ...ONLY_FORETOLD, foretold: 1 });
    let left = 0;
    for (const seed of [1, 2, 3, 4]) {
      const image = randomImage(seed);
      engine.setImage(image);
      const spent = engine.searchRace();
      const losses = engine.losses();
      const lowest = Math.min(...losses);
      const foretold = classes.map((index) => reference.foretell(index, engine.latent(index), image, 1));
      const truth = classes.map((index) => engine.evaluateWithGradient(index).loss);
      // The best foretold class meets the true decoder, then every one that is foretold below the lowest true loss so far.
      const seen = new Set<number>();
      const order = classes.toSorted((a, b) => (foretold[a] as number) - (foretold[b] as number));
      const [best = 0] = order;
      // With a tolerance all are corrected by what the best was wrong by.
      const change = assumptions.tolerance === undefined ? 0 : (truth[best] as number) - (foretold[best] as number);
      for (const index of classes) foretold[index] = (foretold[index] as number) + change;
      for (const index of order) {
        const bound = Math.min(...Array.from(seen, (other) => truth[other] as number));
        if ((foretold[index] as number) < bound) seen.add(index);
      }
      expect(spent).toBe(seen.size);
      left += CLASSES - seen.size;
      const proposed = reference.proposals(reference.coefficients(image).y);
      for (const index of classes) {
        const latent = Array.from(engine.latent(index));
        const distances = Array.from({ length: model.race.candidates }, (_, candidate) => {
          const from = (index * model.race.candidates + candidate) * LATENTS;
          const z = proposed.slice(from, from + LATENTS);
          const factor = Math.min(1, 5 / Math.hypot(...z));
          return Math.hypot(...latent.map((value, axis) => value - factor * (z[axis] as number)));
        });
        expect(Math.min(...distances)).toBeLessThan(1e-4);
        const wanted = seen.has(index) ? truth[index] : Math.max(foretold[index] as number, lowest);
        expect(losses[index]).toBeCloseTo(wanted as number, 5);
      }
    }
    // Otherwise nothing was compared with the reference.
    expect(left).toBeGreaterThan(0);
  });

  it("descend to where the foretold loss has no slope", () => {
    const model = { ...racingModel("F32", assumptions), sphereRadius: 1000 };
    const reference = new ReferenceTables(model.race, assumptions);
    const engine = withRules(engineFor(model), { ...ONLY_FORETOLD, foretold: 200 });
    const image = randomImage(7);
    engine.setImage(image);
    engine.searchRace();
    for (const index of classes) {
      const latent = Array.from(engine.latent(index));
      const slopes = latent.map((_, axis) => {
        const at = (step: number): number =>
          reference.foretell(
            index,
            latent.map((z, other) => z + (other === axis ? step : 0)),
            image,
            1,
          );
        return (at(1e-4) - at(-1e-4)) / 2e-4;
      });
      expect(Math.hypot(...slopes)).toBeLessThan(2e-4);
    }
  });
});

describe("the race", () => {
  it("names a label whose loss is true and the lowest, under every effort", () => {
    const engine = engineFor(racingModel());
    for (const [effort, rules] of Object.entries(RACE_RULES)) {
      engine.setRaceRules(rules);
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        engine.setImage(randomImage(seed));
        const spent = engine.searchRace();
        expect(spent, effort).toBeLessThanOrEqual(rules.ceilingPerClass * CLASSES);
        const losses = engine.losses();
        const label = losses.indexOf(Math.min(...losses));
        expect(losses.filter((loss) => loss === losses[label]).length).toBe(1);
        expect(engine.evaluateWithGradient(label).loss, effort).toBeCloseTo(losses[label] as number, 7);
      }
    }
  });

  it("compares and leaves losses times their classes' scales", () => {
    const classScales = [1, 0.25, 3];
    const confidence = { scale: 30, floor: 1e-3, rejectBelow: 0.9 };
    const model = { ...racingModel(), binaryVariant: { threshold: 0.5, classScales, confidence } };
    const engine = new Engine(instantiateModule(), writeBundle(model), "binary-abs");
    const labels = new Set<number>();
    for (const rules of Object.values(RACE_RULES)) {
      engine.setRaceRules(rules);
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        engine.setImage(randomImage(seed));
        engine.searchRace();
        const losses = engine.losses();
        const label = losses.indexOf(Math.min(...losses));
        labels.add(label);
        const scaled = (index: number): number =>
          Math.fround((classScales[index] as number) * engine.evaluateWithGradient(index).loss);
        expect(losses[label]).toBe(scaled(label));
        engine.settleRace();
        expect(Array.from(engine.losses())).toEqual(classes.map(scaled));
      }
    }
    // The second class's losses count a quarter, so it wins more often than not.
    expect(labels).toContain(1);
  });

  it("gives the same bits every time", () => {
    const [one, other] = [engineFor(racingModel()), engineFor(racingModel())];
    for (const engine of [one, other]) engine.setRaceRules(RACE_RULES.standard);
    other.setImage(randomImage(99));
    other.searchRace();
    for (const engine of [one, other]) {
      engine.setImage(randomImage(4));
      engine.searchRace();
    }
    expect(one.losses()).toEqual(other.losses());
    for (const index of classes) expect(one.latent(index)).toEqual(other.latent(index));
  });

  it("keeps to its ceiling whatever the image and the rules", () => {
    const engine = engineFor(racingModel());
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1 << 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (seed, ceilingPerClass, polished, entrants, margin) => {
          withRules(engine, {
            ...EVERYBODY,
            ceilingPerClass,
            polished,
            entrants,
            raced: polished,
            entranceMargin: margin,
            raceMargin: margin,
            runnerUpMargin: margin,
          });
          const image = randomImage(seed);
          engine.setImage(seed % 2 === 0 ? image : image.map((value) => Math.round(value)));
          expect(engine.searchRace()).toBeLessThanOrEqual(ceilingPerClass * CLASSES);
          const losses = engine.losses();
          const label = losses.indexOf(Math.min(...losses));
          expect(engine.evaluateWithGradient(label).loss).toBeCloseTo(losses[label] as number, 7);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([1, 100])("settles every class on request, under a ceiling of %i per class", (ceilingPerClass) => {
    const engine = withRules(engineFor(racingModel()), { ceilingPerClass, polished: 20 });
    engine.setImage(randomImage(3));
    engine.searchRace();
    const label = engine.losses().indexOf(Math.min(...engine.losses()));
    const before = engine.losses();
    const spent = engine.settleRace();
    expect(spent).toBeGreaterThan(CLASSES);
    const after = engine.losses();
    expect(after[label]).toBeLessThanOrEqual(before[label] as number);
    // A label that the ceiling has not cut short is at its end already.
    if (ceilingPerClass === 100) expect(after[label]).toBe(before[label]);
    for (const index of classes) {
      expect(engine.evaluateWithGradient(index).loss).toBeCloseTo(after[index] as number, 7);
    }
  });

  it("finds a minimum of the true loss when it may spend enough", () => {
    const engine = withRules(engineFor(racingModel()), { ceilingPerClass: 300, polished: 200 });
    engine.setImage(randomImage(11));
    engine.searchRace();
    const losses = engine.losses();
    const { gradient } = engine.evaluateWithGradient(losses.indexOf(Math.min(...losses)));
    expect(Math.hypot(...gradient)).toBeLessThan(1e-4);
  });

  it("searches on where winner and runner-up end within the margin, and only there", () => {
    const engine = engineFor(racingModel());
    const rules = { ...EVERYBODY, raced: 2, polished: 2, entranceMargin: 9, raceMargin: 9, runnerUpMargin: 9 };
    const spent = (contested: number, contestedMargin: number): { evaluations: number; loss: number } => {
      withRules(engine, { ...rules, contested, contestedMargin, ceilingPerClass: 100 });
      engine.setImage(randomImage(8));
      const evaluations = engine.searchRace();
      return { evaluations, loss: Math.min(...engine.losses()) };
    };
    const plain = spent(2, 9);
    const far = spent(12, 0);
    const close = spent(12, 9);
    expect(far).toEqual(plain);
    expect(close.evaluations).toBeGreaterThan(plain.evaluations + 10);
    expect(close.loss).toBeLessThan(plain.loss);
  });

  it("names the label alone as the whole race does, when every class may enter and nothing is polished", () => {
    const everyone = {
      ...EVERYBODY,
      raced: 6,
      polished: 6,
      contested: 6,
      entrants: 2,
      entranceMargin: 9,
      raceMargin: 9,
      raceDecay: 1,
    };
    const engine = withRules(engineFor(racingModel()), { ...everyone, ceilingPerClass: 100 });
    for (let seed = 1; seed <= 20; ++seed) {
      engine.setImage(randomImage(seed));
      const label = engine.raceLabel();
      engine.searchRace();
      const losses = engine.losses();
      expect(label).toBe(losses.indexOf(Math.min(...losses)));
    }
  });

  it("gives two images together what it gives each alone, bit for bit", () => {
    const [one, pair] = [engineFor(racingModel("I8")), engineFor(racingModel("I8"))];
    for (const engine of [one, pair]) engine.setRaceRules(RACE_RULES.standard);
    pair.setImagePair(randomImage(1), randomImage(2));
    for (const seed of [1, 2]) {
      one.setImage(randomImage(seed));
      expect(pair.searchRace()).toBe(one.searchRace());
      expect(pair.losses()).toEqual(one.losses());
      for (const index of classes) expect(pair.latent(index)).toEqual(one.latent(index));
      pair.presentNext();
    }
  });

  it("is not offered without tables", () => {
    expect(engineFor(randomModel(layers, { latents: LATENTS, classes: CLASSES })).canRace).toBe(false);
    expect(engineFor(racingModel()).canRace).toBe(true);
    const engine = engineFor(randomModel(layers, { latents: LATENTS, classes: CLASSES }));
    expect(() => engine.setRaceRules(RACE_RULES.quick)).toThrow("these weights bring no tables for a race");
  });
});

describe("votes on noisy copies", () => {
  it("are cast on the copies as the model sees them, one at a time and in pairs", () => {
    const steep = withRules(engineFor(racingModel("F32", { response: 2.5 })), {});
    const plain = withRules(engineFor(racingModel()), {});
    const labels = new Set<string>();
    let changed = 0;
    for (let seed = 0; seed < 40; ++seed) {
      const image = randomImage(seed);
      const seen = image.map((value) => Math.min(1, Math.max(0, 2.5 * (value - 0.5) + 0.5)));
      for (const samples of [1, 2, 3]) {
        // Without noise every copy is the image.
        const votes = Array.from(steep.castVotes(image, 0, samples, seed));
        expect(votes).toEqual(Array.from(plain.castVotes(seen, 0, samples, seed)));
        if (String(votes) !== String(Array.from(plain.castVotes(image, 0, samples, seed)))) ++changed;
        labels.add(String(votes));
      }
    }
    // Otherwise nothing was compared.
    expect(labels.size).toBeGreaterThan(3);
    expect(changed).toBeGreaterThan(0);
  });
});

describe("tables in a weights file", () => {
  const model = racingModel("I8");

  it("are read as they were written", () => {
    const read = readWeights(writeWeightsFile(weightsFileParts(model, layers)));
    expect(read.race).toEqual(model.race);
  });

  it.each<[string, (parts: ReturnType<typeof weightsFileParts>) => void, RegExp]>([
    [
      "one is missing",
      ({ tensors }) => delete tensors["race.metrics"],
      /tensor "race.metrics" is missing, but there is/,
    ],
    [
      "one has another shape",
      ({ tensors }) => {
        const bias = tensors["race.surrogates.second.bias"] as { shape: number[] };
        bias.shape = [1, CLASSES * 8];
      },
      /tensor "race.surrogates.second.bias" has shape \[1, 24\], wanted \[3, 8\]/,
    ],
    [
      "latents and proposals do not fit",
      ({ tensors }) => {
        tensors["race.proposal.second.bias"] = { shape: [1, 7], values: new Float32Array(7) };
      },
      /"race.proposal.second.bias" has 7 columns, wanted a multiple of 15 up to 120/,
    ],
  ])("are refused when %s", (_, damage, message) => {
    const parts = weightsFileParts(racingModel(), layers);
    damage(parts);
    expect(() => readWeights(writeWeightsFile(parts))).toThrow(message);
  });
});
