import { describe, expect, it } from "vitest";
import { ATTACKS } from "../../src/attacks/registry.ts";
import { nearestPoint } from "../../src/certify/half-space.ts";
import { type AttackedModel, attack, distanceBetween, type Norm } from "../../src/entries/attacks.ts";
import {
  type LinearLosses,
  linearModel,
  randomImage,
  randomLinearLosses,
  randomNetwork,
} from "../support/small-networks.ts";

const PIXELS = 64;
const NAMES = ["fgsm", "deepfool", "ddn", "fmn", "fab", "pgd", "apgd", "carlini-wagner"];
/** How much further than the nearest image on a linear model each may end. */
const SLACK: Record<string, number> = { fgsm: 1.01 };
const METHODS = ATTACKS.filter(({ name }) => NAMES.includes(name));
const CASES = METHODS.flatMap(({ name, norms }) => norms.map((norm) => ({ name, norm })));

/** The distance of the nearest image that a linear model takes for another class than 0. */
function exactDistance({ weights, offsets }: LinearLosses, image: Float32Array, norm: Norm): number {
  const [own, ...others] = weights as [Float64Array, ...Float64Array[]];
  const distances = others.map((row, index) => {
    const normal = own.map((weight, pixel) => weight - (row[pixel] as number));
    const offset = (offsets[index + 1] as number) - (offsets[0] as number);
    if (norm === "l2" || norm === "linf") {
      return nearestPoint(Float64Array.from(image), { normal, offset }, norm).distance;
    }
    return leastSum(normal, image, offset);
  });
  return Math.min(...distances);
}

/** In L1: the pixels with the most gain per change first, each as far as it goes. */
function leastSum(normal: Float64Array, image: Float32Array, offset: number): number {
  let missing = offset - image.reduce((sum, value, pixel) => sum + value * (normal[pixel] as number), 0);
  const pixels = Array.from(image, (value, pixel) => {
    const weight = normal[pixel] as number;
    return { weight: Math.abs(weight), room: weight > 0 ? 1 - value : value };
  });
  pixels.sort((one, other) => other.weight - one.weight);
  let distance = 0;
  for (const { weight, room } of pixels) {
    const length = Math.min(room, missing / weight);
    distance += length;
    missing -= length * weight;
    if (missing <= 0) return distance;
  }
  return Number.POSITIVE_INFINITY;
}

/** The label that a model gives an image. */
function labelOf(model: AttackedModel, image: Float32Array): number {
  return model.classify(image).label;
}

it("lists every gradient attack", () => {
  expect(METHODS.map(({ name }) => name).sort()).toEqual(NAMES.slice().sort());
});

