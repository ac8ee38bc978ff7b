import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RACE_RULES } from "../../src/effort.ts";
import { preparePrototypes } from "../../src/starts.ts";
import { FEATURES, featureCount, PENALTIES } from "../../src/weights/confidence.ts";
import type { Assumptions } from "../../src/weights/model.ts";
import { referenceFeatures, referenceGateLogit, referenceProbabilities } from "../reference/confidence.ts";
import { randomConfidence } from "../support/confidence.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, randomRaceTables, shapes, uniformNumbers } from "../support/random-model.ts";

const model = randomModel(shapes["pixel shuffle"] as never, { classes: 4, prototypes: 6 });

function judge(image: Float32Array, calibrated = randomConfidence(1, 4), assumptions: Assumptions = {}) {
  const engine = engineFor({ ...model, assumptions, confidence: { ...model.confidence, calibrated } });
  preparePrototypes(engine);
  engine.setImage(image);
  engine.searchPrototypes(5);
  const losses = engine.losses();
  const label = losses.indexOf(Math.min(...losses));
  const latent = engine.latent(label);
  const { probabilities, evaluations } = engine.probabilities("calibrated");
  const features = engine.features();
  return {
    probabilities,
    evaluations,
    features,
    redrawing: { image: engine.image(), losses, latent, ...engine.redraw(label) },
  };
}

const constant = (value: number): Float32Array => new Float32Array(784).fill(value);
const images: [string, Float32Array][] = [
  ["soft structure", randomImage(3)],
  ["noise", Float32Array.from({ length: 784 }, uniformNumbers(4))],
  ["black", constant(0)],
  ["white", constant(1)],
  ["grey", constant(0.5)],
];

