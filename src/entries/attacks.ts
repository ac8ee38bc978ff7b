// Attacks on any model that classifies images: how little has to change until the label does.

export {
  type ConfidentModel,
  type DistalDirection,
  type DistalOptions,
  type DistalResult,
  distal,
} from "../attacks/distal.ts";
export type { AttackedModel, LossesAndGradients, Redrawings } from "../attacks/model.ts";
export { distanceBetween, NORMS, type Norm } from "../attacks/norms.ts";
export {
  ATTACK_NAMES,
  AttackError,
  type AttackOptions,
  type AttackResult,
  attack,
  attackMinimum,
  attacksFor,
  type MinimumResult,
} from "../attacks/run.ts";
