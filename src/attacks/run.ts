import { checkName, checkOptions, checkWhole, readFields } from "../arguments/checks.ts";
import { checkedNumbers, isList } from "../arguments/numbers.ts";
import { shownText } from "../arguments/printable.ts";
import { kindOf, shown } from "../arguments/shown.ts";
import { seedOf } from "../random.ts";
import type { Attack } from "./attack.ts";
import { AttackedImage, BudgetSpent } from "./attacked-image.ts";
import type { AttackedModel, LossesAndGradients, Need, Redrawings } from "./model.ts";
import { NORMS, type Norm } from "./norms.ts";
import { ATTACKS } from "./registry.ts";
import { shorten } from "./shorten.ts";

const LARGEST_SEED = 2 ** 32 - 1;
const OPTIONS = ["norm", "seed", "budget", "substitute"] as const satisfies readonly (keyof AttackOptions)[];

/** What an attack may spend and from where it starts. */
export interface AttackOptions {
  /** The norm whose distance is to be small. */
  norm: Norm;
  /** A whole number below 2^32 (default 0). Every attack draws numbers of its own from it. */
  seed?: number;
  /**
   * Questions that each attack may ask of the model, from 1 (default: as many as the attack's own settings need); what was
   * found until then counts.
   */
  budget?: number;
  /** Another model, along whose gradients the attack `transfer` goes; without one that attack is left out. */
  substitute?: AttackedModel;
}

/** What one attack found on one image. */
export interface AttackResult {
  attack: string;
  norm: Norm;
  /** Whether the model, and `confirm` where there is one, took the image found for another class. */
  success: boolean;
  /** The nearest such image; undefined without success. */
  image?: Float32Array;
  /** Its distance from the original; Infinity without success, 0 where the original is misclassified already. */
  distance: number;
  /** What the model takes it for; the true label without success. */
  label: number;
  /** Questions asked of the model. */
  queries: number;
  seed: number;
}

/** What several attacks found on one image. */
export interface MinimumResult {
  /** The result with the least distance, the first of equals. */
  nearest: AttackResult;
  /** One per attack, in the order in which they ran. */
  results: AttackResult[];
}

/** A model under attack failed. What was found until then is not lost. */
export class AttackError extends Error {
  override readonly name = "AttackError";
  /** The results of attacks that had come to their end. */
  readonly results: readonly AttackResult[];

  constructor(message: string, results: readonly AttackResult[], options?: ErrorOptions) {
    super(message, options);
    this.results = results;
  }
}

/** The names of all attacks. */
export const ATTACK_NAMES: readonly string[] = ATTACKS.map(({ name }) => name);

/**
 * The attacks that a model allows in a norm: those whose needs it meets.
 *
 * @throws {TypeError} when `model` is no model, or `norm` is unknown
 */
export function attacksFor(model: AttackedModel, norm: Norm, substitute?: AttackedModel): readonly string[] {
  checkModel("model", model);
  checkName("norm", norm, NORMS);
  return ATTACKS.filter(
    (attack) => attack.norms.includes(norm) && missing(attack, model, substitute) === undefined,
  ).map(({ name }) => name);
}

/**
 * Attacks one image by one method.
 *
 * @param name one of `ATTACK_NAMES`
 * @param image values in [0, 1], as many as the model takes; it is left as it is
 * @param label the image's true class, a whole number from 0; one of the model's where it has `classes`
 * @throws {TypeError | RangeError} for an unknown attack, one that knows no such norm or needs more of the model than there
 *   is, an unknown option, and values out of range
 * @throws {AttackError} when the model throws; its `cause` is what was thrown
 */
export function attack(
  name: string,
  model: AttackedModel,
  image: ArrayLike<number>,
  label: number,
  options: AttackOptions,
): AttackResult {
  const checked = checkedAttack(model, image, label, options);
  return runAttack(checkedMethod(name, model, checked), checked, []);
}

/**
 * Attacks one image by several methods and says which found the nearest image that is misclassified.
 *
 * @param options as for `attack`; `attacks` names those to run (default: all that the model allows in the norm)
 * @throws as `attack`; an `AttackError` brings the results of the attacks before
 * @example
 * ```js
 * import { attackMinimum } from "analysis-by-synthesis/attacks";
 *
 * const model = await createClassifier();
 * const [four] = model.sample(4);
 * const { nearest } = attackMinimum(model, four, 4, { norm: "linf", attacks: ["fgsm", "deepfool"] });
 * console.log(nearest.success, nearest.distance < 0.5); // → true true
 * ```
 */
