import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import type { NormPlan } from "../../src/cli/attack/results.ts";

// Which attacks meet which models on how many images: the settings of bench/robustness.ts.

/** The models, by the names of their files and of the option `--only`. */
export const MODELS = [
  "abs",
  "binary-abs",
  "plain-cnn",
  "adversarial-cnn",
  "nearest-neighbour",
  "published-abs",
  "published-binary-abs",
] as const;
export type ModelName = (typeof MODELS)[number];

/** The attacks of a few questions that find much: those that run on the most images. */
export const CHEAP_ATTACKS: readonly string[] = ["fgsm", "deepfool", "greedy-pixels"];

/** Attacks that take seconds an image and find little on ABS: there they run on the fewest images. */
export const SLOW_ATTACKS: readonly string[] = [
  "brendel-bethge",
  "restarted-search",
  "transfer",
  "boundary",
  "pointwise",
  "sparse-rs",
];

/** Attacks that find the least between them, for models whose answers take tens of milliseconds. */
const STRONG_ATTACKS: readonly string[] = [
  "latent-descent",
  "curve-crossing",
  "deepfool",
  "fmn",
  "greedy-pixels",
  "salt-and-pepper",
];

/** On how many of the first test images which attacks run. */
export interface ModelPlan {
  /** All attacks, the slow ones too. */
  readonly slowImages: number;
  /** All but the slow ones. */
  readonly images: number;
  /** The cheap ones. */
  readonly cheapImages: number;
  /** Which attacks count as all. */
  readonly wants: (attack: string) => boolean;
}

const all = (): boolean => true;
const strong = (attack: string): boolean => STRONG_ATTACKS.includes(attack);

export const PLANS: Readonly<Record<ModelName, ModelPlan>> = {
  abs: { slowImages: 10, images: 15, cheapImages: 40, wants: all },
  "binary-abs": { slowImages: 20, images: 20, cheapImages: 20, wants: all },
  "plain-cnn": { slowImages: 20, images: 20, cheapImages: 20, wants: all },
  "adversarial-cnn": { slowImages: 12, images: 12, cheapImages: 12, wants: all },
  "nearest-neighbour": { slowImages: 6, images: 6, cheapImages: 6, wants: strong },
  "published-abs": { slowImages: 12, images: 12, cheapImages: 12, wants: strong },
  "published-binary-abs": { slowImages: 10, images: 10, cheapImages: 10, wants: strong },
};

/** Questions that an attack may ask about an image in a norm; most ask fewer. */
export const BUDGET = 3000;
export const SEED = 0;

/** One attack on one image. */
export interface Unit {
  readonly image: number;
  readonly norm: Norm;
  readonly attack: string;
}

/**
 * What is to be done for a model.
 *
 * @param attacksIn what the model allows in each norm
 */
export function plannedAttacks(model: ModelName, attacksIn: (norm: Norm) => readonly string[]): NormPlan[] {
  return NORMS.map((norm) => ({ norm, attacks: attacksIn(norm).filter(PLANS[model].wants) }));
}

/** The attacks that are planned for an image: fewer the further it is from the first. */
export function unitsOf(model: ModelName, plan: readonly NormPlan[], image: number): Unit[] {
  const { slowImages, images, cheapImages } = PLANS[model];
  const isWanted = (attack: string): boolean => {
    if (CHEAP_ATTACKS.includes(attack)) return image < Math.max(images, cheapImages);
    return image < (SLOW_ATTACKS.includes(attack) ? slowImages : images);
  };
  return plan.flatMap(({ norm, attacks }) => attacks.filter(isWanted).map((attack) => ({ image, norm, attack })));
}
