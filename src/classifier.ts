import { type Effort, RACE_RULES } from "./effort.ts";
import type { ConfidenceKind, Engine } from "./engine.ts";
import { type Frames, readFrames } from "./frames.ts";
import { type ImageValues, normalisedImages } from "./image-values.ts";
import type { ClassExplanation, Classification, Explanation, LossAndGradient } from "./results.ts";
import { type Progress, preparePrototypes, prepareSamples } from "./starts.ts";
import { IMAGE_PIXELS } from "./weights/decoderShape.ts";

/** The names of the searches; see `createClassifier`. */
export const INFERENCES = ["race", "paper"] as const;
export type Inference = (typeof INFERENCES)[number];

/** The names of the confidences; see `createClassifier`. */
export const CONFIDENCES = ["calibrated", "paper"] as const satisfies readonly ConfidenceKind[];

/**
 * Evaluations per class after the best prototype was found, for weights without tables to race with. The standard was chosen on
 * validation images by `bench/evaluations.ts`; the others are half and about three times that.
 */
const PROTOTYPE_EVALUATIONS: Record<Effort, number> = { quick: 6, standard: 12, thorough: 40 };
const LARGEST_SEED = 2 ** 32 - 1;
const MOST_SAMPLES = 10_000;
const MOST_AHEAD = 64;

/** A loaded model, ready to classify. Make one with `createClassifier`. */
export type Classifier = Pick<ModuleClassifier, keyof ModuleClassifier>;

/** The classifier over the WebAssembly module. */
export class ModuleClassifier {
  #engine: Engine | undefined;
  readonly #inference: Inference;
  readonly #effort: Effort;
  readonly #progress: Progress | undefined;
  #isPrepared = false;
  /** The classes' names, by label. */
  readonly classes: readonly string[];
  /** Latents per class. */
  readonly latents: number;
  /** What the probabilities rest on. */
  readonly confidence: ConfidenceKind;

  /**
   * @param confidence default: calibrated where the weights bring that, otherwise the paper's
   * @param progress hears how far the paper's table of samples is built, on the first image in that mode
   * @throws {Error} when the calibrated confidence is asked for and the weights bring none
   */
  constructor(engine: Engine, inference: Inference, effort: Effort, confidence?: ConfidenceKind, progress?: Progress) {
    const isFitted = engine.description.confidence.calibrated !== undefined;
    if (confidence === "calibrated" && !isFitted) {
      throw new Error(
        'confidence: these weights bring no calibrated confidence, only "paper"; `python3 -m abs_training confidence` fits one',
      );
    }
    this.#engine = engine;
    this.#inference = inference;
    this.#effort = effort;
    this.confidence = confidence ?? (isFitted ? "calibrated" : "paper");
    this.#progress = progress;
    this.classes = engine.description.classes;
    this.latents = engine.latents;
    if (inference === "race") this.#prepare(engine);
  }

  /** Bytes of WebAssembly memory that the classifier holds. */
  get memoryBytes(): number {
    return this.#live().memoryBytes;
  }

  /**
   * Classifies one image of 28×28 values, row-major, bright ink on dark.
   *
   * @throws {TypeError | RangeError} when the image is of another type or length, or holds a value out of range
   */
  classify(image: ImageValues): Classification {
    return this.#classify(this.#live(), normalisedImages(image, 1));
  }

  /**
   * Only the label of one image, in little more than a third of the time of `classify` under the inference `"race"`: most
   * images are decided by the surrogates, without the true decoder, and nothing is polished. How often that names another
   * label is printed by `bench/race-rules.ts`. There is no confidence, so this cannot say that an image shows no class.
   * Takes and throws what `classify` does.
   */
  label(image: ImageValues): number {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    if (this.#inference === "race" && engine.canRace) {
      engine.setImage(values);
      return engine.raceLabel();
    }
    return this.#classify(engine, values).label;
  }

