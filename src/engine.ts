import { IMAGE_PIXELS } from "../format/image.ts";
import { type RaceRules, raceRuleBytes } from "./effort.ts";
import { checkedExports, type ModuleExports } from "./module-exports.ts";
import { responseOf } from "./response.ts";
import { readBundleHeader } from "./weights/bundle.ts";
import { type CalibratedConfidence, calibrationValues, featureCount, PENALTIES } from "./weights/confidence.ts";
import { WeightsError } from "./weights/errors.ts";
import type { Assumptions, ModelDescription } from "./weights/model.ts";
import { decodeUtf8 } from "./weights/utf8.ts";
import { describeVariant, type Variant } from "./weights/variants.ts";

// The only file that knows the module's ABI (assembly/index.ts): addresses, views and calls. The module itself remembers what
// was presented, proposed and searched, so calls may come in any order; those that cannot be served throw.

/** Which model turns losses into probabilities. */
export type ConfidenceKind = "calibrated" | "paper";

/** Where a search begins: latents that belong to each class, or one list that all classes share. */
export type StartKind = "prototypes" | "samples";

const OUT_OF_MEMORY = 2;
const NO_TABLES = "these weights bring no tables for a race";

/** What a call of the module returned. @throws {Error} saying why when it refused */
function served(returned: number, why: string): number {
  if (returned < 0) throw new Error(why);
  return returned;
}

/** One instance of the module with one model loaded. */
export class Engine {
  readonly #module: ModuleExports;
  /** What the weights say of themselves, as the variant has it. */
  readonly description: ModelDescription;
  /** How many classes the model has, 2 to 64. */
  readonly classes: number;
  /** How many latents each class has, 2 to 32. */
  readonly latents: number;
  /** f32 [classes][count][latents]; empty when the weights bring none. */
  readonly prototypes: Float32Array;
  /** Prototypes per class; 0 when the weights bring none. */
  readonly prototypeCount: number;
  /** Weight of ½‖z‖² in the loss. */
  readonly beta: number;
  /** What the variant multiplies each class's loss by: 1 for `abs`. */
  readonly classScales: Float32Array;
  /** What the model assumes besides the paper's loss. */
  readonly assumptions: Assumptions;
  /** Pixels from which on the variant takes for white; undefined for `abs`, which takes greys as they are. */
  readonly #threshold: number | undefined;

  /**
   * @param bundle a model from `writeBundle`; without one the frozen model is loaded
   * @throws {Error} when the instance is not that of this release's module
   * @throws {WeightsError} when there is no frozen model, not enough memory for this one, or no such variant of it
   */
  constructor(instance: WebAssembly.Instance, bundle?: Uint8Array, variant: Variant = "abs") {
    this.#module = checkedExports(instance);
    const address = bundle === undefined ? this.#frozen() : this.#write(bundle);
    const status = this.#module.load(address);
    if (status !== 0) {
      throw new WeightsError(
        status === OUT_OF_MEMORY
          ? "not enough memory for this model"
          : "the module does not read this model: module and wrapper are of different releases",
      );
    }
    const header = readBundleHeader(new DataView(this.#module.memory.buffer, address));
    this.classes = header.classes;
    this.latents = header.latents;
    this.prototypeCount = header.prototypes;
    this.beta = header.beta;
    const metadata = this.#bytes(address + header.metadataOffset, header.metadataLength).slice();
    this.description = describeVariant(JSON.parse(decodeUtf8(metadata)), variant);
    const binary = variant === "binary-abs" ? this.description.binaryVariant : undefined;
    this.#threshold = binary?.threshold;
    this.assumptions = this.description.assumptions ?? {};
    const scales = this.#floats(this.#module.classScalesAddress(), this.classes);
    if (binary !== undefined) scales.set(binary.classScales);
    this.classScales = scales.slice();
    this.prototypes = this.#expandedPrototypes();
    const { calibrated } = this.description.confidence;
    if (calibrated !== undefined) this.#setCalibration(calibrated);
  }

  /** Hands the fitted confidence to the module, once. */
  #setCalibration(calibrated: CalibratedConfidence): void {
    const values = calibrationValues(calibrated);
    const address = this.#module.reserveCalibration(calibrated.hiddenWeights.length);
    if (address === 0) throw new WeightsError("not enough memory for this model");
    new Float64Array(this.#module.memory.buffer, address, values.length).set(values);
  }

  #expandedPrototypes(): Float32Array {
    return this.#inScratch(this.classes * this.prototypeCount * this.latents, "read prototypes", (address) =>
      this.#module.expandPrototypes(address),
    );
  }

