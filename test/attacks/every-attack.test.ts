import { describe, expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { distanceBetween } from "../../src/attacks/norms.ts";
import { ATTACKS } from "../../src/attacks/registry.ts";
import { AttackError, type AttackResult, attack } from "../../src/attacks/run.ts";
import { linearCase } from "../support/linear-model.ts";

// What holds of all attacks in all of their norms, those that know how a model works among them.

const CASES = ATTACKS.flatMap(({ name, norms, needs }) => norms.map((norm) => ({ name, norm, needs })));
/** Questions that a search may ask, and what shortening 40 pixels adds at most. */
const MOST_QUESTIONS = 4000;

type Whole = Required<Omit<AttackedModel, "confirm" | "classes">>;

/**
 * A linear model that offers all that attacks may need; its redrawings are the image, moved across the boundary or not, and with a gain
 * and an offset they leave the box.
 */
function wholeModel(seed: number): { model: Whole; image: Float32Array } {
  const { model, halfSpace, image } = linearCase(seed);
  const explain: Whole["explain"] = (trial) => ({
    losses: model.lossAndGradient(trial).losses,
    classes: [
      { reconstruction: trial },
      {
        reconstruction: trial.map((value, at) => value + Math.sign(halfSpace.normal[at] ?? 0)),
      },
    ],
  });
  return {
    model: { ...model, explain, searches: [model.lossAndGradient], response: (value) => value },
    image,
  };
}

function expectHonest(
  { success, image: found, ...result }: AttackResult,
  model: AttackedModel,
  image: Float32Array,
): void {
  if (!success) {
    expect(result.distance).toBe(Number.POSITIVE_INFINITY);
    return;
  }
  const nearest = found as Float32Array;
  expect(nearest.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect((model.confirm ?? model.classify)(nearest).label).toBe(result.label);
  expect(result.distance).toBe(distanceBetween(image, nearest, result.norm));
}

describe.each(CASES)("$name in $norm", ({ name, norm, needs }) => {
  it.each([true, false])("asks about images alone, counts every question, and ends; a response: %s", (hasResponse) => {
    const { model, image } = wholeModel(1);
    let asked = 0;
    let outside = 0;
    const watched = <Answer>(ask: (trial: Float32Array) => Answer) => {
      return (trial: Float32Array): Answer => {
        ++asked;
        if (trial.length !== image.length || !trial.every((value) => value >= 0 && value <= 1)) ++outside;
        return ask(trial);
      };
    };
    const watchedModel: Whole = {
      classify: watched(model.classify),
      lossAndGradient: watched(model.lossAndGradient),
      explain: watched(model.explain),
      searches: model.searches.map(watched),
      response: model.response,
    };
    const { response: _, ...withoutResponse } = watchedModel;
    // One attack is about the response alone.
    const attacked = hasResponse || needs.includes("response") ? watchedModel : withoutResponse;
    const result = attack(name, attacked, image, 0, { norm, substitute: model });
    expect(result.success).toBe(true);
    expect(result.queries).toBe(asked);
    expect(asked).toBeLessThan(MOST_QUESTIONS);
    expect(outside).toBe(0);
    expectHonest(result, model, image);
  });

  it("ends where a class cannot explain what it is shown", () => {
    for (const worst of [Number.POSITIVE_INFINITY, Number.NaN]) {
      const { model, image } = wholeModel(2);
      const lossAndGradient: Whole["lossAndGradient"] = (trial) => {
        const { losses, gradients } = model.lossAndGradient(trial);
        // All but the image itself is beyond the second class, until its half-space is reached.
        const isBeyond = (losses[0] as number) < 0 && distanceBetween(trial, image, "l2") > 0.05;
        return { losses: [losses[0] as number, isBeyond ? worst : 0], gradients };
      };
      const broken = { ...model, lossAndGradient, searches: [lossAndGradient] };
      const result = attack(name, broken, image, 0, { norm, substitute: model });
      expect(result.queries).toBeLessThan(MOST_QUESTIONS);
      expectHonest(result, broken, image);
    }
  });

  it("bears one pixel", () => {
    const bright: Whole = {
      classify: ([value]) => ({ label: (value as number) > 0.5 ? 1 : 0 }),
      lossAndGradient: ([value]) => ({ losses: [(value as number) - 0.5, 0], gradients: [[1], [0]] }),
      explain: ([value]) => ({
        losses: [(value as number) - 0.5, 0],
        classes: [{ reconstruction: [0] }, { reconstruction: [1] }],
      }),
      searches: [([value]) => ({ losses: [(value as number) - 0.5, 0], gradients: [[1], [0]] })],
      response: (value) => value,
    };
    const image = Float32Array.of(0.25);
    expectHonest(attack(name, bright, image, 0, { norm, substitute: bright }), bright, image);
  });

  // A substitute's gradient ends where the substitute is content, and noise finds what it finds.
  if (needs.includes("lossAndGradient")) {
    it("finds what misleads the decision that counts, though it lies deeper than the losses say", () => {
      for (let seed = 3; seed < 6; ++seed) {
        const { model, image } = wholeModel(seed);
        const { halfSpace } = linearCase(seed);
        const slack = 0.02 * halfSpace.normal.reduce((sum, weight) => sum + Math.abs(weight), 0);
        const confirm = (trial: Float32Array) => ({
          label: (model.lossAndGradient(trial).losses[0] as number) > slack ? 1 : 0,
        });
        const strict = { ...model, confirm };
        const result = attack(name, strict, image, 0, { norm });
        expect(result.success, `${seed}`).toBe(true);
        expectHonest(result, strict, image);
      }
    });

    it("goes on where the losses say that the image is beyond the boundary, and the decision says that it is not", () => {
      for (let seed = 6; seed < 9; ++seed) {
        const { model, image } = wholeModel(seed);
        const { losses } = model.lossAndGradient(image);
        const lead = -(losses[0] as number) * 1.5;
        const lossAndGradient: Whole["lossAndGradient"] = (trial) => {
          const found = model.lossAndGradient(trial);
          return { ...found, losses: [(found.losses[0] as number) + lead, 0] };
        };
        const misled = { ...model, lossAndGradient, searches: [lossAndGradient] };
        const result = attack(name, misled, image, 0, { norm });
        expect(result.success, `${seed}`).toBe(true);
        expectHonest(result, misled, image);
      }
    });

    it.each([
      [Float32Array.of(1), /got a gradient of 1 values, wanted 40/],
      [new Float32Array(40).fill(Number.NaN), /got NaN in a gradient, wanted finite numbers/],
    ])("tells of a gradient that is none", (gradient, message) => {
      const { model, image } = wholeModel(9);
      const lossAndGradient = () => ({ losses: [-1, 0], gradients: [gradient, gradient] });
      const broken = { ...model, lossAndGradient, searches: [lossAndGradient] };
      expect(() => attack(name, broken, image, 0, { norm })).toThrow(AttackError);
      expect(() => attack(name, broken, image, 0, { norm })).toThrow(message);
    });
  }
});

describe("a failure", () => {
  it.each([
    ["transfer", "l2"],
    ["curve-crossing", "l2"],
  ] as const)("of what %s asks in %s besides the model is told, too", (name, norm) => {
    const { model, image } = wholeModel(10);
    const fail = (): never => {
      throw new Error("out of order");
    };
    const broken: AttackedModel = { ...model, response: fail };
    const substitute = { ...model, lossAndGradient: fail };
    expect(() => attack(name, broken, image, 0, { norm, substitute })).toThrow(AttackError);
    expect(() => attack(name, broken, image, 0, { norm, substitute })).toThrow(/out of order/);
  });
});
