import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier } from "../src/entries/node.ts";
import { runsDebugBuild } from "./support/debug-module.ts";
import { randomImage, randomModel, shapes } from "./support/random-model.ts";
import { countedError, photometricError } from "./support/shipped-loss.ts";
import { weightsFileParts, writeWeightsFile } from "./support/weights-file.ts";

let abs: Classifier;

beforeAll(async () => {
  abs = await createClassifier();
});

describe("explain", () => {
  it("shows latents and reconstructions that give the losses", () => {
    const image = randomImage(7);
    const { classes, losses, label, runnerUp, advantage, image: seen } = abs.explain(image);
    const errorOf = (reconstruction: Float32Array): number =>
      reconstruction.reduce((sum, value, pixel) => sum + countedError((seen[pixel] as number) - value), 0);
    classes.forEach(({ loss, latent, reconstruction, gain, offset }, index) => {
      expect(loss).toBe(losses[index]);
      abs.decode(index, latent).forEach((drawn, pixel) => {
        expect(reconstruction[pixel]).toBeCloseTo(gain * drawn + offset, 5);
      });
      const prior = latent.reduce((sum, z) => sum + z * z, 0) / 2;
      expect(loss).toBeCloseTo((errorOf(reconstruction) + photometricError({ gain, offset }) + prior) / 784, 5);
    });
    expect(runnerUp).not.toBe(label);
    expect(Math.min(...losses.filter((_, index) => index !== label))).toBe(losses[runnerUp]);
    const errorOfClass = (index: number): number => errorOf(classes[index]?.reconstruction as Float32Array);
    expect(advantage.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
      errorOfClass(runnerUp) - errorOfClass(label),
      2,
    );
  });

  it.each<[string, Parameters<typeof createClassifier>[0], number]>([
    ["a quick race", { effort: "quick" }, 100],
    ["a race", {}, 100],
    ["a thorough race", { effort: "thorough" }, 20],
    ["a race of black-and-white images", { variant: "binary-abs" }, 100],
    ["a race judged by the paper's formula", { confidence: "paper" }, 100],
  ])("decides as classify does, in %s, unless another class ends lower", async (_, options, images) => {
    const classifier = await createClassifier(options);
    let changed = 0;
    let rejected = 0;
    for (let seed = 0; seed < images; ++seed) {
      const [digit] = abs.sample(seed % 10, { seed }) as [Float32Array];
      const noise = randomImage(seed);
      // From clear digits to ones that nobody could read, so that many lie near the threshold of rejection.
      const share = (seed % 7) / 8;
      const image = digit.map((value, pixel) => value + share * ((noise[pixel] as number) - value));
      const { losses, evaluations, ...decision } = classifier.classify(image);
      const explanation = classifier.explain(image);
      expect(explanation.evaluations).toBeGreaterThanOrEqual(evaluations);
      expect(explanation.losses[decision.label]).toBeLessThanOrEqual(losses[decision.label] as number);
      if (explanation.label === decision.label) expect(explanation).toMatchObject(decision);
      else ++changed;
      if (decision.rejected) ++rejected;
    }
    expect(changed).toBeLessThanOrEqual(1);
    expect(rejected / images).toBeGreaterThan(0.1);
    expect(rejected / images).toBeLessThan(0.9);
  });
});

describe("the losses on the way", () => {
  const prototypes = (): Uint8Array => {
    const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
    return writeWeightsFile(weightsFileParts(randomModel(layers, { latents: 5, classes: 3, prototypes: 20 }), layers));
  };

  it.each<[string, Parameters<typeof createClassifier>[0], number]>([
    ["a quick race", { effort: "quick" }, 0],
    ["a race", {}, 0],
    ["a thorough race", { effort: "thorough" }, 0],
    ["a race of black-and-white images", { variant: "binary-abs" }, 0],
    ["the paper's search", { inference: "paper" }, 1],
    ["a descent from prototypes", { weights: prototypes() }, 0],
  ])("are all that were evaluated in %s, and lead to the loss", async (name, options, judged) => {
    const classifier = await createClassifier(options);
    for (const seed of [1, 2]) {
      const [digit] = abs.sample(3, { seed }) as [Float32Array];
      for (const image of [digit, randomImage(seed)]) {
        const { classes, evaluations } = classifier.explain(image);
        for (const { descent, loss } of classes) {
          expect(descent, name).toContain(loss);
          expect(Math.min(...descent.slice(0, 1))).toBeGreaterThanOrEqual(loss);
        }
        const last = classes.reduce((sum, { descent }) => sum + descent.length, judged);
        // A race may have looked at other views before.
        if (name.includes("race")) expect(last).toBeLessThanOrEqual(evaluations);
        else expect(last).toBe(evaluations);
        classifier.label(randomImage(9));
        expect(classifier.explain(image).classes).toEqual(classes);
      }
    }
  });
});

