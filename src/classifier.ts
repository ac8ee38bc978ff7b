import { IMAGE_PIXELS } from "../format/image.ts";
import { checkOptions, checkWhole } from "./arguments/checks.ts";
import { checkedLatent, type Latent } from "./arguments/latent.ts";
import type { Prototypes } from "./certify/prototype-classifier.ts";
import { type Certificate, certifySmoothed, checkedSmoothing, type SmoothingOptions } from "./certify/smoothing.ts";
import { type Effort, RACE_RULES } from "./effort.ts";
import type { ConfidenceKind, Engine } from "./engine.ts";
import { explained, imageGradients, priorTerm } from "./explanation.ts";
import { type Frames, readFrames } from "./image-stream.ts";
import { type ImageValues, normalisedImages } from "./image-values.ts";
import type { Classification, Evaluation, Explanation, LossAndGradient } from "./results.ts";
import { type Inference, Search } from "./search.ts";
import type { Progress } from "./starts.ts";

/** The names of the confidences; see `createClassifier`. */
export const CONFIDENCES = ["calibrated", "paper"] as const satisfies readonly ConfidenceKind[];

const LARGEST_SEED = 2 ** 32 - 1;
const MOST_SAMPLES = 10_000;
const MOST_AHEAD = 64;

/**
 * A loaded model, ready to classify. Make one with `createClassifier`. Equal images and options give equal results,
 * bit for bit, on every host and in any order of calls. After `dispose` every call throws an `Error`.
 */
export type Classifier = Pick<ModuleClassifier, keyof ModuleClassifier>;