  /**
   * Classifies n images, n×784 values in one array; each result equals that of `classify`, bit for bit. Under the inference
   * `"race"` two images at a time share the first stage.
   *
   * @throws {TypeError | RangeError} as `classify`, before any image is looked at
   */
  classifyBatch(images: ImageValues): Classification[] {
    const engine = this.#live();
    const values = normalisedImages(images);
    const count = values.length / IMAGE_PIXELS;
    const image = (index: number): Float32Array => values.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
    const results: Classification[] = [];
    const isPaired = this.#inference === "race" && engine.canRace;
    while (isPaired && results.length + 1 < count) {
      engine.setImagePair(image(results.length), image(results.length + 1));
      results.push(this.#search(engine));
      engine.presentNext();
      results.push(this.#search(engine));
    }
    while (results.length < count) results.push(this.#classify(engine, image(results.length)));
    return results;
  }

  /**
   * Classifies images as they come, from anything that `for await` takes; the results come in order, each as `classify`
   * has it. At most `ahead` frames (default 2, from 0 to 64) are taken from the source beyond the one being classified.
   * The event loop gets its turn between frames. Leaving the loop closes the source.
   *
   * @throws {RangeError} at once, for an unknown `ahead`
   * @throws {TypeError | RangeError} after the results of earlier frames, for a frame that `classify` refuses, with the
   *   frame's place from 0; and whatever the source throws
   */
  classifyStream(frames: Frames, { ahead = 2 }: { ahead?: number } = {}): AsyncGenerator<Classification, void, void> {
    this.#live();
    checkWhole("ahead", ahead, 0, MOST_AHEAD);
    return this.#classifyFrames(readFrames(frames, ahead));
  }

  async *#classifyFrames(images: AsyncIterable<Float32Array>): AsyncGenerator<Classification, void, void> {
    for await (const image of images) yield this.#classify(this.#live(), image);
  }

  /**
   * Classifies one image and shows how every class would redraw it. Takes and throws what `classify` does. Every class is
   * searched as far as the label's, so losses of the others can be lower than those of `classify`; should one of them
   * end below the label's, it becomes the label.
   */
  explain(image: ImageValues): Explanation {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    const classification = this.#classify(engine, values, true);
    const { label, losses } = classification;
    const classes = this.classes.map((_, index) => ({
      loss: losses[index] as number,
      latent: engine.latent(index),
      reconstruction: engine.reconstruct(index),
    }));
    const runnerUp = smallest(losses, label);
    const seen = engine.image();
    const errorOf = (index: number, x: number, pixel: number): number =>
      (engine.classScales[index] as number) *
      (x - ((classes[index] as ClassExplanation).reconstruction[pixel] as number)) ** 2;
    const advantage = seen.map((x, pixel) => errorOf(runnerUp, x, pixel) - errorOf(label, x, pixel));
    return { ...classification, runnerUp, classes, image: seen, advantage };
  }

  /**
   * Every class's loss and its derivative with respect to the image, by the envelope theorem: where z* minimises the
   * loss, the derivative of min_z loss is the partial one at z*. Takes and throws what `classify` does.
   *
   * In the variant `binary-abs` the losses are constant but for jumps where a pixel crosses the threshold, so their true
   * derivative is zero almost everywhere. The one given is with respect to the thresholded image, as if the threshold
   * passed changes straight through: its sign says which pixels to move towards the other side.
   */
  lossAndGradient(image: ImageValues): LossAndGradient {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    const { losses } = this.#classify(engine, values, true);
    const seen = engine.image();
    const gradients = this.classes.map((_, index) => {
      const reconstruction = engine.reconstruct(index);
      const factor = 2 * (engine.classScales[index] as number);
      return seen.map((x, pixel) => (factor * (x - (reconstruction[pixel] as number))) / IMAGE_PIXELS);
    });
    return { losses, gradients };
  }

  /**
   * What a class's decoder draws for a latent: 784 values in [0, 1].
   *
   * @param label 0 … classes − 1
   * @param latent `latents` finite numbers; the prior is N(0, I)
   * @throws {RangeError} for an unknown label, a wrong length or a value that is not finite
   */
  decode(label: number, latent: ArrayLike<number>): Float32Array {
    const engine = this.#live();
    this.#checkLabel(label);
    if (latent.length !== this.latents) {
      throw new RangeError(`latent: got ${latent.length} values, wanted ${this.latents}`);
    }
    const values = Float32Array.from(latent);
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new RangeError(`latent: got ${values[at]} at place ${at}, wanted a finite number`);
    engine.setLatent(label, values);
    return engine.reconstruct(label);
  }

  /**
   * Draws what the model thinks a class looks like: `count` (default 1, at most 10,000) reconstructions of latents from
   * N(0, I), the same for the same `seed` (default 0, a whole number below 2^32) on every host.
   *
   * @throws {RangeError} for an unknown label, seed or count
   */
  sample(label: number, { seed = 0, count = 1 }: { seed?: number; count?: number } = {}): Float32Array[] {
    const engine = this.#live();
    this.#checkLabel(label);
    checkWhole("seed", seed, 0, LARGEST_SEED);
    checkWhole("count", count, 1, MOST_SAMPLES);
    const latents = engine.drawNormal(seed, count * this.latents);
    return Array.from({ length: count }, (_, index) => {
      engine.setLatent(label, latents.subarray(index * this.latents, (index + 1) * this.latents));
      return engine.reconstruct(label);
    });
  }

  /** Lets go of the module and its memory; every later call throws. */
  dispose(): void {
    this.#engine = undefined;
  }

  #live(): Engine {
    if (this.#engine === undefined) throw new Error("this classifier has been disposed of");
    return this.#engine;
  }

  #prepare(engine: Engine): void {
    if (this.#inference === "paper") prepareSamples(engine, this.#progress);
    else if (engine.canRace) engine.setRaceRules(RACE_RULES[this.#effort]);
    else preparePrototypes(engine);
    this.#isPrepared = true;
  }

  #classify(engine: Engine, values: Float32Array, all = false): Classification {
    engine.setImage(values);
    return this.#search(engine, all);
  }

  /** Classifies the image that the engine looks at; with `all`, every class is searched as far as the label's. */
  #search(engine: Engine, all = false): Classification {
    const searched = this.#searchClasses(engine, all);
    const losses = engine.losses();
    const { probabilities, evaluations: judged } = engine.probabilities(this.confidence);
    const label = smallest(losses);
    const confidence = probabilities[label] as number;
    return {
      label,
      name: this.classes[label] as string,
      rejected: !Number.isFinite(losses[label]) || confidence < this.#rejectBelow(engine),
      confidence,
      probabilities,
      losses,
      evaluations: searched + judged,
    };
  }

  /** Fills the engine's latents and losses. Returns the evaluations spent. */
  #searchClasses(engine: Engine, all: boolean): number {
    if (!this.#isPrepared) this.#prepare(engine);
    if (this.#inference === "paper") return engine.searchPaper();
    if (!engine.canRace) return engine.searchPrototypes(PROTOTYPE_EVALUATIONS[this.#effort]);
    const spent = engine.searchRace();
    return all ? engine.settleRace() : spent;
  }

  #rejectBelow({ description: { confidence } }: Engine): number {
    return (this.confidence === "calibrated" ? confidence.calibrated : confidence.paper)?.rejectBelow as number;
  }

  #checkLabel(label: number): void {
    checkWhole("label", label, 0, this.classes.length - 1);
  }
}

/** Index of the smallest value, the first of equals, leaving out `except`. */
function smallest(values: Float32Array, except = -1): number {
  let best = -1;
  values.forEach((value, index) => {
    if (index !== except && (best < 0 || value < (values[best] as number))) best = index;
  });
  return best;
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}: got ${value}, wanted a whole number from ${least} to ${most}`);
  }
}