describe("lossAndGradient", () => {
  it.skipIf(runsDebugBuild)("predicts how the losses change with the image", async () => {
    // The envelope theorem holds at a minimum, so the search is the thorough one.
    const thorough = await createClassifier({ inference: "paper" });
    const [image] = thorough.sample(3, { seed: 2 }) as [Float32Array];
    const { losses, gradients } = thorough.lossAndGradient(image);
    const seen = (value: number): number => thorough.response?.(value) ?? value;
    const step = 3e-3;
    const moved = image.map((x, pixel) => {
      const direction = gradients[3]?.[pixel] as number;
      return Math.min(Math.max(x - step * 784 * direction, 0), 1);
    });
    const after = thorough.lossAndGradient(moved).losses;
    const predicted = moved.reduce(
      (sum, x, pixel) => sum + (seen(x) - seen(image[pixel] as number)) * (gradients[3]?.[pixel] as number),
      0,
    );
    const change = (after[3] as number) - (losses[3] as number);
    expect(change / predicted).toBeGreaterThan(0.8);
    expect(change / predicted).toBeLessThan(1.2);
  });
});

describe("evaluate", () => {
  it.each(["abs", "binary-abs"] as const)(
    "agrees with explain at the latents that it found, in %s",
    async (variant) => {
      const other = await createClassifier({ variant });
      const [image] = other.sample(4, { seed: 3 }) as [Float32Array];
      other.explain(image).classes.forEach(({ latent, loss, reconstruction, gain, offset }, label) => {
        const found = other.evaluate(image, label, latent);
        expect(Math.abs(found.loss - loss)).toBeLessThan(1e-5 * loss);
        expect([found.gain, found.offset]).toEqual([gain, offset]);
        expect(found.reconstruction).toEqual(reconstruction);
      });
    },
  );

  // Gain and offset end where four rounds leave them, and the derivative holds them: of few images it is off by some percent.
  it("has the derivative that differences of losses have, as far as one from a redrawing's latent", () => {
    const [step, count] = [0.01, 100];
    const errors = Array.from({ length: count }, (_, seed) => {
      const label = seed % abs.classes.length;
      const [image] = abs.sample(label, { seed }) as [Float32Array];
      const found = abs.explain(image).classes[label]?.latent as Float32Array;
      const along = Array.from(found, (__, index) => Math.sin(index + seed));
      const latent = Float64Array.from(
        found,
        (value, index) => value + (along[index] as number) / Math.hypot(...along),
      );
      const { gradient } = abs.evaluate(image, label, latent);
      const differences = Array.from(latent, (value, index) => {
        const [ahead, behind] = [step, -step].map(
          (change) => abs.evaluate(image, label, latent.with(index, value + change)).loss,
        ) as [number, number];
        return (ahead - behind) / (2 * step);
      });
      const error = Math.hypot(...gradient.map((slope, index) => slope - (differences[index] as number)));
      return error / Math.hypot(...differences);
    });
    expect(errors.filter((error) => error < 0.005).length).toBeGreaterThanOrEqual(0.95 * count);
    expect(Math.max(...errors)).toBeLessThan(0.1);
  });

  it("refuses what it cannot take", () => {
    const image = new Float32Array(784);
    expect(() => abs.evaluate(image, 10, new Float32Array(abs.latents))).toThrow("label: got 10");
    expect(() => abs.evaluate(image, 1, [0])).toThrow(/latent: got 1 values, wanted \d+/);
    expect(() => abs.evaluate(image.subarray(1), 1, new Float32Array(abs.latents))).toThrow("783");
  });
});