/** The classifier over the WebAssembly module. */
export class ModuleClassifier {
  #engine: Engine | undefined;
  readonly #inference: Inference;
  readonly #effort: Effort;
  readonly #search: Search;
  /** The classes' names, by label: 2 to 64 of them; with the shipped weights `"0"` to `"9"`. */
  readonly classes: readonly string[];
  /** Numbers in a latent, 2 to 32; with the shipped weights 20. */
  readonly latents: number;
  /**
   * What the model sees of a pixel's value, from [0, 1] to [0, 1], never falling: in `binary-abs` the threshold, otherwise the
   * response curve that the weights bring. Undefined where it sees values as they are.
   */
  readonly response: ((value: number) => number) | undefined;
  /** Which model the probabilities rest on: the option, or what the weights bring where it was left out. */
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
    // What callers do to the public fields changes nothing: the engine and private fields decide.
    this.confidence = confidence ?? (isFitted ? "calibrated" : "paper");
    this.classes = Object.freeze([...engine.description.classes]);
    this.latents = engine.latents;
    this.response = engine.response;
    this.#search = new Search(inference, effort, this.confidence, progress);
    if (inference === "race") this.#search.prepare(engine);
  }

  /** Bytes of WebAssembly memory that the classifier holds. It grows when a table is built, never with the images. */
  get memoryBytes(): number {
    return this.#live().memoryBytes;
  }

  /**
   * Classifies one image: searches every class's decoder for the latent that redraws it best, and names the class with the
   * lowest loss (analysis by synthesis: Schott et al. 2018, arXiv:1805.09190). The image is left as it is. Under the inference
   * `"race"`, an image that no class explains is looked at again: centred, bands of dark and bright paper levelled, outlines
   * filled, as far as the weights say so (docs/weights-format.md#other-views). `explain` tells which view it was.
   *
   * @param image 784 values, 28 rows of 28, bright ink on dark: floats in [0, 1] or bytes in 0..255
   * @throws {TypeError} when `image` is no array of these kinds
   * @throws {RangeError} when it has another length, or holds a number out of range or none at all (`NaN`)
   * @example
   * ```js
   * const { label, confidence, rejected } = abs.classify(image);
   * console.log(label, confidence.toFixed(2), rejected); // → 4 1.00 false
   * ```
   */
  classify(image: ImageValues): Classification {
    return this.#search.classify(this.#live(), normalisedImages(image, 1));
  }

  /**
   * Only the label of one image, in about two fifths of the time of `classify` under the inference `"race"`: most
   * images are decided by the surrogates, without the true decoder, and nothing is polished. How often that names another
   * label is printed by `bench/race-rules.ts`. There is no confidence, so this cannot say that an image shows no class.
   * Under other searches it takes as long as `classify`. Errors are those of `classify`.
   *
   * @param image as for `classify`
   * @returns the label, a whole number from 0
   * @example
   * ```js
   * console.log(abs.label(image)); // → 4
   * ```
   */
  label(image: ImageValues): number {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    if (this.#inference === "race" && engine.canRace) {
      engine.setImage(values);
      return engine.raceLabel();
    }
    return this.#search.classify(engine, values).label;
  }

  /**
   * Classifies n images, n×784 values in one array; each result equals that of `classify`, bit for bit. Under the inference
   * `"race"` two images at a time share the first stage.
   *
   * @param images n×784 values, one image after another; n may be 0
   * @returns n results, in the order of the images
   * @throws {TypeError | RangeError} as `classify`, before any image is looked at
   * @example
   * ```js
   * const images = new Float32Array(2 * 784);
   * images.set(abs.sample(1)[0], 0);
   * images.set(abs.sample(7)[0], 784);
   * console.log(abs.classifyBatch(images).map(({ name }) => name).join(" ")); // → 1 7
   * ```
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
      results.push(this.#search.decide(engine));
      engine.presentNext();
      results.push(this.#search.decide(engine));
    }
    while (results.length < count) results.push(this.#search.classify(engine, image(results.length)));
    return results;
  }

  /**
   * Classifies images as they come, from anything that `for await` takes; the results come in order, each as `classify`
   * has it. At most `ahead` frames (default 2, from 0 to 64) are taken from the source beyond the one being classified.
   * The event loop gets its turn between frames. Leaving the loop closes the source.
   *
   * @param frames images as for `classify`; each is copied as it comes, so the source may use one array for all
   * @throws {TypeError} at once, for an `ahead` that is no number, or an unknown option
   * @throws {RangeError} at once, for an `ahead` that is no whole number from 0 to 64
   * @throws {TypeError} when `frames` cannot be iterated over
   * @throws {TypeError | RangeError} after the results of earlier frames, for a frame that `classify` refuses, with the
   *   frame's place from 0; and whatever the source throws
   * @example
   * ```js
   * async function* camera() {
   *   for (let seed = 0; seed < 3; ++seed) yield abs.sample(5, { seed })[0];
   * }
   * for await (const { name } of abs.classifyStream(camera())) console.log(name);
   * // → 5
   * // → 5
   * // → 5
   * ```
   */
  classifyStream(frames: Frames, options: { ahead?: number } = {}): AsyncGenerator<Classification, void, void> {
    this.#live();
    const { ahead = 2 } = checkOptions(options, ["ahead"]);
    checkWhole("ahead", ahead, 0, MOST_AHEAD);
    return this.#classifyFrames(readFrames(frames, ahead));
  }

  async *#classifyFrames(images: AsyncIterable<Float32Array>): AsyncGenerator<Classification, void, void> {
    for await (const image of images) yield this.#search.classify(this.#live(), image);
  }

  /**
   * Classifies one image and shows how every class would redraw it: label, probabilities and rejection are those of `classify`. Every
   * class is then searched as far as the label's, so `losses` can be lower than there. Should another class end below the label's, it
   * becomes the label, and all is judged anew. Errors are those of `classify`.
   *
   * @param image as for `classify`
   * @example
   * ```js
   * const { classes, runnerUp, advantage } = abs.explain(image);
   * console.log(abs.classes[runnerUp]); // → 5
   * classes[4].reconstruction; // 784 values: what the model of the four makes of the image
   * advantage; // 784 values: positive where the four explains a pixel better than the runner-up
   * ```
   */
  explain(image: ImageValues): Explanation {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    const classification = this.#search.classify(engine, values, true);
    return explained(engine, classification);
  }

  /**
   * Every class's loss and its derivative with respect to the image, by the envelope theorem: where z* minimises the
   * loss, the derivative of min_z loss is the partial one at z*. It is exact for a latent at a minimum, and the searches
   * end near one. Errors are those of `classify`.
   *
   * The derivative is with respect to the image as the model sees it. Where `response` is defined that differs: in the variant
   * `binary-abs` the losses are constant but for jumps where a pixel crosses the threshold, and a response curve is flat near
   * black and white. There the true derivative is zero, and the sign of the one given says which pixels to move towards the
   * other side. Where another view of the image was chosen (`Explanation`), its pixels are the image's, and so are derivatives.
   *
   * @param image as for `classify`
   * @example
   * ```js
   * const { losses, gradients } = abs.lossAndGradient(image);
   * // One step that makes the image a little more like a nine.
   * const moved = image.map((value, pixel) => Math.min(1, Math.max(0, value - 50 * gradients[9][pixel])));
   * console.log(abs.lossAndGradient(moved).losses[9] < losses[9]); // → true
   * ```
   */
  lossAndGradient(image: ImageValues): LossAndGradient {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    const { losses } = this.#search.classify(engine, values, true);
    return { losses, gradients: imageGradients(engine, values) };
  }

  /**
   * Bounds how robust the smoothed classifier is at an image: the one that gives the label which most noisy copies of the
   * image have (randomised smoothing: Cohen, Rosenfeld and Kolter 2019, arXiv:1902.02918). No change of the image shorter
   * than `radius` in L2 alters that label; the claim fails with a probability of at most `alpha` over the draw of the noise,
   * whatever the change. It is about the smoothed classifier, not about `classify`, which sees the image without noise.
   *
   * @param image as for `classify`
   * @param options `sigma` (.5) of the noise: more allows larger radii and abstains more often; `samples` (1000): more
   *   tightens the bound; `alpha` (.001); `seed` (0); `base`
   * @throws {TypeError | RangeError} as `classify`, and for an unknown option or one out of range
   * @throws {Error} for the base `"surrogates"` when the weights bring no tables for the race
   * @example
   * ```js
   * const { radius, abstained } = abs.certify(image, { sigma: 0.25, samples: 1000 });
   * console.log(abstained, radius.toFixed(2)); // → false 0.62
   * ```
   */
  certify(image: ImageValues, options?: SmoothingOptions): Certificate {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    const smoothing = checkedSmoothing(options, engine.canRace ? "surrogates" : "label");
    if (smoothing.base === "label") {
      return certifySmoothed(
        (sigma, samples, seed) => this.#castVotes(engine, values, sigma, samples, seed),
        smoothing,
      );
    }
    if (!engine.canRace) throw new Error('base: got "surrogates", but these weights bring no tables for a race');
    // The surrogates descend by the race's rules, which the paper's inference has not set.
    engine.setRaceRules(RACE_RULES[this.#effort]);
    return certifySmoothed((sigma, samples, seed) => engine.castVotes(values, sigma, samples, seed), smoothing);
  }

  /** Counts what `label` says of noisy copies of the image. */
  #castVotes(engine: Engine, values: Float32Array, sigma: number, samples: number, seed: number): number[] {
    const votes = Array.from({ length: engine.classes }, () => 0);
    engine.seedNoise(seed);
    for (let sample = 0; sample < samples; ++sample) {
      const label = this.label(engine.noisyCopy(values, sigma));
      votes[label] = (votes[label] as number) + 1;
    }
    return votes;
  }

  /**
   * The images from which the search without a race starts: what each class's decoder draws for the latents that the weights
   * bring, and what those latents add to the loss. `PrototypeClassifier` of `analysis-by-synthesis/certify` classifies by them
   * alone, with exact radii.
   *
   * @throws {Error} when the weights bring no prototypes, or for the variant `binary-abs`, whose losses are scaled by class
   */
  prototypes(): Prototypes {
    const engine = this.#live();
    if (engine.prototypeCount === 0) throw new Error("these weights bring no prototypes");
    if (engine.isBinary) throw new Error('prototypes: the variant "binary-abs" has none, only "abs"');
    const count = engine.prototypeCount;
    const labels: number[] = [];
    const images: Float32Array[] = [];
    const penalties: number[] = [];
    for (let at = 0; at < engine.classes * count; ++at) {
      const label = Math.floor(at / count);
      const latent = engine.prototypes.subarray(at * engine.latents, (at + 1) * engine.latents);
      engine.setLatent(label, latent);
      labels.push(label);
      images.push(engine.reconstruct(label));
      penalties.push(priorTerm(engine, latent));
    }
    return { labels, images, penalties };
  }

  /**
   * What a class's decoder draws for a latent: 784 values in [0, 1].
   *
   * @param label a whole number from 0, below the number of classes
   * @param latent as many numbers from −1,000,000 to 1,000,000 as `latents` says; the prior is N(0, I), and searches stay
   *   within ‖z‖ ≤ 5
   * @throws {TypeError} for a label that is no number, or a latent that is no list of numbers
   * @throws {RangeError} for an unknown label, a wrong length or a number out of range
   * @example
   * ```js
   * const mean = abs.decode(3, new Float32Array(abs.latents)); // the three in the middle of all threes
   * ```
   */
  decode(label: number, latent: Latent): Float32Array {
    const engine = this.#live();
    checkLabel(engine, label);
    const values = checkedLatent(latent, engine.latents);
    engine.setLatent(label, values);
    return engine.reconstruct(label);
  }

  /**
   * One evaluation of the model: how well what a class draws for a latent explains an image, and which way the latent
   * has to go to explain it better. The searches are made of these; so can be one's own.
   *
   * @param image as for `classify`
   * @param label as for `decode`
   * @param latent as for `decode`
   * @throws {TypeError | RangeError} as `classify` and `decode`
   * @example
   * ```js
   * let latent = new Float32Array(abs.latents);
   * const start = abs.evaluate(image, 4, latent);
   * latent = latent.map((value, index) => value - 5 * start.gradient[index]); // a step downhill
   * console.log(abs.evaluate(image, 4, latent).loss < start.loss); // → true
   * ```
   */
  evaluate(image: ImageValues, label: number, latent: Latent): Evaluation {
    const engine = this.#live();
    const values = normalisedImages(image, 1);
    checkLabel(engine, label);
    const checked = checkedLatent(latent, engine.latents);
    engine.setImage(values);
    engine.setLatent(label, checked);
    const { loss, gradient } = engine.evaluateWithGradient(label);
    const scale = engine.classScales[label] as number;
    return { loss: scale * loss, gradient: gradient.map((slope) => scale * slope), ...engine.redraw(label) };
  }

  /**
   * Draws what the model thinks a class looks like: `count` (default 1, at most 10,000) reconstructions of latents from
   * N(0, I), the same for the same `seed` (default 0, a whole number below 2^32) on every host.
   *
   * @param label a whole number from 0, below the number of classes
   * @returns `count` images of 784 values in [0, 1]
   * @throws {TypeError} for a label, seed or count that is no number, or an unknown option
   * @throws {RangeError} for a label, seed or count out of range
   * @example
   * ```js
   * const sevens = abs.sample(7, { seed: 1, count: 100 });
   * ```
   */
  sample(label: number, options: { seed?: number; count?: number } = {}): Float32Array[] {
    const engine = this.#live();
    checkLabel(engine, label);
    const { seed = 0, count = 1 } = checkOptions(options, ["seed", "count"]);
    checkWhole("seed", seed, 0, LARGEST_SEED);
    checkWhole("count", count, 1, MOST_SAMPLES);
    const size = engine.latents;
    const latents = engine.drawNormal(seed, count * size);
    return Array.from({ length: count }, (_, index) => {
      engine.setLatent(label, latents.subarray(index * size, (index + 1) * size));
      return engine.reconstruct(label);
    });
  }

  /**
   * Lets go of the module and its memory; every later call throws an `Error`, another `dispose` excepted.
   *
   * @example
   * ```js
   * abs.dispose();
   * ```
   */
  dispose(): void {
    this.#engine = undefined;
  }

  #live(): Engine {
    if (this.#engine === undefined) throw new Error("this classifier has been disposed of");
    return this.#engine;
  }
}

function checkLabel({ classes }: Engine, label: number): void {
  checkWhole("label", label, 0, classes - 1);
}