export function attackMinimum(
  model: AttackedModel,
  image: ArrayLike<number>,
  label: number,
  options: AttackOptions & { attacks?: readonly string[] },
): MinimumResult {
  const { attacks, ...rest } = checkOptions(options, ["attacks", ...OPTIONS]);
  if (attacks !== undefined && !isList(attacks)) {
    throw new TypeError(`attacks: got ${shown(attacks)}, wanted a list of names`);
  }
  const checked = checkedAttack(model, image, label, rest);
  const names = attacks ?? attacksFor(model, checked.norm, checked.substitute);
  const methods = names.map((name) => checkedMethod(name, model, checked));
  if (methods.length === 0) throw new RangeError("attacks: got none, wanted one at least");
  const results: AttackResult[] = [];
  for (const method of methods) results.push(runAttack(method, checked, results));
  const nearest = results.reduce((least, result) => (result.distance < least.distance ? result : least));
  return { nearest, results };
}

interface CheckedAttack {
  model: AttackedModel;
  original: Float32Array;
  label: number;
  norm: Norm;
  seed: number;
  budget: number;
  substitute: AttackedModel | undefined;
}

function checkedAttack(
  model: AttackedModel,
  image: ArrayLike<number>,
  label: number,
  options: AttackOptions,
): CheckedAttack {
  checkModel("model", model);
  const original = Float32Array.from(checkedNumbers("image", image, { least: 0, most: 1 }));
  if (original.length === 0) throw new RangeError("image: got 0 values, wanted one at least");
  const { classes = Number.POSITIVE_INFINITY } = model;
  checkWhole("label", label, 0, (typeof classes === "number" ? classes : classes.length) - 1);
  const { norm, seed = 0, budget = Number.POSITIVE_INFINITY, substitute } = checkOptions(options, OPTIONS);
  checkName("norm", norm, NORMS);
  checkWhole("seed", seed, 0, LARGEST_SEED);
  if (budget !== Number.POSITIVE_INFINITY) checkWhole("budget", budget, 1);
  if (substitute !== undefined) checkModel("substitute", substitute);
  return { model, original, label, norm, seed, budget, substitute };
}

function checkModel(name: string, model: AttackedModel): void {
  const parts = ["classify", "lossAndGradient", "explain", "confirm", "response"] as const;
  const fields = readFields(name, model, [...parts, "searches", "classes"], "an object with a function classify");
  for (const part of parts) {
    const found: unknown = fields[part];
    if (typeof found === "function" || (found === undefined && part !== "classify")) continue;
    throw new TypeError(`${name}.${part}: got ${kindOf(found)}, wanted a function`);
  }
  const { searches = [], classes } = fields;
  if (!isList(searches) || searches.some((search) => typeof search !== "function")) {
    throw new TypeError(`${name}.searches: got ${shown(searches)}, wanted a list of functions`);
  }
  const count = isList(classes) ? classes.length : classes;
  if (classes !== undefined && !(Number.isInteger(count) && (count as number) > 0)) {
    throw new TypeError(`${name}.classes: got ${shown(classes)}, wanted how many classes there are or their names`);
  }
}

function checkedMethod(name: string, model: AttackedModel, { norm, substitute }: CheckedAttack): Attack {
  const method = ATTACKS.find((known) => known.name === name);
  if (method === undefined) throw new TypeError(`attack: got ${shown(name)}, known are ${ATTACK_NAMES.join(", ")}`);
  if (!method.norms.includes(norm)) {
    throw new TypeError(`attack: "${name}" knows no norm "${norm}", only ${method.norms.join(", ")}`);
  }
  const need = missing(method, model, substitute);
  if (need !== undefined) throw new TypeError(`attack: "${name}" needs ${need}, which is not there`);
  return method;
}

/** What of an attack's needs is not met. */
function missing({ needs }: Attack, model: AttackedModel, substitute: AttackedModel | undefined): Need | undefined {
  return needs.find((need) =>
    need === "substitute"
      ? substitute?.lossAndGradient === undefined
      : model[need] === undefined || (need === "searches" && model.searches?.length === 0),
  );
}

function runAttack(method: Attack, checked: CheckedAttack, before: readonly AttackResult[]): AttackResult {
  const { model, original, label, norm, budget, substitute } = checked;
  const seed = seedOf(checked.seed, `${method.name} ${norm}`);
  const followed = substitute && guarded(substitute);
  const target = new AttackedImage(guarded(model), original, label, { norm, seed, budget, substitute: followed });
  try {
    // A search has nothing to do where the model is wrong already.
    if (!target.isAdversarial(original)) {
      method.search(target);
      shorten(target);
    }
  } catch (error) {
    if (error instanceof ModelFailure) {
      const why = messageOf(error.cause) ?? shown(error.cause);
      throw new AttackError(
        `attack "${method.name}": the model failed after ${target.queries} question${target.queries === 1 ? "" : "s"}: ${shownText(why)}`,
        before,
        { cause: error.cause },
      );
    }
    if (!(error instanceof BudgetSpent)) throw error;
  }
  const { best, queries } = target;
  return {
    attack: method.name,
    norm,
    success: best !== undefined,
    ...(best === undefined ? {} : { image: best.image }),
    distance: target.bestDistance,
    label: best?.label ?? label,
    queries,
    seed: checked.seed,
  };
}

