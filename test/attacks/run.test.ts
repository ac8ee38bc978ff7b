import { describe, expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import {
  ATTACK_NAMES,
  AttackError,
  type AttackOptions,
  attack,
  attackMinimum,
  attacksFor,
} from "../../src/attacks/run.ts";
import { linearCase } from "../support/linear-model.ts";

const { model, image } = linearCase(1);
const decisions: AttackedModel = { classify: model.classify };
const l0: AttackOptions = { norm: "l0" };

describe("which attacks there are", () => {
  it("have names of their own", () => {
    expect(new Set(ATTACK_NAMES).size).toBe(ATTACK_NAMES.length);
    expect(ATTACK_NAMES).toContain("greedy-pixels");
  });

  it("depends on the norm, on what the model offers and on a substitute", () => {
    expect(attacksFor(decisions, "l0")).toContain("pointwise");
    expect(attacksFor(decisions, "l0")).not.toContain("greedy-pixels");
    expect(attacksFor(model, "l0")).toContain("greedy-pixels");
    expect(attacksFor(model, "l2")).not.toContain("greedy-pixels");
    expect(attacksFor(decisions, "l2")).not.toContain("transfer");
    expect(attacksFor(decisions, "l2", model)).toContain("transfer");
    expect(attacksFor(decisions, "l2", decisions)).not.toContain("transfer");
  });
});

describe("what callers pass", () => {
  const call = (changes: { name?: unknown; model?: unknown; image?: unknown; label?: unknown; options?: unknown }) => {
    const all = { name: "pointwise", model: decisions, image, label: 0, options: l0, ...changes };
    return () =>
      attack(
        all.name as string,
        all.model as AttackedModel,
        all.image as number[],
        all.label as number,
        all.options as AttackOptions,
      );
  };

  it.each([
    ["an unknown attack", { name: "point-wise" }, TypeError, /"point-wise", known are .*pointwise/],
    [
      "a norm that the attack does not know",
      { options: { norm: "linf" } },
      TypeError,
      /"pointwise" knows no norm "linf", only l0, l2/,
    ],
    ["an unknown norm", { options: { norm: "l3" } }, TypeError, /norm: got "l3"/],
    ["no norm", { options: {} }, TypeError, /norm: got undefined/],
    [
      "a model without gradients for an attack that needs them",
      { name: "greedy-pixels" },
      TypeError,
      /"greedy-pixels" needs lossAndGradient/,
    ],
    ["no substitute", { name: "transfer", options: { norm: "l2" } }, TypeError, /"transfer" needs substitute/],
    ["no model", { model: null }, TypeError, /model: got null/],
    ["a model that cannot classify", { model: {} }, TypeError, /model.classify: got undefined/],
    [
      "a gradient that is no function",
      { model: { ...decisions, lossAndGradient: 1 } },
      TypeError,
      /model.lossAndGradient/,
    ],
    ["a value above 1", { image: [0, 1.5] }, RangeError, /image: got 1.5 at place 1/],
    ["a value below 0", { image: [-0.1] }, RangeError, /image: got -0.1 at place 0/],
    ["a value that is NaN", { image: [0, Number.NaN] }, RangeError, /image: got NaN at place 1/],
    ["bytes", { image: Uint8Array.of(0, 255) }, TypeError, /image: got/],
    ["an empty image", { image: [] }, RangeError, /image: got 0 values/],
    ["no image", { image: undefined }, TypeError, /image: got undefined/],
    ["a label in words", { label: "0" }, TypeError, /label: got "0"/],
    ["half a label", { label: 0.5 }, RangeError, /label: got 0.5/],
    ["a negative label", { label: -1 }, RangeError, /label: got -1/],
    [
      "a label that the model lacks",
      { model: { ...decisions, classes: ["A", "B"] }, label: 2 },
      RangeError,
      /^label: got 2, wanted a whole number from 0 to 1$/,
    ],
    ["a label past the last", { model: { ...decisions, classes: 10 }, label: 10 }, RangeError, /from 0 to 9$/],
    [
      "classes in words",
      { model: { ...decisions, classes: "ten" } },
      TypeError,
      /model.classes: got "ten", wanted how/,
    ],
    ["no classes at all", { model: { ...decisions, classes: [] } }, TypeError, /model.classes: got/],
    ["a misspelt option", { options: { norm: "l0", buget: 3 } }, TypeError, /did you mean "budget"/],
    ["a seed past 2^32", { options: { norm: "l0", seed: 2 ** 32 } }, RangeError, /seed: got 4294967296/],
    ["no budget at all", { options: { norm: "l0", budget: 0 } }, RangeError, /budget: got 0/],
    ["half a question", { options: { norm: "l0", budget: 1.5 } }, RangeError, /budget: got 1.5/],
    ["a substitute that is no model", { options: { norm: "l0", substitute: {} } }, TypeError, /substitute.classify/],
  ])("is refused: %s", (_, changes, Kind, message) => {
    expect(call(changes)).toThrow(Kind as typeof TypeError);
    expect(call(changes)).toThrow(message as RegExp);
  });

  it("is refused before any question is asked", () => {
    let asked = 0;
    const counting: AttackedModel = {
      classify: () => {
        ++asked;
        return { label: 1 };
      },
    };
    expect(() => attackMinimum(counting, image, 0, { norm: "l0", attacks: ["pointwise", "unknown"] })).toThrow(
      TypeError,
    );
    expect(() => attackMinimum(counting, image, 0, { norm: "l0", attacks: [] })).toThrow(RangeError);
    expect(asked).toBe(0);
  });
});

describe("one attack", () => {
  it("has nothing to do where the model is wrong already", () => {
    const result = attack("pointwise", decisions, image, 1, l0);
    expect(result).toMatchObject({ success: true, distance: 0, label: 0, queries: 1 });
    expect(result.image).toEqual(image);
  });

  it("searches on where only the quick decision is wrong", () => {
    const hasty: AttackedModel = { classify: () => ({ label: 1 }), confirm: model.classify };
    const result = attack("salt-and-pepper", hasty, image, 0, l0);
    expect(result.distance).toBeGreaterThan(0);
  });

  it("takes images as lists and in double precision", () => {
    const found = attack("pointwise", decisions, image, 0, l0);
    expect(attack("pointwise", decisions, Array.from(image), 0, l0)).toEqual(found);
    expect(attack("pointwise", decisions, Float64Array.from(image), 0, l0)).toEqual(found);
  });

  it("draws from the seed", () => {
    const noise = (seed: number) => attack("gaussian-noise", decisions, image, 0, { norm: "l2", seed });
    expect(noise(1)).toEqual(noise(1));
    expect(noise(1).distance).not.toBe(noise(2).distance);
  });

  it("gives more for a larger budget, or as much", () => {
    const distances = [20, 100, 500, 2000].map(
      (budget) => attack("pointwise", decisions, image, 0, { norm: "l0", budget }).distance,
    );
    expect(distances).toEqual([...distances].sort((one, other) => other - one));
    expect(distances[3]).toBeLessThan(distances[0] as number);
  });
});

describe("the minimum of several attacks", () => {
  it("is that of the nearest, and every attack finds what it finds alone", () => {
    const { nearest, results } = attackMinimum(model, image, 0, l0);
    expect(results.map((result) => result.attack)).toEqual(attacksFor(model, "l0"));
    expect(nearest.distance).toBe(Math.min(...results.map(({ distance }) => distance)));
    const alone = attack("pointwise", model, image, 0, l0);
    expect(results.find((result) => result.attack === "pointwise")).toEqual(alone);
  });

  it("runs the attacks that are asked for, in their order", () => {
    const { results } = attackMinimum(decisions, image, 0, { ...l0, attacks: ["pointwise", "salt-and-pepper"] });
    expect(results.map((result) => result.attack)).toEqual(["pointwise", "salt-and-pepper"]);
  });
});

describe("a model that fails", () => {
  /** Fails from a question on. */
  function failing(from: number, failure: () => unknown): AttackedModel {
    let asked = 0;
    return { classify: (trial) => (++asked >= from ? (failure() as { label: number }) : model.classify(trial)) };
  }
  function thrown(run: () => unknown): AttackError {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(AttackError);
      return error as AttackError;
    }
    throw new Error("nothing was thrown");
  }

  it("is reported with its message, its cause and the attack", () => {
    const cause = new Error("out of order");
    const broken = failing(5, () => {
      throw cause;
    });
    const error = thrown(() => attack("pointwise", broken, image, 0, l0));
    expect(error.message).toMatch(/"pointwise".* after 5 questions: out of order/);
    expect(error.cause).toBe(cause);
    expect(error.results).toEqual([]);
  });

  it("loses nothing of the attacks before", () => {
    const first = attack("salt-and-pepper", decisions, image, 0, l0);
    const broken = failing(first.queries + 4, () => {
      throw new Error("out of order");
    });
    const attacks = ["salt-and-pepper", "pointwise"];
    const error = thrown(() => attackMinimum(broken, image, 0, { ...l0, attacks }));
    expect(error.results).toEqual([first]);
    expect(error.message).toContain('"pointwise"');
  });

  it.each([
    ["nothing", undefined],
    ["no label", {}],
    ["a label in words", { label: "7" }],
    ["half a label", { label: 0.5 }],
    ["NaN", { label: Number.NaN }],
  ])("is reported where it answers %s", (_, answer) => {
    const error = thrown(() =>
      attack(
        "pointwise",
        failing(3, () => answer),
        image,
        0,
        l0,
      ),
    );
    expect(error.message).toContain("label");
  });

  it("is reported where it throws what is no error", () => {
    const broken = failing(2, () => {
      throw "no error";
    });
    expect(thrown(() => attack("pointwise", broken, image, 0, l0)).message).toContain("no error");
  });

  it("is reported where only its gradient or its confirmation fails", () => {
    const fails = (): never => {
      throw new Error("out of order");
    };
    const gradient = { classify: model.classify, lossAndGradient: fails };
    expect(thrown(() => attack("greedy-pixels", gradient, image, 0, l0)).message).toContain("out of order");
    const confirmation = { classify: model.classify, confirm: fails };
    expect(thrown(() => attack("pointwise", confirmation, image, 0, l0)).message).toContain("out of order");
  });
});

