import type { AttackedModel } from "../attacks/model.ts";
import { EFFORTS } from "../effort.ts";
import type { Variant } from "../weights/variants.ts";
import type { AttackMethods } from "./attack-methods.ts";
import type { ClassifierSettings, CreateClassifier } from "./environment.ts";
import type { AttackOutcome, AttackTask, CommandClassifier } from "./tasks.ts";

/** Where the images of the binary model change from black to white. */
const THRESHOLD = 0.5;

/**
 * A classifier as attacks see it.
 *
 * @param variant of the classifier; that for black-and-white images sees what its threshold leaves
 * @param searches the same model with other searches: a more thorough one, whose decision counts where it is given, and others that
 *   an attack may follow too
 */
export function attackedClassifier(
  classifier: CommandClassifier,
  variant: Variant,
  searches: { confirming?: CommandClassifier | undefined; others?: readonly CommandClassifier[] } = {},
): AttackedModel {
  const { confirming, others = [] } = searches;
  return {
    classify: (image) => classifier.classify(image),
    lossAndGradient: (image) => classifier.lossAndGradient(image),
    explain: (image) => classifier.explain(image),
    ...(confirming === undefined ? {} : { confirm: (image: Float32Array) => confirming.classify(image) }),
    ...(others.length === 0
      ? {}
      : { searches: others.map((other) => (image: Float32Array) => other.lossAndGradient(image)) }),
    ...(variant === "binary-abs" ? { response: (value: number) => (value >= THRESHOLD ? 1 : 0) } : {}),
  };
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
    const { effort, inference, variant = "abs" } = this.#settings;
    // The paper's inference has one effort only.
    if (inference === "paper") return attackedClassifier(this.#classifier, variant);
    const others = EFFORTS.filter((other) => other !== (effort ?? "standard"));
    const searches = await Promise.all(
      others.map((other) => this.#createClassifier({ ...this.#settings, effort: other })),
    );
    const confirming = searches[others.indexOf("thorough")];
    return attackedClassifier(this.#classifier, variant, { confirming, others: searches });
  }
}
