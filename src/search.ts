import { type Effort, RACE_RULES } from "./effort.ts";
import type { ConfidenceKind, Engine } from "./engine.ts";
import type { Classification } from "./results.ts";
import { type Progress, preparePrototypes, prepareSamples } from "./starts.ts";

/** The names of the searches; see `createClassifier`. */
export const INFERENCES = ["race", "paper"] as const;
/** How the best latent of each class is searched for; see `ClassifierOptions`. */
export type Inference = (typeof INFERENCES)[number];

/**
 * Evaluations per class after the best prototype, for weights without tables to race with. The standard was chosen on
 * validation images by `bench/evaluations.ts`; the others are half and about three times that.
 */
const PROTOTYPE_EVALUATIONS: Record<Effort, number> = { quick: 6, standard: 12, thorough: 40 };

/** How a classifier looks at an image: searches its classes and decides. */
export class Search {
  readonly #inference: Inference;
  readonly #effort: Effort;
  readonly #confidence: ConfidenceKind;
  readonly #progress: Progress | undefined;
  #isPrepared = false;
  #isPreparing = false;

  /** @param progress hears how far the paper's table of samples is built */
  constructor(inference: Inference, effort: Effort, confidence: ConfidenceKind, progress: Progress | undefined) {
    this.#inference = inference;
    this.#effort = effort;
    this.#confidence = confidence;
    this.#progress = progress;
  }

  /** Builds what the search starts from, once. @throws {Error} when that is asked for while it is being built */
  prepare(engine: Engine): void {
    if (this.#isPreparing)
      throw new Error("onProgress: it wants an image classified while the table for that is being built");
    this.#isPreparing = true;
    try {
      if (this.#inference === "paper") prepareSamples(engine, this.#progress);
      else if (engine.canRace) engine.setRaceRules(RACE_RULES[this.#effort]);
      else preparePrototypes(engine);
      this.#isPrepared = true;
    } finally {
      this.#isPreparing = false;
    }
  }

  /** `decide` for an image, 784 values in [0, 1]. */
  classify(engine: Engine, values: Float32Array, all = false): Classification {
    engine.setImage(values);
    return this.decide(engine, all);
  }

  /**
   * Classifies the image that the engine looks at. With `all` every class is searched as far as the label's after that; the decision
   * stays, but where another class comes out lowest.
   */
  decide(engine: Engine, all = false): Classification {
    const decision = this.#judged(engine, this.#searchClasses(engine));
    if (!all || !this.#races(engine)) return decision;
    const evaluations = engine.settleRace();
    const losses = engine.losses();
    // The confidence is fitted to what races leave, so it is asked again only where that was not the last word.
    if (smallest(losses) !== decision.label) return this.#judged(engine, evaluations);
    return { ...decision, losses, evaluations };
  }

  /** What the search that the engine has done says of the image. @param searched the evaluations spent on it */
  #judged(engine: Engine, searched: number): Classification {
    const losses = engine.losses();
    const { probabilities, gateLogit, evaluations: judged } = engine.probabilities(this.#confidence);
    const label = smallest(losses);
    const confidence = probabilities[label] as number;
    return {
      label,
      name: engine.description.classes[label] as string,
      rejected: !Number.isFinite(losses[label]) || this.#rejects(engine, confidence, gateLogit),
      confidence,
      probabilities,
      losses,
      evaluations: searched + judged,
    };
  }

  #races(engine: Engine): boolean {
    return this.#inference === "race" && engine.canRace;
  }

  /** Fills the engine's latents and losses. Returns the evaluations spent. */
  #searchClasses(engine: Engine): number {
    if (!this.#isPrepared) this.prepare(engine);
    if (this.#races(engine)) return engine.searchRace();
    return this.#inference === "paper"
      ? engine.searchPaper()
      : engine.searchPrototypes(PROTOTYPE_EVALUATIONS[this.#effort]);
  }

  #rejects({ description }: Engine, confidence: number, gateLogit: number): boolean {
    const { paper, calibrated } = description.confidence;
    if (this.#confidence === "paper" || calibrated === undefined) return confidence < paper.rejectBelow;
    const { rejectBelow, rejectLogitBelow } = calibrated;
    return confidence < rejectBelow || (rejectLogitBelow !== undefined && gateLogit < rejectLogitBelow);
  }
}

/** Index of the smallest value, the first of equals, leaving out `except`. */
export function smallest(values: Float32Array, except = -1): number {
  let best = -1;
  values.forEach((value, index) => {
    if (index !== except && (best < 0 || value < (values[best] as number))) best = index;
  });
  return best;
}
