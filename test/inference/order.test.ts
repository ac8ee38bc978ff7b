import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AS_GIVEN } from "../../format/views.ts";
import { EFFORTS, RACE_RULES } from "../../src/effort.ts";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import { randomConfidence } from "../support/confidence.ts";
import { engineFor, instantiateModule } from "../support/module.ts";
import { randomImage, randomModel, randomRaceTables, shapes } from "../support/random-model.ts";

// The module's exports, called in any order: nothing traps, and what a search finds depends on its image alone.

const CLASSES = 3;
const LATENTS = 5;
const STARTS = 4;
const plain = randomModel(shapes["pixel shuffle"] as never, { latents: LATENTS, classes: CLASSES });
const ALWAYS = { doubt: 0, share: 1 };
const model = {
  ...plain,
  // So that an image has a view in its place as often as can be.
  assumptions: { ...plain.assumptions, views: { centred: ALWAYS, levelled: ALWAYS, filled: ALWAYS } },
  confidence: { ...plain.confidence, calibrated: randomConfidence(1, CLASSES) },
  race: randomRaceTables(plain),
};
const bundle = writeBundle(model);
const bundleWithoutViews = writeBundle({ ...model, assumptions: { ...plain.assumptions } });

type Exports = Record<string, (...values: number[]) => number>;

/** An engine and the exports of the module below it. */
function open(opened = bundle): { engine: Engine; exports: Exports } {
  const instance = instantiateModule();
  const engine = new Engine(instance, opened);
  return { engine, exports: instance.exports as unknown as Exports };
}

/** One call, or a few that belong together, with a seed for its arguments. */
type Call = (opened: ReturnType<typeof open>, seed: number) => void;

const calls: Record<string, Call> = {
  setImage: ({ engine }, seed) => engine.setImage(randomImage(seed)),
  setImagePair: ({ engine }, seed) => engine.setImagePair(randomImage(seed), randomImage(seed + 1)),
  setRaceRules: ({ engine }, seed) => engine.setRaceRules(RACE_RULES[EFFORTS[seed % 3] as "quick"]),
  setLatent: ({ engine }, seed) => engine.setLatent(seed % CLASSES, new Float32Array(LATENTS).fill(seed % 7)),
  setStarts: ({ engine }, seed) => {
    const [kind, lists] = seed % 2 === 0 ? (["samples", 1] as const) : (["prototypes", CLASSES] as const);
    engine.setStarts(kind, engine.drawNormal(seed, lists * STARTS * LATENTS));
  },
  scratch: ({ exports }, seed) => {
    const mark = exports["scratchMark"]?.() as number;
    exports["drawNormal"]?.(seed, exports["reserveScratch"]?.(4 * 100) as number, 100);
    exports["releaseScratch"]?.(mark);
  },
};
const raw = {
  presentImage: [],
  presentImagePair: [],
  presentNext: [],
  searchRace: [],
  raceLabel: [],
  settleRace: [],
  searchPaper: [],
  searchPrototypes: [5],
  paperProbabilities: [440, 4e-5],
  calibratedProbabilities: [],
  reconstruct: [1],
  evaluateWithGradient: [2],
  fillPrototypes: [0, 0, STARTS + 1],
  fillSamples: [1, -1, STARTS],
  dropStarts: [],
};
for (const [name, values] of Object.entries(raw)) calls[name] = ({ exports }) => exports[name]?.(...values);

/** Everything that a classification takes from the engine, and more. */
function classify(engine: Engine, image: Float32Array) {
  engine.setRaceRules(RACE_RULES.standard);
  engine.setImage(image);
  const label = engine.raceLabel();
  engine.setImage(image);
  const spent = engine.searchRace();
  const result = () => ({
    view: engine.view,
    losses: engine.losses(),
    latents: Array.from({ length: CLASSES }, (_, index) => engine.latent(index)),
    ...engine.probabilities("calibrated"),
    features: engine.features(),
    paper: engine.probabilities("paper"),
  });
  const raced = { label, spent, ...result() };
  const settled = { spent: engine.settleRace(), ...result() };
  engine.dropStarts();
  engine.setStarts("prototypes", engine.drawNormal(1, CLASSES * STARTS * LATENTS));
  for (let index = 0; index < CLASSES; ++index) engine.fillStarts("prototypes", index, 0, STARTS);
  const searched = { spent: engine.searchPrototypes(6), ...result() };
  return { raced, settled, searched };
}

