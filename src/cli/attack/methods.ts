import type { AttackedModel } from "../../attacks/model.ts";
import type { Norm } from "../../attacks/norms.ts";
import { ATTACK_NAMES, type AttackOptions, type AttackResult, attack, attacksFor } from "../../attacks/run.ts";

/** The attacks that there are, as the commands use them; a test can put small ones in their place. */
export interface AttackMethods {
  readonly names: readonly string[];
  /** The names of those that a model allows in a norm. */
  attacksFor(model: AttackedModel, norm: Norm): readonly string[];
  attack(
    name: string,
    model: AttackedModel,
    image: ArrayLike<number>,
    label: number,
    options: AttackOptions,
  ): AttackResult;
}

/** All attacks of the package. */
export const ATTACK_METHODS: AttackMethods = { names: ATTACK_NAMES, attacksFor, attack };
