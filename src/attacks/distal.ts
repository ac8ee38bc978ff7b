import { checkNumber, checkOptions, checkWhole, readFields } from "../arguments/checks.ts";
import { kindOf } from "../arguments/shown.ts";
import { Random } from "../random.ts";
import type { LossesAndGradients } from "./model.ts";
import { distanceBetween } from "./norms.ts";

// Images that show nothing and are taken for something with confidence: distal adversarials.

/** A model that says how sure it is, and which way an image has to go to fit a class better. */
export interface ConfidentModel {
  /**
   * The label with its probability; `probabilities` has one per class where they are known, `rejected` says that the model does
   * without an answer, however likely the label.
   */
  classify(image: Float32Array): {
    label: number;
    confidence: number;
    probabilities?: ArrayLike<number>;
    rejected?: boolean;
  };
  /** As for attacks along gradients. */
  lossAndGradient(image: Float32Array): LossesAndGradients;
}

/** The probability that is success unless the caller says otherwise, as in the paper. */
export const SUCCESS = 0.9;

/** From where a climb starts and how far it goes. */
export interface DistalOptions {
  /** A whole number below 2^32 (default 0): the noise from which all climbs start. */
  seed?: number;
  /** The probability that is success, above 0 and below 1 (default .9, as in the paper). */
  confidence?: number;
  /** The most steps of each climb (default 500). */
  steps?: number;
  /** Values of an image (default 784). */
  pixels?: number;
}

/** Where a climb to confidence ended. */
export interface DistalResult {
  /** The class climbed to. */
  target: number;
  /** Whether its probability reached the confidence asked for, and the model did not reject the image. */
  success: boolean;
  /** Its probability at `image`. */
  probability: number;
  /** Steps of the climb that led there; without success, of the one that came highest. */
  steps: number;
  /** Which climb that was: down the class's own loss, or up its margin to the next class. */
  direction: DistalDirection;
  /** How far each of its steps went, in L2. */
  stepSize: number;
  /** The image reached, values in [0, 1]: with success the one nearest to the noise on the line from there. */
  image: Float32Array;
  /** The noise. */
  start: Float32Array;
  /** The model's loss of the class at `image`. */
  loss: number;
}

const DIRECTIONS = ["loss", "margin"] as const;
/** What a climb follows. */
export type DistalDirection = (typeof DIRECTIONS)[number];

/** In L2. Uniform noise of 784 pixels is about 8 from grey and 15 from a digit. */
const STEP_SIZES = [1, 0.3, 0.1] as const;
const HALVINGS = 12;
const LARGEST_SEED = 2 ** 32 - 1;

/**
 * Climbs from uniform noise until the model is sure to see a class (Nguyen, Yosinski and Clune 2015, arXiv:1412.1897; on ABS,
 * Schott et al. 2018, arXiv:1805.09190). Six climbs start from the same noise: down the class's loss and up its margin to the
 * next class, in steps of three lengths, each along the whole gradient within the box [0, 1]. The first follows what a
 * confidence rests on that asks how well the class explains the image, the second a softmax. Each success is
 * brought back towards the noise by bisection, and the one that ends nearest to it counts: what there is of the class in it, the
 * model needed to see.
 *
 * A success is a failure of the model only where people do not see the class in the image; look at it.
 *
 * @param target the class to climb to, a whole number from 0
 * @throws {TypeError | RangeError} for a model that lacks a function, a target that it has no loss for, an unknown option or one
 *   out of range; and whatever the model throws
 */
export function distal(model: ConfidentModel, target: number, options?: DistalOptions): DistalResult {
  const { seed, confidence, steps, pixels } = checkedOptions(options);
  checkModel(model);
  checkWhole("target", target, 0);
  const random = new Random(seed);
  const start = Float32Array.from({ length: pixels }, () => random.uniform());
  const classes = model.lossAndGradient(start.slice()).losses.length;
  checkWhole("target", target, 0, classes - 1);
  const judge = (image: Float32Array): Judged => {
    const { label, confidence: own, probabilities, rejected } = model.classify(image);
    // Of a class that is not the label nothing is known but that it is not the likeliest.
    const probability = probabilities?.[target] ?? (label === target ? own : 0);
    return { probability, success: probability >= confidence && rejected !== true };
  };
  const climbs = STEP_SIZES.flatMap((stepSize) =>
    DIRECTIONS.map((direction) => {
      const found = climb({ model, target, judge }, start, { direction, stepSize, steps });
      return found.success ? { ...found, ...nearestToNoise(start, found, judge) } : found;
    }),
  );
  const best = climbs.reduce((one, other) => (isBetter(other, one, start) ? other : one));
  const loss = model.lossAndGradient(best.image).losses[target] as number;
  return { ...best, target, start, loss };
}

