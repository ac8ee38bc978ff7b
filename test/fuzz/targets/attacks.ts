import { types } from "node:util";
import { distal } from "../../../src/attacks/distal.ts";
import type { AttackedModel } from "../../../src/attacks/model.ts";
import { NORMS } from "../../../src/attacks/norms.ts";
import { ATTACK_NAMES, AttackError, attack, attackMinimum, attacksFor } from "../../../src/attacks/run.ts";
import { ODDITIES } from "../../support/odd-values.ts";
import { Choices } from "../choices.ts";
import { checkImage, checkRefusal, demand, type Ending, LIBRARY_ERRORS } from "../contract.ts";
import type { Target } from "../target.ts";
import { anyOptions } from "./images.ts";

const PIXELS = 16;
const CLASSES = 3;
const THEIR_WORDS = "the model does not like this image";

/** A linear model whose weights are chosen, and which now and then answers what no model should, or throws. */
function anyModel(choices: Choices): AttackedModel {
  const weights = Array.from({ length: CLASSES }, () => Array.from({ length: PIXELS }, () => choices.byte() / 64 - 2));
  const scale = choices.pick([1, 1, 1, 0, 1e30, 1e-30, 1e300]);
  const fault = choices.rarely(8) ? 1 + (choices.byte() % 12) : 0;
  const from = choices.byte() % 4;
  let asked = 0;
  const isFaulty = (kind: number): boolean => fault === kind && ++asked > from;
  const losses = (image: Float32Array): number[] =>
    weights.map((row) => scale * row.reduce((sum, weight, pixel) => sum + weight * ((image[pixel] ?? 0) - 0.5), 0));
  const labelled = (image: Float32Array): { label: number; confidence: number } => {
    if (isFaulty(1)) throw new Error(THEIR_WORDS);
    if (isFaulty(2)) return undefined as never;
    if (isFaulty(3)) return { label: Number.NaN, confidence: Number.NaN };
    if (isFaulty(4)) return { label: "1" as never, confidence: 2 };
    const found = losses(image);
    return { label: found.indexOf(Math.min(...found)), confidence: choices.rarely(2) ? 0.95 : 0.5 };
  };
  const model: AttackedModel = { classify: labelled };
  if (choices.rarely(4)) return model;
  model.lossAndGradient = (image) => {
    if (isFaulty(5)) throw new Error(THEIR_WORDS);
    if (isFaulty(6)) return null as never;
    if (isFaulty(7)) return { losses: [1], gradients: [new Float32Array(PIXELS)] };
    if (isFaulty(8)) return { losses: losses(image), gradients: weights.map((row) => row.map(() => Number.NaN)) };
    if (isFaulty(9)) return { losses: losses(image).map(() => Number.POSITIVE_INFINITY), gradients: weights };
    if (isFaulty(10)) return { losses: losses(image), gradients: [] };
    return { losses: losses(image), gradients: weights.map((row) => row.map((weight) => scale * weight)) };
  };
  if (choices.rarely(2)) {
    model.explain = (image) => {
      if (isFaulty(11)) return { losses: losses(image), classes: [] };
      if (isFaulty(12))
        return { losses: losses(image), classes: weights.map(() => ({ reconstruction: new Float32Array(3) })) };
      return {
        losses: losses(image),
        classes: weights.map((row) => ({ reconstruction: row.map((weight) => (weight > 0 ? 1 : 0)) })),
      };
    };
  }
  if (choices.rarely(4)) model.confirm = labelled;
  if (choices.rarely(4)) model.searches = [model.lossAndGradient];
  if (choices.rarely(4))
    model.response = choices.pick([(value: number) => (value >= 0.5 ? 1 : 0), (value: number) => value ** 2]);
  return model;
}

function anyAttackOptions(choices: Choices, model: AttackedModel): unknown {
  // Without a budget some attacks ask thousands of questions.
  const options = anyOptions(choices, {
    seed: [0, 1, 2 ** 32 - 1],
    norm: NORMS,
    substitute: [model],
    budget: [1, 2, 10, 60],
  });
  if (typeof options !== "object" || options === null || !choices.rarely(2))
    return { norm: choices.pick(NORMS), budget: 1 + choices.byte(), seed: choices.byte() };
  return options;
}

/** Attacks on models of all kinds, with options of all kinds. */
export const attacks: Target = {
  name: "attacks",
  length: 160,
  async prepare() {
    const trial = (bytes: Uint8Array): Ending => {
      const choices = new Choices(bytes);
      const name = choices.pick(ATTACK_NAMES);
      const kind = choices.byte() % 8;
      const model = choices.rarely(32) ? (choices.pick(ODDITIES)() as AttackedModel) : anyModel(choices);
      const values = choices.rarely(16) ? undefined : choices.values(PIXELS);
      const image = values ?? choices.pick(ODDITIES)();
      const label = choices.rarely(16) ? choices.number() : choices.byte() % CLASSES;
      const before = values?.slice();
      const options = anyAttackOptions(choices, model);
      let ending: Ending = "answered";
      try {
        if (kind === 7) {
          const { image: reached, success, probability } = distal(model as never, label, { steps: 5, pixels: PIXELS });
          checkImage(reached, PIXELS);
          demand(typeof success === "boolean" && !Number.isNaN(probability), () => `probability ${probability}`);
        } else {
          const results =
            kind === 6 && !types.isProxy(options)
              ? attackMinimum(model, image as never, label, {
                  ...(options as never as { norm: "l2" }),
                  attacks: attacksFor(model, choices.pick(NORMS)).slice(0, 2),
                }).results
              : [attack(name, model, image as never, label, options as never)];
          for (const { success, distance, image: found, queries } of results) {
            demand(success === (found !== undefined), () => `success ${success} with ${found}`);
            demand(
              success ? Number.isFinite(distance) && distance >= 0 : distance === Number.POSITIVE_INFINITY,
              () => `success ${success} at ${distance}`,
            );
            if (found !== undefined) checkImage(found, values?.length ?? found.length);
            demand(Number.isInteger(queries) && queries >= 0, () => `${queries} queries`);
          }
        }
      } catch (error) {
        // `distal` passes on what the model throws, and what follows from what it answers.
        const isTheModels = kind === 7 && !(error instanceof RangeError && /call stack/.test(error.message));
        const isPassedOn = error instanceof Error && error.message === THEIR_WORDS;
        ending =
          isTheModels && error instanceof Error
            ? checkModelFailure(error)
            : isPassedOn
              ? "refused"
              : checkRefusal(error, [...LIBRARY_ERRORS, AttackError]);
      }
      demand(
        values === undefined || values.every((value, at) => value === before?.[at]),
        () => "the image was changed",
      );
      return ending;
    };
    return { trial };
  },
};

function checkModelFailure(error: Error): Ending {
  return error.name === "ContractError" ? checkRefusal(error) : "refused";
}