describe("the module's calls", () => {
  it("leave nothing behind that a later search would notice, in whatever order they come", { timeout: 120_000 }, () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(calls)), fc.nat(20));
    const images = [3, 4].map(randomImage) as [Float32Array, Float32Array];
    const expected = images.map((image) => classify(open().engine, image));
    expect(expected.some(({ raced }) => raced.view !== AS_GIVEN)).toBe(true);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom(0, 1), (steps, which) => {
        const opened = open();
        for (const [name, seed] of steps) calls[name]?.(opened, seed);
        expect(classify(opened.engine, images[which] as Float32Array)).toEqual(expected[which]);
      }),
      { seed: 8, numRuns: 250 },
    );
  });

  it("do nothing, or refuse, before a model is loaded", () => {
    const exports = instantiateModule().exports as unknown as Exports;
    const memory = (): Buffer => Buffer.from((exports["memory"] as unknown as WebAssembly.Memory).buffer);
    const before = Buffer.from(memory());
    for (const name of ["searchRace", "raceLabel", "settleRace", "searchPaper", "calibratedProbabilities"]) {
      expect(exports[name]?.(), name).toBe(-1);
    }
    expect(exports["searchPrototypes"]?.(5)).toBe(-1);
    expect(exports["paperProbabilities"]?.(440, 0)).toBe(-1);
    for (const name of ["reservePrototypes", "reserveSamples", "reserveScratch", "reserveCalibration"]) {
      expect(exports[name]?.(4), name).toBe(0);
    }
    for (const name of ["presentImage", "presentImagePair", "presentNext", "dropStarts"]) exports[name]?.();
    exports["fillPrototypes"]?.(0, 0, 1);
    exports["expandPrototypes"]?.(0);
    exports["reconstruct"]?.(0);
    expect(exports["evaluateWithGradient"]?.(0)).toBe(Number.POSITIVE_INFINITY);
    expect(exports["raceRulesAddress"]?.()).toBe(0);
    expect(memory().equals(before)).toBe(true);
  });
});

describe("the engine", () => {
  it("runs the race that settling needs, and counts both", () => {
    const [one, other] = [open().engine, open().engine];
    for (const engine of [one, other]) {
      engine.setRaceRules(RACE_RULES.standard);
      engine.setImage(randomImage(5));
    }
    one.searchRace();
    one.probabilities("calibrated");
    // A label in between ends the race of the other, which is run again.
    other.raceLabel();
    expect(other.settleRace()).toBe(one.settleRace());
    expect(other.losses()).toEqual(one.losses());
    expect(other.settleRace()).toBe(one.settleRace());
  });

  it("gives probabilities for the image that was searched, and for no other", () => {
    const { engine } = open();
    engine.setRaceRules(RACE_RULES.standard);
    const message = "probabilities are those of a search, and the image was not searched";
    expect(() => engine.probabilities("calibrated")).toThrow(message);
    engine.setImagePair(randomImage(1), randomImage(2));
    engine.raceLabel();
    expect(() => engine.probabilities("paper")).toThrow(message);
    engine.searchRace();
    expect(engine.probabilities("paper").evaluations).toBe(0);
    engine.presentNext();
    expect(() => engine.probabilities("paper")).toThrow(message);
  });

  it("races the next image of a pair whether or not the first has raced", () => {
    const find = (engine: Engine) => {
      engine.presentNext();
      return [engine.searchRace(), engine.losses(), engine.image()];
    };
    const { engine } = open();
    engine.setRaceRules(RACE_RULES.standard);
    engine.setImagePair(randomImage(1), randomImage(2));
    engine.searchRace();
    const expected = find(engine);
    // Shown once more, alone, and after another pair's first image.
    expect(find(engine)).toEqual(expected);
    engine.setImagePair(randomImage(3), randomImage(2));
    expect(find(engine)).toEqual(expected);
  });

  it("races under any rules, even none, and always asks a decoder", () => {
    const { engine } = open(bundleWithoutViews);
    engine.setImage(randomImage(6));
    expect(engine.searchRace()).toBe(1);
    const losses = engine.losses();
    const label = losses.indexOf(Math.min(...losses));
    expect(engine.evaluateWithGradient(label).loss).toBe(losses[label]);
    const nobody = { ...RACE_RULES.standard, entrants: 0, ceilingPerClass: 0, entranceMargin: -1 };
    engine.setRaceRules(nobody);
    expect(engine.searchRace()).toBe(1);
    expect(engine.raceLabel()).toBe(label);
  });

  it("says what a search lacks", () => {
    const engine = engineFor(plain);
    engine.setImage(randomImage(1));
    expect(() => engine.searchPaper()).toThrow("no samples are set to search from");
    expect(() => engine.searchPrototypes(3)).toThrow("no prototypes are set to search from");
    for (const search of ["searchRace", "raceLabel", "settleRace"] as const) {
      expect(() => engine[search]()).toThrow("these weights bring no tables for a race");
    }
  });
});