/** The end of one climb, or its highest point where it had no success. */
type Climb = Pick<DistalResult, "success" | "probability" | "steps" | "direction" | "stepSize" | "image">;

/** What the model says of an image. */
type Judged = Pick<DistalResult, "success" | "probability">;

interface Task {
  readonly model: ConfidentModel;
  readonly target: number;
  readonly judge: (image: Float32Array) => Judged;
}

function climb(
  { model, target, judge }: Task,
  start: Float32Array,
  { direction, stepSize, steps }: { direction: DistalDirection; stepSize: number; steps: number },
): Climb {
  let image = start.slice();
  let highest: Climb = { success: false, probability: -1, steps: 0, direction, stepSize, image };
  for (let step = 0; ; ++step) {
    const { probability, success } = judge(image);
    if (success || probability > highest.probability) {
      highest = { success, probability, steps: step, direction, stepSize, image };
    }
    if (success || step >= steps) return highest;
    const moved = stepped(image, uphill(model.lossAndGradient(image), target, direction), stepSize);
    // Nowhere to go within the box.
    if (moved === undefined) return highest;
    image = moved;
  }
}

/** The direction in which the class fits better: absolutely, or compared with the next class. */
function uphill({ losses, gradients }: LossesAndGradients, target: number, direction: DistalDirection): Float32Array {
  const own = gradients[target] as ArrayLike<number>;
  if (direction === "loss") return Float32Array.from(own, (value) => -value);
  let rival = target === 0 ? 1 : 0;
  for (let index = 0; index < losses.length; ++index) {
    if (index !== target && (losses[index] as number) < (losses[rival] as number)) rival = index;
  }
  const other = gradients[rival];
  return Float32Array.from(own, (value, pixel) => (other?.[pixel] ?? 0) - value);
}

/** One step of a length, undefined where no pixel can move. */
function stepped(image: Float32Array, direction: Float32Array, length: number): Float32Array<ArrayBuffer> | undefined {
  // What the box stops would only shorten the rest.
  const free = direction.map((value, pixel) => {
    const from = image[pixel] as number;
    return (value > 0 && from < 1) || (value < 0 && from > 0) ? value : 0;
  });
  // By the largest value first: gradients of a saturated model are so small that their squares vanish.
  const largest = free.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return undefined;
  const norm = Math.sqrt(free.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  return image.map((value, pixel) =>
    Math.min(1, Math.max(0, value + (length * ((free[pixel] as number) / largest)) / norm)),
  );
}

/** Successes are the better the nearer they are to the noise, failures the surer the model was. */
function isBetter(one: Climb, other: Climb, start: Float32Array): boolean {
  if (one.success !== other.success) return one.success;
  if (!one.success) return one.probability > other.probability;
  return distanceBetween(start, one.image, "l2") < distanceBetween(start, other.image, "l2");
}

/** The image that is still a success on the line from the noise to a success, by bisection. */
function nearestToNoise(
  start: Float32Array,
  success: Climb,
  judge: (image: Float32Array) => Judged,
): { image: Float32Array; probability: number } {
  let nearest: { image: Float32Array; probability: number } = success;
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    const image = start.map((value, pixel) => value + middle * ((success.image[pixel] as number) - value));
    const judged = judge(image);
    if (judged.success) {
      high = middle;
      nearest = { image, probability: judged.probability };
    } else low = middle;
  }
  return { image: nearest.image, probability: nearest.probability };
}

function checkedOptions(options: DistalOptions | undefined): Required<DistalOptions> {
  const known = ["seed", "confidence", "steps", "pixels"];
  const { seed = 0, confidence = SUCCESS, steps = 500, pixels = 784 } = checkOptions(options, known);
  checkWhole("seed", seed, 0, LARGEST_SEED);
  checkNumber("confidence", confidence, (number) => number > 0 && number < 1, "above 0 and below 1");
  checkWhole("steps", steps, 0);
  checkWhole("pixels", pixels, 1);
  return { seed, confidence, steps, pixels };
}

function checkModel(model: ConfidentModel): void {
  const parts = ["classify", "lossAndGradient"] as const;
  const fields = readFields("model", model, parts, "an object with classify and lossAndGradient");
  for (const part of parts) {
    const found: unknown = fields[part];
    if (typeof found !== "function") throw new TypeError(`model.${part}: got ${kindOf(found)}, wanted a function`);
  }
}
