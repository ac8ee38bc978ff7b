import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine.ts";
import { preparePrototypes } from "../../src/starts.ts";
import { referenceBestStart, referencePaperDescent } from "../reference/inference.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, shapes } from "../support/random-model.ts";

const LATENTS = 6;
const SAMPLES = 200;

function smallEngine(prototypes = 0): Engine {
  return engineFor(randomModel(shapes["pixel shuffle"] as never, { latents: LATENTS, classes: 3, prototypes }));
}

describe("seeded normal deviates", () => {
  const engine = smallEngine();

  it("have the moments of N(0, 1)", () => {
    const values = engine.drawNormal(1, 100_001);
    const moment = (power: number): number => values.reduce((sum, z) => sum + z ** power, 0) / values.length;
    // Four standard errors of each moment.
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(values.length));
    expect(Math.abs(moment(2) - 1)).toBeLessThan((4 * Math.sqrt(2)) / Math.sqrt(values.length));
    expect(Math.abs(moment(3))).toBeLessThan((4 * Math.sqrt(15)) / Math.sqrt(values.length));
    expect(Math.abs(moment(4) - 3)).toBeLessThan((4 * Math.sqrt(96)) / Math.sqrt(values.length));
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it("depend on the seed alone, and neighbouring seeds differ", () => {
    expect(engine.drawNormal(7, 9)).toEqual(engine.drawNormal(7, 10).slice(0, 9));
    expect(engine.drawNormal(7, 9)).not.toEqual(engine.drawNormal(8, 9));
    expect(engine.drawNormal(0, 4).every((z) => z !== 0)).toBe(true);
  });

  it("give their memory back", () => {
    const before = engine.memoryBytes;
    for (let time = 0; time < 50; ++time) engine.drawNormal(time, 10_000);
    expect(engine.memoryBytes - before).toBeLessThanOrEqual(65_536);
  });
});

describe("the paper's search", () => {
  it("starts from the best sample and descends as the double-precision reference does", () => {
    const engine = smallEngine();
    const samples = engine.drawNormal(3, SAMPLES * LATENTS);
    engine.setStarts("samples", samples);
    for (let index = 0; index < 3; ++index) engine.fillStarts("samples", index, 0, SAMPLES);
    for (const seed of [1, 2, 3]) {
      engine.setImage(randomImage(seed));
      engine.searchPaper();
      const found = engine.losses();
      const latents = [0, 1, 2].map((index) => engine.latent(index));
      for (let index = 0; index < 3; ++index) {
        const { latent: start } = referenceBestStart(engine, index, samples);
        const { loss, latent } = referencePaperDescent(engine, index, start);
        expect(found[index]).toBeCloseTo(loss, 5);
        latent.forEach((z, axis) => {
          expect(latents[index]?.[axis]).toBeCloseTo(z, 2);
        });
      }
    }
  });

  it("keeps latents inside the sphere with their signs", () => {
    const model = randomModel(shapes["fully connected"] as never, { latents: 4, classes: 2 });
    const engine = engineFor({ ...model, sphereRadius: 0.1 });
    const samples = Float32Array.of(-0.05, -0.04, -0.03, -0.02);
    engine.setStarts("samples", samples);
    for (let index = 0; index < 2; ++index) engine.fillStarts("samples", index, 0, 1);
    engine.setImage(randomImage(1));
    engine.searchPaper();
    for (let index = 0; index < 2; ++index) {
      const { latent, touchedSphere } = referencePaperDescent(engine, index, samples, { radius: 0.1 });
      engine.searchPaper();
      const found = engine.latent(index);
      expect(Math.hypot(...found)).toBeLessThanOrEqual(0.1 + 1e-6);
      latent.forEach((z, axis) => {
        expect(found[axis]).toBeCloseTo(z, 3);
      });
      expect(touchedSphere).toBe(true);
      expect(Array.from(found).some((z) => z < 0)).toBe(true);
    }
  });
});

describe("the search from prototypes", () => {
  it("starts from the best prototype and only goes down, within its ceiling", () => {
    const engine = smallEngine(40);
    preparePrototypes(engine);
    const image = randomImage(5);
    engine.setImage(image);
    const bestOf = [0, 1, 2].map((index) => {
      const length = 40 * LATENTS;
      return referenceBestStart(engine, index, engine.prototypes.slice(index * length, (index + 1) * length)).loss;
    });
    let previous = bestOf.map((loss) => loss + 1e-7);
    for (const ceiling of [1, 2, 5, 12, 40]) {
      const spent = engine.searchPrototypes(ceiling);
      // Every prototype is decoded at most once to settle which is best.
      expect(spent).toBeLessThanOrEqual(3 * (ceiling + 40));
      const losses = Array.from(engine.losses());
      losses.forEach((loss, index) => {
        expect(loss).toBeLessThanOrEqual(previous[index] as number);
      });
      previous = losses;
    }
    expect(previous.every((loss, index) => loss < (bestOf[index] as number))).toBe(true);
  });

  it("reaches a minimum: there the gradient vanishes", () => {
    const engine = smallEngine(40);
    preparePrototypes(engine);
    engine.setImage(randomImage(6));
    engine.searchPrototypes(200);
    for (let index = 0; index < 3; ++index) {
      const { gradient } = engine.evaluateWithGradient(index);
      expect(Math.hypot(...gradient)).toBeLessThan(1e-4);
    }
  });

  it("draws starts where the weights bring none, the same each time", () => {
    const losses = [0, 1].map(() => {
      const engine = smallEngine();
      preparePrototypes(engine);
      engine.setImage(randomImage(7));
      engine.searchPrototypes(5);
      return engine.losses();
    });
    expect(losses[0]).toEqual(losses[1]);
  });
});

describe("probabilities", () => {
  it("follow the paper's formula", () => {
    const engine = smallEngine(10);
    preparePrototypes(engine);
    engine.setImage(randomImage(8));
    engine.searchPrototypes(5);
    const { scale, floor } = engine.description.confidence.paper;
    const values = Array.from(engine.losses(), (loss) => Math.exp(-scale * loss) + floor);
    const total = values.reduce((sum, value) => sum + value, 0);
    engine.probabilities("paper").probabilities.forEach((p, index) => {
      expect(p).toBeCloseTo((values[index] as number) / total, 12);
    });
  });

  it("are uniform far from the data, even without a floor", () => {
    const model = randomModel(shapes["pixel shuffle"] as never, { classes: 4 });
    for (const floor of [0, 1e-5]) {
      const engine = engineFor({
        ...model,
        confidence: { paper: { scale: 1e6, floor, rejectBelow: 0.5 }, calibrated: undefined },
      });
      preparePrototypes(engine);
      engine.setImage(randomImage(1));
      engine.searchPrototypes(3);
      expect(Array.from(engine.probabilities("paper").probabilities)).toEqual([0.25, 0.25, 0.25, 0.25]);
    }
  });
});