describe("the calibrated confidence", () => {
  it.each(images)("looks at the same as the reference: %s", (_, image) => {
    const { features, redrawing } = judge(image);
    const expected = referenceFeatures(redrawing);
    expect(features.length).toBe(featureCount(4) + PENALTIES.length);
    features.forEach((value, index) => {
      // Sums of 784 values in 32 bits; the logarithm of what is left unexplained magnifies them by up to 1000.
      expect(Math.abs(value - (expected[index] as number))).toBeLessThan(
        2e-5 * (1 + Math.abs(expected[index] as number)),
      );
    });
  });

  it.each(images)("looks at gain and offset where redrawings have them: %s", (_, image) => {
    const assumptions = { response: 1.5, photometry: { gain: 10, offset: 1 }, tolerance: 1 };
    const { features, redrawing } = judge(image, randomConfidence(1, 4), assumptions);
    const expected = referenceFeatures(redrawing);
    expect(redrawing.gain).not.toBe(1);
    features.forEach((value, index) => {
      expect(Math.abs(value - (expected[index] as number))).toBeLessThan(
        5e-5 * (1 + Math.abs(expected[index] as number)),
      );
    });
  });

  it("knows the gain of a winner that a race has kept", () => {
    const assumptions = { photometry: { gain: 10, offset: 1 }, tolerance: 1 };
    const racing = { ...model, assumptions, race: randomRaceTables(model) };
    const engine = engineFor({ ...racing, confidence: { ...model.confidence, calibrated: randomConfidence(1, 4) } });
    engine.setRaceRules(RACE_RULES.standard);
    engine.setImage(randomImage(5));
    engine.searchRace();
    const losses = engine.losses();
    const label = losses.indexOf(Math.min(...losses));
    expect(engine.probabilities("calibrated").evaluations).toBe(0);
    const features = engine.features();
    const { gain, offset } = engine.redraw(label);
    expect(features[FEATURES.indexOf("gain")]).toBeCloseTo(gain, 6);
    expect(features[FEATURES.indexOf("offset")]).toBeCloseTo(offset, 6);
  });

  it.each(images)("gives the reference's probabilities: %s", (_, image) => {
    for (let seed = 1; seed <= 5; ++seed) {
      const calibrated = randomConfidence(seed, 4, seed);
      const { probabilities, redrawing } = judge(image, calibrated);
      referenceProbabilities(calibrated, redrawing).forEach((expected, index) => {
        expect(Math.abs((probabilities[index] as number) - expected)).toBeLessThan(1e-5);
      });
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      const { losses } = redrawing;
      expect(probabilities.indexOf(Math.max(...probabilities))).toBe(losses.indexOf(Math.min(...losses)));
    }
  });

  it("spends one evaluation, and none for the paper's", () => {
    expect(judge(randomImage(1)).evaluations).toBe(1);
    const engine = engineFor(model);
    preparePrototypes(engine);
    engine.setImage(randomImage(1));
    engine.searchPrototypes(5);
    expect(engine.probabilities("paper").evaluations).toBe(0);
    expect(() => engine.probabilities("calibrated")).toThrow("this model brings no fitted confidence");
  });

  it("takes what a race's winner drew, and spends nothing", () => {
    const calibrated = randomConfidence(1, 4);
    const racing = { ...model, confidence: { ...model.confidence, calibrated }, race: randomRaceTables(model) };
    const engine = engineFor(racing);
    for (const rules of Object.values(RACE_RULES)) {
      engine.setRaceRules(rules);
      for (const [, image] of images) {
        engine.setImage(image);
        engine.searchRace();
        const { probabilities, evaluations } = engine.probabilities("calibrated");
        expect(evaluations).toBe(0);
        const losses = engine.losses();
        const label = losses.indexOf(Math.min(...losses));
        const redrawing = { image, losses, latent: engine.latent(label), reconstruction: engine.reconstruct(label) };
        referenceProbabilities(calibrated, redrawing).forEach((expected, index) => {
          expect(Math.abs((probabilities[index] as number) - expected)).toBeLessThan(1e-5);
        });
      }
    }
  });

  it("is bounded by the penalties in the module, whatever the parameters and the image", () => {
    let bitten = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(...images.map(([, image]) => image)),
        fc.double({ min: 0.1, max: 1000, noNaN: true }),
        (seed, image, weight) => {
          const drawn = randomConfidence(seed, 4);
          const calibrated = { ...drawn, penalties: drawn.penalties.map((penalty) => penalty * weight) };
          const { probabilities, features } = judge(image, calibrated);
          // A tanh is at most 1, so the gate's logit is at most this, and no p exceeds g + (1 − g)/classes.
          const most =
            calibrated.outputWeights.reduce((sum, value) => sum + Math.abs(value), calibrated.outputBias) -
            calibrated.penalties.reduce(
              (sum, penalty, place) => sum + penalty * (features[featureCount(4) + place] as number),
              0,
            );
          const gate = 1 / (1 + Math.exp(-most));
          const bound = gate + (1 - gate) / probabilities.length;
          if (bound < 0.9) ++bitten;
          for (const p of probabilities) expect(p).toBeLessThanOrEqual(bound + 1e-12);
        },
      ),
      { seed: 5, numRuns: 100 },
    );
    // Where the bound is close to 1 it holds of itself.
    expect(bitten).toBeGreaterThan(30);
  });

  it("closes the reference's gate as the blurred residual grows, whatever the parameters and the other features", () => {
    const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.array(finite, { minLength: featureCount(4), maxLength: featureCount(4) }),
        (seed, features) => {
          const calibrated = randomConfidence(seed, 4);
          const largest = calibrated.outputWeights.reduce(
            (sum, weight) => sum + Math.abs(weight),
            calibrated.outputBias,
          );
          for (const residual of [0, 10, 1000, 1e5]) {
            const logit = referenceGateLogit(calibrated, [...features, residual, 0, 0]);
            expect(logit).toBeLessThanOrEqual(largest - (calibrated.penalties[0] as number) * residual + 1e-9);
          }
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  it("is uniform in the module too when the penalties weigh the residual heavily", () => {
    const calibrated = { ...randomConfidence(2, 4), penalties: [1e5, 1e5, 1e5] };
    expect(Array.from(judge(images[1]?.[1] as Float32Array, calibrated).probabilities)).toEqual([
      0.25, 0.25, 0.25, 0.25,
    ]);
  });
});
