import { describe, expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { distanceBetween, type Norm } from "../../src/attacks/norms.ts";
import { type AttackResult, attack } from "../../src/attacks/run.ts";
import { nearestPoint, type RadiusNorm } from "../../src/certify/half-space.ts";
import { Random } from "../../src/random.ts";
import { linearCase } from "../support/linear-model.ts";

/** The attacks by decisions, by pixels and along the boundary, each in each of its norms. */
const METHODS: readonly [string, Norm][] = [
  ["gaussian-noise", "l2"],
  ["gaussian-noise", "linf"],
  ["uniform-noise", "l2"],
  ["uniform-noise", "linf"],
  ["transfer", "l2"],
  ["transfer", "linf"],
  ["transfer", "l1"],
  ["salt-and-pepper", "l0"],
  ["pointwise", "l0"],
  ["pointwise", "l2"],
  ["greedy-pixels", "l0"],
  ["sparse-rs", "l0"],
  ["boundary", "l2"],
  ["boundary", "linf"],
  ["brendel-bethge", "l2"],
  ["brendel-bethge", "linf"],
  ["brendel-bethge", "l1"],
  ["brendel-bethge", "l0"],
];
/** Questions that a search may ask, and what shortening 40 pixels adds at most. */
const MOST_QUESTIONS = 3500;

function exact(seed: number, norm: RadiusNorm): number {
  const { halfSpace, image } = linearCase(seed);
  return nearestPoint(Float64Array.from(image), halfSpace, norm).distance;
}

function onLinear(name: string, norm: Norm, seed: number, budget?: number): AttackResult {
  const { model, image } = linearCase(seed);
  return attack(name, model, image, 0, { norm, seed, substitute: model, ...(budget && { budget }) });
}

/** What holds of every result. */
function expectHonest(result: AttackResult, model: AttackedModel, image: Float32Array): void {
  if (!result.success) {
    expect(result).toMatchObject({ distance: Number.POSITIVE_INFINITY, label: 0 });
    expect(result.image).toBeUndefined();
    return;
  }
  const found = result.image as Float32Array;
  expect(model.classify(found).label).toBe(result.label);
  expect(result.label).not.toBe(0);
  expect(result.distance).toBe(distanceBetween(image, found, result.norm));
  expect(found.every((value) => value >= 0 && value <= 1)).toBe(true);
}

describe.each(METHODS)("%s in %s", (name, norm) => {
  it("finds what is misclassified, as near as it says, and leaves the original as it was", () => {
    for (let seed = 0; seed < 3; ++seed) {
      const { model, image } = linearCase(seed);
      const before = image.slice();
      const result = onLinear(name, norm, seed);
      expect(result.success).toBe(true);
      expectHonest(result, model, image);
      expect(image).toEqual(before);
      expect(result.queries).toBeLessThan(MOST_QUESTIONS);
      // No attack finds what cannot be there.
      if (norm !== "l1") expect(result.distance).toBeGreaterThan(exact(seed, norm) * (1 - 1e-5));
    }
  });

  it("finds the same again from the same seed", () => {
    expect(onLinear(name, norm, 5)).toEqual(onLinear(name, norm, 5));
  });

  it.each([1, 7, 50])("asks no more than a budget of %i", (budget) => {
    const { model, image } = linearCase(6);
    let asked = 0;
    const counted = <Answer>(ask: (trial: Float32Array) => Answer) => {
      return (trial: Float32Array): Answer => {
        ++asked;
        return ask(trial);
      };
    };
    const counting = { classify: counted(model.classify), lossAndGradient: counted(model.lossAndGradient) };
    const result = attack(name, counting, image, 0, { norm, budget, substitute: model });
    expect(asked).toBeLessThanOrEqual(budget);
    expect(result.queries).toBe(asked);
    expectHonest(result, model, image);
  });

  it("believes only the decision that counts", () => {
    const { model, image } = linearCase(7);
    const confirm = (trial: Float32Array): { label: number } => ({
      label: (model.lossAndGradient(trial).losses[0] as number) > 0.5 ? 1 : 0,
    });
    const result = attack(name, { ...model, confirm }, image, 0, { norm, substitute: model });
    if (result.success) expect(confirm(result.image as Float32Array).label).toBe(1);
    expectHonest(result, model, image);
  });

  it("comes to an end where every image has the same label", () => {
    const stubborn: AttackedModel = {
      classify: () => ({ label: 0 }),
      lossAndGradient: (image) => ({ losses: [0, 1], gradients: [image.map(() => 0), image.map(() => 0)] }),
    };
    const result = attack(name, stubborn, linearCase(8).image, 0, { norm, substitute: stubborn });
    expect(result.success).toBe(false);
    expect(result.queries).toBeLessThan(MOST_QUESTIONS);
  });

  it("bears images of one pixel, and black and white ones", () => {
    const light: AttackedModel = {
      classify: (image) => ({ label: image.reduce((sum, value) => sum + value, 0) / image.length > 0.5 ? 1 : 0 }),
      lossAndGradient: (image) => ({
        losses: [image.reduce((sum, value) => sum + value, 0) / image.length - 0.5, 0],
        gradients: [image.map(() => 1 / image.length), image.map(() => 0)],
      }),
    };
    for (const image of [Float32Array.of(0), Float32Array.of(0, 1), new Float32Array(9)]) {
      expectHonest(attack(name, light, image, 0, { norm, substitute: light }), light, image);
    }
  });
});

describe("distances on linear models, of which the least is known", () => {
  const SEEDS = [11, 12, 13, 14, 15, 16];

  it("is the least number of pixels for greedy pixels", () => {
    for (const seed of SEEDS) expect(onLinear("greedy-pixels", "l0", seed).distance).toBe(exact(seed, "l0"));
  });

  it.each(["l2", "linf"] as const)("is within 2 % of the least for Brendel and Bethge's attack in %s", (norm) => {
    for (const seed of SEEDS) {
      expect(onLinear("brendel-bethge", norm, seed).distance / exact(seed, norm)).toBeLessThan(1.02);
    }
  });

  it("is within 2 % of the least for Brendel and Bethge's attack in L1", () => {
    for (const seed of SEEDS) {
      const { halfSpace, image } = linearCase(seed);
      // Pixels go all the way, those of the largest weights first; the last one only as far as it must.
      let missing =
        halfSpace.offset - halfSpace.normal.reduce((sum, weight, at) => sum + weight * (image[at] as number), 0);
      let least = 0;
      const order = Array.from(image.keys()).sort(
        (one, other) => Math.abs(halfSpace.normal[other] as number) - Math.abs(halfSpace.normal[one] as number),
      );
      for (const pixel of order) {
        const weight = halfSpace.normal[pixel] as number;
        const room = weight > 0 ? 1 - (image[pixel] as number) : (image[pixel] as number);
        const step = Math.min(room, missing / Math.abs(weight));
        missing -= step * Math.abs(weight);
        least += step;
      }
      const found = onLinear("brendel-bethge", "l1", seed).distance;
      expect(found / least).toBeLessThan(1.02);
      expect(found / least).toBeGreaterThan(1 - 1e-5);
    }
  });

  it("is within two pixels of the least for Brendel and Bethge's attack in L0", () => {
    for (const seed of SEEDS) {
      expect(onLinear("brendel-bethge", "l0", seed).distance - exact(seed, "l0")).toBeLessThanOrEqual(2);
    }
  });

  it.each([
    ["boundary", "l2", 1.3],
    ["boundary", "linf", 1.3],
    ["transfer", "l2", 1.1],
    ["transfer", "linf", 1.05],
    ["sparse-rs", "l0", 1.4],
    ["pointwise", "l0", 2],
    ["salt-and-pepper", "l0", 3],
  ] as const)("is not far from the least for %s in %s: %f times at most", (name, norm, factor) => {
    const ratios = SEEDS.map((seed) => onLinear(name, norm, seed).distance / exact(seed, norm));
    expect(Math.max(...ratios)).toBeLessThan(factor);
  });
});

describe("greedy pixels on models that bend", () => {
  /** Each class has prototypes, of which the nearest counts: the boundary consists of many flat pieces. */
  function prototypes(
    seed: number,
    pixels: number,
  ): { model: Required<Pick<AttackedModel, "classify" | "lossAndGradient">>; image: Float32Array } {
    const random = new Random(seed);
    const classes = [0, 1, 2].map(() =>
      Array.from({ length: 4 }, () => Float32Array.from({ length: pixels }, () => random.uniform())),
    );
    const lossAndGradient = (image: Float32Array) => {
      const nearest = classes.map((drawn) =>
        drawn.reduce((least, other) =>
          distanceBetween(image, other, "l2") < distanceBetween(image, least, "l2") ? other : least,
        ),
      );
      return {
        losses: nearest.map((drawn) => distanceBetween(image, drawn, "l2") ** 2 / pixels),
        gradients: nearest.map((drawn) => image.map((value, at) => (2 * (value - (drawn[at] as number))) / pixels)),
      };
    };
    const classify = (image: Float32Array) => {
      const { losses } = lossAndGradient(image);
      return { label: losses.indexOf(Math.min(...losses)) };
    };
    const drawn = classes[0]?.[0] as Float32Array;
    return {
      model: { classify, lossAndGradient },
      image: drawn.map((value) => Math.min(1, Math.max(0, value + 0.05 * random.normal()))),
    };
  }

  /** The fewest pixels set to 0 or 1 that turn the label, by trying all sets of up to three. */
  function fewest(model: AttackedModel, image: Float32Array, most: number): number {
    const turns = (trial: Float32Array, first: number, left: number): boolean => {
      for (let pixel = first; pixel < image.length; ++pixel) {
        for (const value of [0, 1]) {
          const next = trial.slice();
          next[pixel] = value;
          if (left === 1 ? model.classify(next).label !== 0 : turns(next, pixel + 1, left - 1)) return true;
        }
      }
      return false;
    };
    for (let count = 1; count <= most; ++count) if (turns(image, 0, count)) return count;
    return most + 1;
  }

  it("finds as few pixels as trying all of them", () => {
    let compared = 0;
    for (let seed = 0; seed < 12; ++seed) {
      const { model, image } = prototypes(seed, 12);
      const least = fewest(model, image, 3);
      if (least > 3) continue;
      expect(attack("greedy-pixels", model, image, 0, { norm: "l0" }).distance, `seed ${seed}`).toBe(least);
      ++compared;
    }
    expect(compared).toBeGreaterThan(4);
  });

  it("turns a network with a bent hidden layer with no more pixels than random search does", () => {
    const random = new Random(9);
    const [PIXELS, HIDDEN] = [100, 20];
    const matrix = (rows: number, columns: number): Float64Array[] =>
      Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => random.normal()));
    const [inner, outer] = [matrix(HIDDEN, PIXELS), matrix(3, HIDDEN)];
    const dot = (one: Float64Array, other: ArrayLike<number>): number =>
      one.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
    const lossAndGradient = (image: Float32Array) => {
      const hidden = inner.map((weights) =>
        Math.tanh(
          0.2 *
            dot(
              weights,
              image.map((value) => value - 0.5),
            ),
        ),
      );
      const losses = outer.map((weights) => -dot(weights, hidden));
      const gradients = outer.map((weights) =>
        image.map(
          (_, at) =>
            -inner.reduce(
              (sum, row, unit) =>
                sum + (weights[unit] as number) * (1 - (hidden[unit] as number) ** 2) * 0.2 * (row[at] as number),
              0,
            ),
        ),
      );
      return { losses, gradients };
    };
    const classify = (image: Float32Array) => {
      const { losses } = lossAndGradient(image);
      return { label: losses.indexOf(Math.min(...losses)) };
    };
    const model = { classify, lossAndGradient };
    let greedy = 0;
    let searched = 0;
    for (let seed = 0; seed < 3; ++seed) {
      const image = Float32Array.from({ length: PIXELS }, () => random.uniform());
      const { label } = classify(image);
      greedy += attack("greedy-pixels", model, image, label, { norm: "l0" }).distance;
      searched += attack("sparse-rs", model, image, label, { norm: "l0", budget: 1600 }).distance;
    }
    expect(greedy).toBeGreaterThan(0);
    expect(greedy).toBeLessThanOrEqual(searched);
  });
});