  #frozen(): number {
    if (this.#module.frozenBundleLength() === 0) {
      throw new WeightsError("this module was built without weights: pass some as `weights`");
    }
    return this.#module.frozenBundle();
  }

  #write(bundle: Uint8Array): number {
    const address = this.#module.reserveBundle(bundle.length);
    if (address === 0) throw new WeightsError(`not enough memory for a model of ${bundle.length} bytes`);
    this.#bytes(address, bundle.length).set(bundle);
    return address;
  }

  /** Whether the variant sees black and white only. */
  get isBinary(): boolean {
    return this.#threshold !== undefined;
  }

  /** Bytes of memory that the module holds. */
  get memoryBytes(): number {
    return this.#module.memory.buffer.byteLength;
  }

  /** What the model sees of a pixel's value, see response.ts. Undefined for a model that sees values as they are. */
  get response(): ((value: number) => number) | undefined {
    return responseOf(this.#threshold, this.assumptions);
  }

  /** Copies 784 values in [0, 1] into the module, which thresholds them where the variant says so. */
  setImage(image: ArrayLike<number>): void {
    this.#copyImage(image, this.#module.imageAddress());
    this.#module.presentImage();
  }

  /**
   * The same for two images, of which the first is looked at until `presentNext`. A race shares its first stage among them
   * and gives each the same bits as alone.
   */
  setImagePair(image: ArrayLike<number>, next: ArrayLike<number>): void {
    this.#copyImage(image, this.#module.imageAddress());
    this.#copyImage(next, this.#module.nextImageAddress());
    this.#module.presentImagePair();
  }

  /** Looks at the second image of a pair. */
  presentNext(): void {
    this.#module.presentNext();
  }

  #copyImage(image: ArrayLike<number>, address: number): void {
    this.#floats(address, IMAGE_PIXELS).set(image);
    if (this.#threshold !== undefined) this.#module.thresholdImage(address, this.#threshold);
  }

  /**
   * The image that reconstructions are compared with: the one last set, as the model sees it (`response`), or the view of it that
   * the last race chose.
   */
  image(): Float32Array {
    return this.#floats(this.#module.imageAddress(), IMAGE_PIXELS).slice();
  }

  /** Copies one class's latent, [latents], into the module, in place of what the last search found. */
  setLatent(classIndex: number, latent: ArrayLike<number>): void {
    this.#latent(classIndex).set(latent);
  }

  /** The class's latent, [latents]: that of the last search, or one set since. */
  latent(classIndex: number): Float32Array {
    return this.#latent(classIndex).slice();
  }

  /**
   * Losses per pixel that the last search found, [classes], times the class scales; Infinity for a class whose decoder cannot
   * redraw the image.
   */
  losses(): Float32Array {
    return this.#floats(this.#module.lossesAddress(), this.classes).slice();
  }

  /**
   * The losses per pixel that the last search computed with the class's true decoder, in their order, times the class's scale;
   * Infinity among them where the decoder could not redraw the image.
   */
  trail(classIndex: number): Float32Array {
    const length = this.#module.trailLength(classIndex);
    const scale = this.classScales[classIndex] as number;
    return this.#floats(this.#module.trailAddress(classIndex), length).map((loss) => scale * loss);
  }

  /** Which view of the image the last race was decided by, as format/views.ts numbers them. */
  get view(): number {
    return this.#module.view();
  }

  /** Where that view's pixels come from, see `throughView`; it means nothing where the image is as it was given. */
  viewSources(): Int32Array {
    return new Int32Array(this.#module.memory.buffer, this.#module.viewSourcesAddress(), 2 * IMAGE_PIXELS).slice();
  }

  /** The class's latent decoded: 784 values in [0, 1]; a pixel for which the decoder computes no number is 0. */
  reconstruct(classIndex: number): Float32Array {
    this.#module.reconstruct(classIndex);
    return this.#floats(this.#module.reconstructionAddress(), IMAGE_PIXELS).slice();
  }

  /**
   * The class's latent decoded, with the gain and the offset that fit it to the image: 784 values, and both numbers. They are 1
   * and 0 in a model without.
   */
  redraw(classIndex: number): { reconstruction: Float32Array; gain: number; offset: number } {
    this.#module.redraw(classIndex);
    const [gain, offset] = this.#floats(this.#module.fitAddress(), 2) as unknown as [number, number];
    return { reconstruction: this.#floats(this.#module.reconstructionAddress(), IMAGE_PIXELS).slice(), gain, offset };
  }

  /**
   * Loss of a class at its latent for the image, before class scales, and its derivative with respect to the latent,
   * [latents]. Where the loss is Infinity the derivative means nothing.
   */
  evaluateWithGradient(classIndex: number): { loss: number; gradient: Float32Array } {
    const loss = this.#module.evaluateWithGradient(classIndex);
    return { loss, gradient: this.#floats(this.#module.gradientAddress(), this.latents).slice() };
  }

  /**
   * Copies latents to start searches from: f32 [classes][count][latents] as prototypes, f32 [count][latents] as samples. A
   * search finds only those that `fillStarts` has decoded.
   *
   * @throws {RangeError} when memory runs out; then no starts are left
   */
  setStarts(kind: StartKind, latents: Float32Array): void {
    const lists = kind === "samples" ? 1 : this.classes;
    const count = latents.length / (lists * this.latents);
    const address = kind === "samples" ? this.#module.reserveSamples(count) : this.#module.reservePrototypes(count);
    if (address === 0) {
      this.dropStarts();
      throw new RangeError(`not enough memory for ${count} ${kind} of ${this.classes} classes`);
    }
    this.#floats(address, latents.length).set(latents);
  }

  /** Forgets all starts and keeps their memory for others. */
  dropStarts(): void {
    this.#module.dropStarts();
  }

  /** Decodes starts `from` to `to` (exclusive) of one class for the scan. */
  fillStarts(kind: StartKind, classIndex: number, from: number, to: number): void {
    if (kind === "samples") this.#module.fillSamples(classIndex, from, to);
    else this.#module.fillPrototypes(classIndex, from, to);
  }

  /** `count` seeded standard normal deviates, the same on every host. `seed` is a whole number below 2^32. */
  drawNormal(seed: number, count: number): Float32Array {
    return this.#inScratch(count, "draw numbers", (address) => this.#module.drawNormal(seed, address, count));
  }

  /** `count` floats that `fill` writes to the address it is given, copied out. */
  #inScratch(count: number, purpose: string, fill: (address: number) => void): Float32Array {
    const mark = this.#module.scratchMark();
    const address = this.#module.reserveScratch(4 * count);
    if (address === 0) throw new RangeError(`not enough memory to ${purpose}: ${count} floats`);
    fill(address);
    const values = this.#floats(address, count).slice();
    this.#module.releaseScratch(mark);
    return values;
  }

  /**
   * The paper's search over the samples; fills latents and losses. Returns the evaluations of decoders spent.
   *
   * @throws {Error} when no samples are set
   */
  searchPaper(): number {
    return served(this.#module.searchPaper(), "no samples are set to search from");
  }

  /**
   * Best prototype and a descent of at most `evaluations` evaluations per class; fills latents and losses. Returns the
   * evaluations of decoders spent.
   *
   * @throws {Error} when no prototypes are set
   */
  searchPrototypes(evaluations: number): number {
    return served(this.#module.searchPrototypes(evaluations), "no prototypes are set to search from");
  }

  /** Whether the model brings the tables that a race needs. */
  get canRace(): boolean {
    return this.#module.raceRulesAddress() !== 0;
  }

  /** Sets the rules of the races to come; without any, a race asks one decoder once. @throws {Error} when the model brings no tables */
  setRaceRules(rules: RaceRules): void {
    if (!this.canRace) throw new Error(NO_TABLES);
    const bytes = raceRuleBytes(rules);
    this.#bytes(this.#module.raceRulesAddress(), bytes.length).set(bytes);
  }

  /**
   * The race under the rules set; fills latents and losses. Returns the evaluations of true decoders spent.
   *
   * @throws {Error} when the model brings no tables
   */
  searchRace(): number {
    return served(this.#module.searchRace(), NO_TABLES);
  }

  /**
   * The label alone under the rules set, by a race that stops as soon as that is known. Latents and losses stay as they were; there
   * are no probabilities of them any more where another view of the image decided the search that they are of.
   *
   * @throws {Error} when the model brings no tables
   */
  raceLabel(): number {
    return served(this.#module.raceLabel(), NO_TABLES);
  }

  /**
   * Takes every class to the rules' full number of evaluations, even past the ceiling, after a race, which is run first where
   * the last search was none; fills latents and losses. Returns the evaluations of both.
   *
   * @throws {Error} when the model brings no tables
   */
  settleRace(): number {
    return served(this.#module.settleRace(), NO_TABLES);
  }

  /**
   * The last search's result as probabilities, [classes], and the evaluations of decoders that took: one for
   * `"calibrated"`, which looks at the winner's reconstruction, unless that search was a race and kept it; none for `"paper"`.
   * Uniform where no class can redraw the image. `gateLogit` is ln g/(1 − g) of the gate, which is how likely the image is
   * one of the classes at all: −∞ where none can redraw it, ∞ for `"paper"`, which has no gate.
   *
   * @throws {Error} for `"calibrated"` when the model brings no fitted confidence; when the image was not searched
   */
  probabilities(kind: ConfidenceKind): { probabilities: Float64Array; gateLogit: number; evaluations: number } {
    const { paper, calibrated } = this.description.confidence;
    if (kind === "calibrated" && calibrated === undefined) throw new Error("this model brings no fitted confidence");
    const evaluations = served(
      kind === "paper"
        ? this.#module.paperProbabilities(paper.scale, paper.floor)
        : this.#module.calibratedProbabilities(),
      "probabilities are those of a search, and the image was not searched",
    );
    const address = this.#module.probabilitiesAddress();
    const probabilities = new Float64Array(this.#module.memory.buffer, address, this.classes).slice();
    return { probabilities, gateLogit: kind === "paper" ? Infinity : this.#module.gateLogit(), evaluations };
  }

  /**
   * What the last calibrated probabilities rest on: the gate's features and penalties, in the order of `FEATURES`,
   * [118 + classes] with margins of each class and maps of each block, and `PENALTIES`; zeros where no class could redraw the image.
   */
  features(): Float64Array {
    const address = this.#module.featuresAddress();
    return new Float64Array(this.#module.memory.buffer, address, featureCount(this.classes) + PENALTIES.length).slice();
  }

  /**
   * Labels `samples` noisy copies of the image, 784 values in [0, 1], by the surrogates and counts: how many each class won.
   * For models that can race. The image last set is set no more.
   */
  castVotes(image: Float32Array, sigma: number, samples: number, seed: number): Uint32Array {
    const address = this.#module.imageAddress();
    this.#floats(address, IMAGE_PIXELS).set(image);
    this.#module.seedNoise(seed);
    this.#module.castVotes(address, sigma, samples, this.#threshold ?? -1);
    return new Uint32Array(this.#module.memory.buffer, this.#module.votesAddress(), this.classes).slice();
  }

  /** Starts the noise of `noisyCopy` from a seed, a whole number below 2^32. */
  seedNoise(seed: number): void {
    this.#module.seedNoise(seed);
  }

  /** The next noisy copy of an image, 784 values in [0, 1]: in a row, those that `castVotes` labels. */
  noisyCopy(image: Float32Array, sigma: number): Float32Array {
    const from = this.#module.imageAddress();
    const to = this.#module.nextImageAddress();
    this.#floats(from, IMAGE_PIXELS).set(image);
    this.#module.addNoise(from, sigma, to);
    this.#module.presentImage();
    return this.#floats(to, IMAGE_PIXELS).slice();
  }

  #latent(classIndex: number): Float32Array {
    return this.#floats(this.#module.latentsAddress() + 4 * classIndex * this.latents, this.latents);
  }

  // Views are made anew each time: they die whenever the memory grows.
  #floats(address: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#module.memory.buffer as ArrayBuffer, address, length);
  }

  #bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#module.memory.buffer as ArrayBuffer, address, length);
  }
}