describe("a model's answer", () => {
  const image = [0.5, 0.5];
  const classify = () => ({ label: 0 });

  it.each<[string, string, object, RegExp]>([
    [
      "of fewer gradients than losses",
      "fgsm",
      { lossAndGradient: () => ({ losses: [1, 2], gradients: [[0, 0]] }) },
      /got 2 losses and 1 gradients/,
    ],
    ["of one class", "fgsm", { lossAndGradient: () => ({ losses: [1], gradients: [[0, 0]] }) }, /got 1 losses/],
    ["of nothing", "fgsm", { lossAndGradient: () => null }, /got undefined losses and undefined gradients/],
    [
      "without redrawings",
      "latent-descent",
      { explain: () => ({ losses: [1, 2] }) },
      /explain: got 2 losses and undefined classes/,
    ],
    [
      "of small redrawings",
      "latent-descent",
      { explain: () => ({ losses: [1, 2], classes: [{ reconstruction: [0] }, { reconstruction: [0] }] }) },
      /got reconstructions of 1 values, wanted 2/,
    ],
  ])("%s is told of", (_, name, part, message) => {
    const model = { classify, ...part } as AttackedModel;
    expect(() => attack(name, model, image, 0, { norm: "l2" })).toThrow(AttackError);
    expect(() => attack(name, model, image, 0, { norm: "l2" })).toThrow(message);
  });

  it.each([
    [{ attacks: "fgsm" }, /^attacks: got "fgsm", wanted a list of names$/],
    [{ attack: ["fgsm"] }, /unknown "attack"; did you mean "attacks"/],
  ])("is not asked for where options are %j", (more, message) => {
    const options = { norm: "l2", ...more } as unknown as AttackOptions;
    expect(() => attackMinimum({ classify }, image, 0, options)).toThrow(message);
  });
});