describe("random search on models without losses", () => {
  it("goes by decisions, and gets below the noise that it starts from", () => {
    const { model, image } = linearCase(21);
    const decisions = { classify: model.classify };
    const found = attack("sparse-rs", decisions, image, 0, { norm: "l0" });
    const noise = attack("salt-and-pepper", decisions, image, 0, { norm: "l0" });
    expect(found.success).toBe(true);
    expect(found.distance).toBeLessThanOrEqual(noise.distance);
  });
});

describe("starting points", () => {
  it("lead over what the model draws for other classes, where that is the way", () => {
    // Only images close to a drawing of class 1 have its label: no noise finds it.
    const drawing = Float32Array.from({ length: 100 }, (_, at) => (at % 3 === 0 ? 1 : 0));
    const original = Float32Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 0.9 : 0.1));
    const classify = (image: Float32Array) => ({ label: distanceBetween(image, drawing, "l2") < 2 ? 1 : 0 });
    const explain = () => ({ losses: [0, 1], classes: [{ reconstruction: original }, { reconstruction: drawing }] });
    const budget = 600;
    expect(attack("boundary", { classify }, original, 0, { norm: "l2", budget }).success).toBe(false);
    expect(attack("boundary", { classify, explain }, original, 0, { norm: "l2", budget }).success).toBe(true);
  });
});
