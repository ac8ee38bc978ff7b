import { describe, expect, it } from "vitest";
import { type ConfidentModel, distal } from "../../src/attacks/distal.ts";
import { createClassifier } from "../../src/entries/node.ts";

const PIXELS = 6;
/** Negative logits −s·(w·x), two classes and a third that never changes. */
const WEIGHTS = [
  [1, -1, 2, 0, 0, 1],
  [-1, 1, 0, 0, 3, 0],
  [0, 0, 0, 0, 0, 0],
];

function softmax(losses: readonly number[]): number[] {
  const least = Math.min(...losses);
  const exponentials = losses.map((loss) => Math.exp(least - loss));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** A linear softmax model: its confidence grows without bound along its weights. */
function linear(scale: number, shows = true): ConfidentModel & { questions: number } {
  const lossesOf = (image: Float32Array): number[] =>
    WEIGHTS.map((weights) => -scale * weights.reduce((sum, weight, at) => sum + weight * (image[at] as number), 0));
  const model = {
    questions: 0,
    classify: (image: Float32Array) => {
      ++model.questions;
      const probabilities = softmax(lossesOf(image));
      const confidence = Math.max(...probabilities);
      return { label: probabilities.indexOf(confidence), confidence, ...(shows ? { probabilities } : {}) };
    },
    lossAndGradient: (image: Float32Array) => ({
      losses: lossesOf(image),
      gradients: WEIGHTS.map((weights) => weights.map((weight) => -scale * weight)),
    }),
  };
  return model;
}

/** Classes are points, and only who is near one is sure: p = g·softmax + (1 − g)/2, g falling with the distance. */
const POINTS = [
  [0.2, 0.8, 0.2, 0.8, 0.2, 0.8],
  [0.9, 0.1, 0.9, 0.1, 0.9, 0.1],
];
const near: ConfidentModel = {
  classify: (image) => {
    const losses = pointLosses(image);
    const gate = Math.exp(-40 * Math.min(...losses) ** 2);
    const probabilities = softmax(losses.map((loss) => 50 * loss)).map((share) => gate * share + (1 - gate) / 2);
    const confidence = Math.max(...probabilities);
    return { label: probabilities.indexOf(confidence), confidence, probabilities };
  },
  lossAndGradient: (image) => ({
    losses: pointLosses(image),
    gradients: POINTS.map((point) => point.map((value, at) => 2 * ((image[at] as number) - value))),
  }),
};
function pointLosses(image: Float32Array): number[] {
  return POINTS.map((point) => point.reduce((sum, value, at) => sum + (value - (image[at] as number)) ** 2, 0));
}

const distance = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  Math.hypot(...Array.from(one, (value, at) => value - (other[at] as number)));

describe("distal", () => {
  it.each([0, 1])("makes a linear model sure of class %s without going further than it must", (target) => {
    const model = linear(1);
    const { success, probability, steps, image, start, loss } = distal(model, target, { pixels: PIXELS, seed: 1 });
    expect(success).toBe(true);
    expect(probability).toBeGreaterThanOrEqual(0.9);
    // Bisected towards the noise, which is not sure itself.
    expect(probability).toBeLessThan(0.901);
    expect(model.classify(start).probabilities?.[target]).toBeLessThan(0.9);
    expect(steps).toBeGreaterThan(0);
    expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(loss).toBe(model.lossAndGradient(image).losses[target]);
  });

  it("works on gradients of any size, and where only the label's confidence is known", () => {
    const result = distal(linear(4, false), 1, { pixels: PIXELS, seed: 1 });
    expect(result.success).toBe(true);
    const tiny = linear(4);
    const scaled: ConfidentModel = {
      classify: (image) => tiny.classify(image),
      lossAndGradient: (image) => {
        const { losses, gradients } = tiny.lossAndGradient(image);
        return { losses, gradients: Array.from(gradients, (own) => Array.from(own, (value) => value * 1e-30)) };
      },
    };
    expect(distal(scaled, 1, { pixels: PIXELS, seed: 1 }).steps).toBe(
      distal(tiny, 1, { pixels: PIXELS, seed: 1 }).steps,
    );
  });

  it.each([0, 1])("reaches a model that is sure only near point %s, by what it draws", (target) => {
    const { success, image, start } = distal(near, target, { pixels: PIXELS, seed: 3 });
    expect(success).toBe(true);
    const point = POINTS[target] as number[];
    // Sure by .9 is a gate of .8, exp(−40 d⁴) there.
    expect(distance(image, point)).toBeCloseTo((Math.log(1 / 0.8) / 40) ** 0.25, 3);
    expect(distance(start, point)).toBeGreaterThan(0.3);
  });

  it("says what it came to where no image is sure enough", () => {
    const { success, probability, image, start, steps } = distal(linear(0.1), 0, { pixels: PIXELS, steps: 40 });
    expect(success).toBe(false);
    const best = linear(0.1).classify(Float32Array.of(1, 0, 1, 0, 0, 1)).probabilities?.[0] as number;
    expect(probability).toBeLessThan(0.9);
    expect(probability).toBeGreaterThan(best - 0.01);
    expect(distance(image, start)).toBeGreaterThan(0.1);
    expect(steps).toBeLessThanOrEqual(40);
  });

  it("asks no more than its steps allow", () => {
    const model = linear(0.1);
    distal(model, 2, { pixels: PIXELS, steps: 5 });
    // Six climbs of five steps and their starts, and the probability at the end.
    expect(model.questions).toBeLessThanOrEqual(6 * 6 + 1);
  });

  it("takes no step where the noise is convincing already", () => {
    const sure: ConfidentModel = { ...linear(1), classify: () => ({ label: 1, confidence: 0.95 }) };
    const { success, steps, image, start } = distal(sure, 1, { pixels: PIXELS });
    expect({ success, steps }).toEqual({ success: true, steps: 0 });
    expect(distance(image, start)).toBe(0);
  });

  it("depends on the seed and nothing else", () => {
    const found = distal(linear(4), 0, { pixels: PIXELS, seed: 5 });
    expect(distal(linear(4), 0, { pixels: PIXELS, seed: 5 })).toEqual(found);
    expect(distal(linear(4), 0, { pixels: PIXELS, seed: 6 }).start).not.toEqual(found.start);
  });

  it("leads ABS from noise that it rejects to an image that it is sure of", async () => {
    const abs = await createClassifier();
    const { success, probability, image, start } = distal(abs, 4, { seed: 2, steps: 60 });
    expect(success).toBe(true);
    expect(probability).toBeGreaterThanOrEqual(0.9);
    const { label, rejected } = abs.classify(image);
    expect({ label, rejected }).toEqual({ label: 4, rejected: false });
    expect(abs.classify(start).rejected).toBe(true);
  });

  it("has no success with what a model rejects", () => {
    const model = linear(1);
    const sure = distal(model, 0, { pixels: PIXELS, steps: 200 });
    expect(sure.success).toBe(true);
    const strict = {
      ...model,
      classify: (image: Float32Array) => ({ ...model.classify(image), rejected: true }),
    };
    const found = distal(strict, 0, { pixels: PIXELS, steps: 200 });
    expect(found.success).toBe(false);
    expect(found.probability).toBeGreaterThanOrEqual(sure.probability);
  });

  it("refuses what it cannot work with", () => {
    const model = linear(1);
    expect(() => distal({ classify: model.classify } as ConfidentModel, 0)).toThrow("model.lossAndGradient");
    expect(() => distal(undefined as unknown as ConfidentModel, 0)).toThrow(TypeError);
    expect(() => distal(model, 3, { pixels: PIXELS })).toThrow("target: got 3, wanted a whole number from 0 to 2");
    expect(() => distal(model, -1, { pixels: PIXELS })).toThrow(RangeError);
    expect(() => distal(model, 0, { confidence: 1 })).toThrow("confidence");
    expect(() => distal(model, 0, { step: 3 } as object)).toThrow('the unknown "step"');
    expect(() => distal(model, 0, { seed: -1 })).toThrow("seed");
  });
});