describe.each(CASES)("$name in $norm", ({ name, norm }) => {
  const smooth = randomNetwork(5, PIXELS, 16, 3);
  const image = randomImage(PIXELS, 17);
  const label = labelOf(smooth, image);

  it.each([
    { classes: 2, seed: 1 },
    { classes: 2, seed: 2 },
    { classes: 3, seed: 3 },
    { classes: 3, seed: 4 },
    { classes: 10, seed: 5 },
  ])("reaches the nearest image of a linear model of $classes classes, $seed", ({ classes, seed }) => {
    const losses = randomLinearLosses(classes, PIXELS, seed, 1.5);
    const model = linearModel(losses);
    const grey = randomImage(PIXELS, 50 + seed);
    expect(labelOf(model, grey)).toBe(0);
    const exact = exactDistance(losses, grey, norm);
    const { success, distance } = attack(name, model, grey, 0, { norm });
    expect(success).toBe(true);
    // Two float32 roundings of the nearest point may fall short of the boundary by that much.
    expect(distance / exact).toBeGreaterThan(0.999);
    expect(distance / exact).toBeLessThan(SLACK[name] ?? 1.03);
  });

  it("does the same whatever the scale of the losses", () => {
    const distances = [1, 2 ** -10, 2 ** 10].map((scale) => {
      return attack(name, randomNetwork(5, PIXELS, 16, 3, scale), image, label, { norm }).distance;
    });
    expect(distances[0]).toBeLessThan(Number.POSITIVE_INFINITY);
    for (const distance of distances.slice(1)) expect(distance / (distances[0] as number)).toBeCloseTo(1, 2);
  });

  it("reports what the model says and the distance of the image it reports, and leaves the original as it was", () => {
    const before = image.slice();
    const found = attack(name, smooth, image, label, { norm, seed: 5 });
    expect(image).toEqual(before);
    expect(found.success).toBe(true);
    const nearest = found.image as Float32Array;
    expect(found.distance).toBe(distanceBetween(image, nearest, norm));
    expect(labelOf(smooth, nearest)).toBe(found.label);
    expect(found.label).not.toBe(label);
    expect(attack(name, smooth, image, label, { norm, seed: 5 })).toEqual(found);
  });

  it("asks only about images in the box", () => {
    let outside = 0;
    const check = (asked: Float32Array): void => {
      if (!asked.every((value) => value >= 0 && value <= 1)) ++outside;
    };
    const model: AttackedModel = {
      classify: (asked) => {
        check(asked);
        return smooth.classify(asked);
      },
      lossAndGradient: (asked) => {
        check(asked);
        return (smooth.lossAndGradient as Required<AttackedModel>["lossAndGradient"])(asked);
      },
    };
    attack(name, model, image, label, { norm });
    expect(outside).toBe(0);
  });

  it("counts only what is confirmed", () => {
    const strict: AttackedModel = {
      ...smooth,
      confirm: (asked) => ({ label: asked.every((value) => value < 0.99) ? label : labelOf(smooth, asked) }),
    };
    const none: AttackedModel = { ...smooth, confirm: () => ({ label }) };
    expect(attack(name, none, image, label, { norm })).toMatchObject({
      success: false,
      distance: Number.POSITIVE_INFINITY,
    });
    const found = attack(name, strict, image, label, { norm });
    if (found.success)
      expect((strict.confirm as AttackedModel["classify"])(found.image as Float32Array).label).toBe(found.label);
  });

  it("goes on to where the decision that counts turns, a little beyond the boundary that the losses have", () => {
    const losses = randomLinearLosses(2, PIXELS, 6, 1.5);
    const further = {
      ...losses,
      offsets: losses.offsets.map((offset, index) => (index === 0 ? offset : offset + 0.5)),
    };
    const model = { ...linearModel(losses), confirm: linearModel(further).classify };
    const grey = randomImage(PIXELS, 60);
    expect(labelOf(model, grey)).toBe(0);
    const exact = exactDistance(further, grey, norm);
    expect(exact / exactDistance(losses, grey, norm)).toBeGreaterThan(1.01);
    expect(attack(name, model, grey, 0, { norm }).distance / exact).toBeLessThan(1.1);
  });

  it("does not stop at a tie of the losses", () => {
    // Rounded to about a thousandth of the margin, as losses of few bits are.
    const losses = randomLinearLosses(3, PIXELS, 7, 1.5);
    const exactly = linearModel(losses);
    const model: AttackedModel = {
      classify: exactly.classify,
      lossAndGradient: (asked) => {
        const { losses: found, gradients } = (exactly.lossAndGradient as Required<AttackedModel>["lossAndGradient"])(
          asked,
        );
        return { losses: Array.from(found, (loss) => Math.round(loss * 100) / 100), gradients };
      },
    };
    const grey = randomImage(PIXELS, 61);
    expect(labelOf(model, grey)).toBe(0);
    expect(attack(name, model, grey, 0, { norm }).distance / exactDistance(losses, grey, norm)).toBeLessThan(1.1);
  });

  it.each([1, 7, 50])("asks no more than %i questions when told so", (budget) => {
    let asked = 0;
    const model: AttackedModel = {
      classify: (queried) => {
        ++asked;
        return smooth.classify(queried);
      },
      lossAndGradient: (queried) => {
        ++asked;
        return (smooth.lossAndGradient as Required<AttackedModel>["lossAndGradient"])(queried);
      },
    };
    const { queries } = attack(name, model, image, label, { norm, budget });
    expect(queries).toBe(asked);
    expect(queries).toBeLessThanOrEqual(budget);
  });

  it("ends by itself within 1500 questions", () => {
    expect(attack(name, smooth, image, label, { norm }).queries).toBeLessThanOrEqual(1500);
  });

  it("finds nothing, and no numbers that are none, where the gradient is 0", () => {
    const flat: AttackedModel = {
      classify: (asked) => ({ label: asked.every((value) => Number.isFinite(value)) ? 1 : 0 }),
      lossAndGradient: () => ({ losses: [1, 0, 2], gradients: [0, 1, 2].map(() => new Float32Array(PIXELS)) }),
    };
    expect(attack(name, flat, image, 1, { norm }).success).toBe(false);
  });
});

describe.each(["linf", "l2", "l1"] as const)("the gradient attacks in %s", (norm) => {
  it.each([1, 2, 3, 4])("each come near the best of them on a smooth network, %i", (seed) => {
    const model = randomNetwork(6, PIXELS, 20, 10 + seed);
    const image = randomImage(PIXELS, 20 + seed);
    const label = labelOf(model, image);
    // One gradient does not do.
    const methods = METHODS.filter(({ name, norms }) => name !== "fgsm" && norms.includes(norm));
    expect(methods.length).toBeGreaterThan(2);
    const distances = methods.map(({ name }) => attack(name, model, image, label, { norm }).distance);
    const least = Math.min(...distances);
    for (const [index, distance] of distances.entries()) {
      expect(distance / least, methods[index]?.name as string).toBeLessThan(1.3);
    }
  });
});
