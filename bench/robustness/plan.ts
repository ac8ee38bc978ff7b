import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import type { NormPlan } from "../../src/cli/attack-results.ts";

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

/** The attacks of a few hundred questions at most: those that run on all images. */
export const CHEAP_ATTACKS: readonly string[] = [
  "gaussian-noise",
  "uniform-noise",
  "salt-and-pepper",
  "latent-descent",
  "fgsm",
  "deepfool",
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

/** The settings of one model. */
export interface ModelPlan {
  /** The first test images, on which all attacks run. */
  readonly images: number;
  /** The first test images on which the cheap attacks run. */
  readonly cheapImages: number;
  /** Which attacks count as all. */
  readonly wants: (attack: string) => boolean;
}

const all = (): boolean => true;
const strong = (attack: string): boolean => STRONG_ATTACKS.includes(attack);

export const PLANS: Readonly<Record<ModelName, ModelPlan>> = {
  abs: { images: 300, cheapImages: 1000, wants: all },
  "binary-abs": { images: 100, cheapImages: 100, wants: all },
  "plain-cnn": { images: 100, cheapImages: 100, wants: all },
  "adversarial-cnn": { images: 100, cheapImages: 100, wants: all },
  "nearest-neighbour": { images: 40, cheapImages: 40, wants: strong },
  "published-abs": { images: 100, cheapImages: 100, wants: strong },
  "published-binary-abs": { images: 100, cheapImages: 100, wants: strong },
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

/** The attacks on one image, all or the cheap ones. */
export function unitsOf(model: ModelName, plan: readonly NormPlan[], image: number): Unit[] {
  const isForAll = image < PLANS[model].images;
  return plan.flatMap(({ norm, attacks }) =>
    attacks.filter((attack) => isForAll || CHEAP_ATTACKS.includes(attack)).map((attack) => ({ image, norm, attack })),
  );
}
