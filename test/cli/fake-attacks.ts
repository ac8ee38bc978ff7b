import type { AttackedModel } from "../../src/attacks/model.ts";
import { distanceBetween, type Norm } from "../../src/attacks/norms.ts";
import type { AttackOptions, AttackResult } from "../../src/attacks/run.ts";
import type { AttackMethods } from "../../src/cli/attack/methods.ts";

const NORMS_OF: Readonly<Record<string, readonly Norm[]>> = {
  first: ["linf", "l2", "l1", "l0"],
  coarse: ["l2", "l1"],
  binary: ["linf"],
};

/**
 * Attacks on the fake classifier, whose label is the first pixel in tenths. `first` moves that pixel to the nearest other
 * label; `coarse` moves it by more the larger the seed; `binary` is for models with a response and finds nothing. A budget
 * of fewer than 10 questions is not enough for any.
 */
export const FAKE_ATTACKS: AttackMethods = {
  names: Object.keys(NORMS_OF),
  attacksFor: (model, norm) =>
    Object.keys(NORMS_OF).filter(
      (name) => NORMS_OF[name]?.includes(norm) && (name !== "binary" || model.response !== undefined),
    ),
  attack,
};

function attack(
  name: string,
  model: AttackedModel,
  image: ArrayLike<number>,
  label: number,
  { norm, seed = 0, budget = 1000 }: AttackOptions,
): AttackResult {
  const original = Float32Array.from(image);
  const result = (found: Float32Array | undefined, queries: number): AttackResult => ({
    attack: name,
    norm,
    success: found !== undefined,
    ...(found === undefined ? {} : { image: found }),
    distance: found === undefined ? Number.POSITIVE_INFINITY : distanceBetween(original, found, norm),
    label: found === undefined ? label : model.classify(found).label,
    queries,
    seed,
  });
  if (model.classify(original).label !== label) return result(original, 1);
  if (name === "binary" || budget < 10) return result(undefined, Math.min(budget, 10));
  const found = original.slice();
  const first = original[0] as number;
  const step = 0.1 + (name === "coarse" ? (seed % 3) / 10 : 0);
  found[0] = first >= 0.5 ? first - step : first + step;
  return result(found, 10);
}
