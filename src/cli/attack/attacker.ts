import type { AttackedModel } from "../../attacks/model.ts";
import type { ClassifierSettings, CreateClassifier } from "../environment.ts";
import type { AttackOutcome, AttackTask, CommandClassifier } from "../tasks.ts";
import type { AttackMethods } from "./methods.ts";

/**
 * A classifier as attacks see it.
 *
 * @param thorough the same model with a more thorough search: its decision counts, and attacks may follow its gradients too
 */
export function attackedClassifier(classifier: CommandClassifier, thorough?: CommandClassifier): AttackedModel {
  return {
    classify: (image) => classifier.classify(image),
    lossAndGradient: (image) => classifier.lossAndGradient(image),
    explain: (image) => classifier.explain(image),
    ...(thorough === undefined
      ? {}
      : {
          confirm: (image: Float32Array) => thorough.classify(image),
          searches: [(image: Float32Array) => thorough.lossAndGradient(image)],
        }),
    ...(classifier.response === undefined ? {} : { response: classifier.response }),
  };
}

/** Whether there is a more thorough search than the one attacked, which has to be misled as well. */
export function isConfirmed({
  effort,
  inference,
}: {
  effort?: string | undefined;
  inference?: string | undefined;
}): boolean {
  // The paper's inference has one effort only.
  return effort !== "thorough" && inference !== "paper";
}

/** Attacks a classifier, image by image. An image is a success only when the search at its most thorough is fooled too. */
export class Attacker {
  readonly #methods: AttackMethods;
  readonly #classifier: CommandClassifier;
  readonly #settings: ClassifierSettings;
  readonly #createClassifier: CreateClassifier;
  #model: Promise<AttackedModel> | undefined;

  /** @param settings of the classifier, from which `createClassifier` makes the thorough one when it is first needed */
  constructor(
    methods: AttackMethods,
    classifier: CommandClassifier,
    settings: ClassifierSettings,
    createClassifier: CreateClassifier,
  ) {
    this.#methods = methods;
    this.#classifier = classifier;
    this.#settings = settings;
    this.#createClassifier = createClassifier;
  }

  /** @throws {TypeError | RangeError | Error} as `attack` of the library */
  async attackImage({ image, truth, attack, norm, seed, budget }: AttackTask): Promise<AttackOutcome> {
    this.#model ??= this.#createModel();
    const model = await this.#model;
    const began = performance.now();
    const options = { norm, seed, ...(budget === undefined ? {} : { budget }) };
    const { distance, label, queries, image: found } = this.#methods.attack(attack, model, image, truth, options);
    const milliseconds = performance.now() - began;
    return { distance, label, queries, milliseconds, ...(found === undefined ? {} : { image: found }) };
  }

  async #createModel(): Promise<AttackedModel> {
    const { effort, inference } = this.#settings;
    const thorough = isConfirmed({ effort, inference })
      ? await this.#createClassifier({ ...this.#settings, effort: "thorough" })
      : undefined;
    return attackedClassifier(this.#classifier, thorough);
  }
}