/** The message of an error, of whichever realm: a model may live in another one. */
function messageOf(thrown: unknown): string | undefined {
  try {
    const { message } = Object(thrown) as { message?: unknown };
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

/** What the model threw, told apart from what an attack throws itself. */
class ModelFailure extends Error {}

/** The model with its failures marked, and with a label that is one. */
function guarded(model: AttackedModel): AttackedModel {
  const asked = <Question, Answer>(ask: (question: Question) => Answer) => {
    return (question: Question): Answer => {
      try {
        return ask(question);
      } catch (error) {
        throw new ModelFailure("", { cause: error });
      }
    };
  };
  const decided = (decide: (image: Float32Array) => { label: number }) =>
    asked((image: Float32Array) => {
      const decision = decide(image);
      checkWhole("the model's label", decision?.label, 0);
      return decision;
    });
  return {
    classify: decided((image) => model.classify(image)),
    ...(model.confirm && { confirm: decided((image) => (model.confirm as AttackedModel["classify"])(image)) }),
    ...(model.lossAndGradient && {
      lossAndGradient: asked((image: Float32Array) =>
        checkedGradients((model as Required<AttackedModel>).lossAndGradient(image), image),
      ),
    }),
    ...(model.searches && {
      searches: model.searches.map((search) => asked((image: Float32Array) => checkedGradients(search(image), image))),
    }),
    ...(model.explain && {
      explain: asked((image: Float32Array) =>
        checkedRedrawings((model as Required<AttackedModel>).explain(image), image),
      ),
    }),
    ...(model.response && { response: asked((value: number) => model.response?.(value) as number) }),
  };
}

/** @throws {TypeError} when a model's answer is not what `lossAndGradient` gives; gradients are not read, as each may be dear */
function checkedGradients(answer: LossesAndGradients, image: Float32Array): LossesAndGradients {
  const classes = answer?.losses?.length;
  if (!(classes >= 2) || answer.gradients?.length !== classes) {
    throw new TypeError(
      `lossAndGradient: got ${shown(classes)} losses and ${shown(answer?.gradients?.length)} gradients, wanted one of each per class`,
    );
  }
  return comparable(answer, image);
}

/**
 * The answer with losses that can be compared, and gradients that are checked when they are read. A class that cannot explain the
 * image, whose loss is no finite number, is further off than all others, with no direction that leads to it.
 */
function comparable(answer: LossesAndGradients, image: Float32Array): LossesAndGradients {
  const losses = Array.from(answer.losses);
  const finite = losses.filter((loss) => Number.isFinite(loss));
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const further = finite.length === 0 ? 0 : most + Math.max(most - least, Math.abs(most), Number.MIN_VALUE);
  const gradients = { length: losses.length } as { length: number; [label: number]: ArrayLike<number> };
  losses.forEach((loss, label) => {
    const read = (): ArrayLike<number> =>
      Number.isFinite(loss) ? checkedGradient(answer.gradients[label], image) : new Float32Array(image.length);
    Object.defineProperty(gradients, label, { get: read });
  });
  return { losses: losses.map((loss) => (Number.isFinite(loss) ? loss : further)), gradients };
}

/** @throws {ModelFailure} when a gradient is none */
function checkedGradient(gradient: ArrayLike<number> | undefined, image: Float32Array): ArrayLike<number> {
  const length = gradient?.length;
  if (gradient === undefined || length !== image.length) {
    throw wrongAnswer(`lossAndGradient: got a gradient of ${shown(length)} values, wanted ${image.length}`);
  }
  for (let pixel = 0; pixel < length; ++pixel) {
    if (Number.isFinite(gradient[pixel])) continue;
    throw wrongAnswer(`lossAndGradient: got ${shown(gradient[pixel])} in a gradient, wanted finite numbers`);
  }
  return gradient;
}

function wrongAnswer(message: string): ModelFailure {
  return new ModelFailure("", { cause: new TypeError(message) });
}

/** @throws {TypeError} when a model's answer is not what `explain` gives */
function checkedRedrawings(answer: Redrawings, image: Float32Array): Redrawings {
  const classes = answer?.losses?.length;
  if (!(classes >= 2) || answer.classes?.length !== classes) {
    throw new TypeError(
      `explain: got ${shown(classes)} losses and ${shown(answer?.classes?.length)} classes, wanted one of each per class`,
    );
  }
  const length = answer.classes[0]?.reconstruction?.length;
  if (length !== image.length) {
    throw new TypeError(`explain: got reconstructions of ${shown(length)} values, wanted ${image.length}`);
  }
  return answer;
}
