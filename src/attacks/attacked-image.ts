import { Random } from "../random.ts";
import { type AttackedModel, difference, type LossesAndGradients, type Redrawings } from "./model.ts";
import { distanceBetween, type Norm } from "./norms.ts";
import { isInBox } from "./pixels.ts";

// One image under attack by one method: counts what is asked of the model and keeps the nearest success.

/** Ends an attack that has asked as much as it may. It never leaves `runAttack`. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** The image nearest to the original whose label is wrong, and that wrong label. */
export interface Adversarial {
  readonly image: Float32Array;
  readonly distance: number;
  readonly label: number;
}

/** A step's direction: the class to go to, and the margin to it with its gradient. */
export interface Margin {
  /** Loss of the nearest other class less that of the true class: below 0 the image is misclassified. */
  readonly value: number;
  /** The other class. */
  readonly rival: number;
  /** Derivative of `value` with respect to the image. */
  readonly gradient: Float32Array;
}

/** An image, its true label, and the model that is to be fooled. */
export class AttackedImage {
  readonly model: AttackedModel;
  /** The image as it was, values in [0, 1]; never written to. */
  readonly original: Float32Array;
  /** Its true class. */
  readonly label: number;
  readonly norm: Norm;
  readonly random: Random;
  /** A model to take directions from, for attacks that transfer; asking it costs nothing of the budget. */
  readonly substitute: AttackedModel | undefined;
  readonly #budget: number;
  #search: AttackedModel["lossAndGradient"];
  /** What an answer of `#search` counts. */
  #questions = 1;
  #queries = 0;
  #best: Adversarial | undefined;

  constructor(
    model: AttackedModel,
    original: Float32Array,
    label: number,
    options: { norm: Norm; seed: number; budget?: number; substitute?: AttackedModel | undefined },
  ) {
    const { norm, seed, budget = Number.POSITIVE_INFINITY, substitute } = options;
    this.model = model;
    this.#search = model.lossAndGradient?.bind(model);
    this.original = original;
    this.label = label;
    this.norm = norm;
    this.random = new Random(seed);
    this.substitute = substitute;
    this.#budget = budget;
  }

  /** Questions asked of the model so far: decisions, gradients and redrawings count one each. */
  get queries(): number {
    return this.#queries;
  }

  /** The nearest success so far. */
  get best(): Adversarial | undefined {
    return this.#best;
  }

  /** The distance of the nearest success, Infinity before there is one. */
  get bestDistance(): number {
    return this.#best?.distance ?? Number.POSITIVE_INFINITY;
  }

  /** How far an image is from the original in the norm of the attack. */
  distanceOf(image: Float32Array): number {
    return distanceBetween(this.original, image, this.norm);
  }

  /**
   * Whether the model takes the image for another class. A success that is nearer than all before is kept, if the decision
   * that counts confirms it; otherwise it is none. Of an image that is no nearer the decision that counts is not asked.
   *
   * @param image values in [0, 1]; it is copied where it is kept
   */
  isAdversarial(image: Float32Array): boolean {
    this.#spend();
    // What no image can be is no success, whatever the model says of it.
    if (!isInBox(image)) return false;
    const { label } = this.model.classify(image);
    if (label === this.label) return false;
    const distance = this.distanceOf(image);
    if (distance >= this.bestDistance) return true;
    return this.#keep(image, distance, label);
  }

  /** Asks only about images that would be the nearest success: cheaper than `isAdversarial` where the answer is not needed. */
  offer(image: Float32Array): boolean {
    return this.distanceOf(image) < this.bestDistance && this.isAdversarial(image);
  }

  /** Losses of all classes and their gradients. */
  lossAndGradient(image: Float32Array): LossesAndGradients {
    if (this.#search === undefined) throw new Error("this model has no lossAndGradient");
    for (let question = 0; question < this.#questions; ++question) this.#spend();
    return this.#search(image);
  }

  /**
   * Runs an attack that gets losses and gradients from another function than the model's own. Decisions stay the model's.
   *
   * @param questions how many of the model's answers each answer of `search` takes
   */
  searchWith(
    search: (image: Float32Array) => LossesAndGradients,
    questions: number,
    run: (target: AttackedImage) => void,
  ): void {
    const before = { search: this.#search, questions: this.#questions };
    this.#search = search;
    this.#questions = questions;
    try {
      run(this);
    } finally {
      this.#search = before.search;
      this.#questions = before.questions;
    }
  }

  /** How every class redraws the image. */
  explain(image: Float32Array): Redrawings {
    if (this.model.explain === undefined) throw new Error("this model has no explain");
    this.#spend();
    return this.model.explain(image);
  }

  /** The margin to a class, or to the nearest other one, with its gradient. */
  margin(image: Float32Array, rival?: number): Margin {
    const answer = this.lossAndGradient(image);
    return this.marginIn(answer, rival ?? this.nearestRival(answer.losses));
  }

  /** The same from an answer that is there already. */
  marginIn(answer: LossesAndGradients, rival: number): Margin {
    return { value: this.marginValue(answer, rival), rival, gradient: difference(answer, rival, this.label) };
  }

  /** Loss of a class, by default the nearest other one, less that of the true class. */
  marginValue({ losses }: LossesAndGradients, rival = this.nearestRival(losses)): number {
    return (losses[rival] as number) - (losses[this.label] as number);
  }

  /** The class with the lowest loss but for the true one. */
  nearestRival(losses: ArrayLike<number>): number {
    let nearest = this.label === 0 ? 1 : 0;
    for (let index = 0; index < losses.length; ++index) {
      if (index !== this.label && (losses[index] as number) < (losses[nearest] as number)) nearest = index;
    }
    return nearest;
  }

  /** The other classes, the one with the lowest loss first. */
  rivals(losses: ArrayLike<number>): number[] {
    return Array.from(losses, (_, index) => index)
      .filter((index) => index !== this.label)
      .sort((one, other) => (losses[one] as number) - (losses[other] as number) || one - other);
  }

  #keep(image: Float32Array, distance: number, label: number): boolean {
    let confirmed = label;
    if (this.model.confirm !== undefined) {
      this.#spend();
      confirmed = this.model.confirm(image).label;
    }
    if (confirmed === this.label) return false;
    this.#best = { image: image.slice(), distance, label: confirmed };
    return true;
  }

  #spend(): void {
    if (this.#queries >= this.#budget) throw new BudgetSpent();
    ++this.#queries;
  }
}
