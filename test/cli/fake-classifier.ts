import { Readable, Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { Prototypes } from "../../src/certify/prototype-classifier.ts";
import { type Certificate, checkedSmoothing, type SmoothingOptions } from "../../src/certify/smoothing.ts";
import { Attacker } from "../../src/cli/attack/attacker.ts";
import type { ClassifierSettings, CreateClassifier, Environment } from "../../src/cli/environment.ts";
import { runProgram } from "../../src/cli/program.ts";
import {
  type AttackOutcome,
  type AttackTask,
  type ClassifiedRange,
  ClassifierTasks,
  type CommandClassifier,
  type FrameRange,
  type Tasks,
  type TimedBatch,
  type TimedCertificate,
} from "../../src/cli/tasks.ts";
import type { Classification, Explanation, LossAndGradient } from "../../src/results.ts";
import { FAKE_ATTACKS } from "./fake-attacks.ts";

const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/**
 * A classifier that is easily foretold: the label is the brightness of the first pixel in tenths of full brightness
 * (bytes 0 to 9 stand for themselves, which lets a test put labels into images), and an image of no more than that
 * pixel is rejected.
 */
export class FakeClassifier implements CommandClassifier {
  /** @param classes the ten names */
  constructor(readonly classes: readonly string[] = CLASSES) {}

  readonly confidence = "calibrated";
  /** As of a model that sees values as they are. */
  response: ((value: number) => number) | undefined;
  disposed = false;
  readonly batchLengths: number[] = [];

  classify(image: Float32Array | Uint8Array | Uint8ClampedArray): Classification {
    if (image.length !== 784) throw new RangeError(`image has ${image.length} values, 784 are wanted`);
    const first = image[0] as number;
    const label = image instanceof Float32Array ? Math.min(9, Math.floor(first * 10)) : first % 10;
    const rejected = image.subarray(1).every((value) => value === 0);
    return {
      label,
      name: this.classes[label] as string,
      rejected,
      confidence: rejected ? 0.1 : 0.75,
      probabilities: Float64Array.from(CLASSES, (_, index) => (index === label ? 0.75 : 0.25 / 9)),
      losses: Float32Array.from(CLASSES, (_, index) => (index === label ? 0.0625 : 0.125)),
      evaluations: 40,
    };
  }

  classifyBatch(images: Float32Array | Uint8Array | Uint8ClampedArray): Classification[] {
    this.batchLengths.push(images.length / 784);
    return Array.from({ length: images.length / 784 }, (_, index) =>
      this.classify(images.subarray(index * 784, (index + 1) * 784)),
    );
  }

  explain(image: Float32Array | Uint8Array | Uint8ClampedArray): Explanation {
    const classification = this.classify(image);
    return {
      ...classification,
      runnerUp: (classification.label + 1) % 10,
      view: "given",
      classes: CLASSES.map((_, label) => ({
        loss: classification.losses[label] as number,
        latent: Float32Array.of(label, -0.5),
        descent: Float32Array.of(0.5, 0.25, classification.losses[label] as number),
        reconstruction: new Float32Array(784).fill(label / 10),
        gain: 1,
        offset: 0,
      })),
      image: Float32Array.from(image),
      advantage: Float32Array.from({ length: 784 }, (_, index) => (index < 392 ? 0.5 : -0.25)),
      radiusEstimate: { l2: 0.6875, linf: 0.0625 },
    };
  }

  /** Each class's loss is how far the first pixel is from the middle of the class's tenth. */
  lossAndGradient(image: Float32Array | Uint8Array | Uint8ClampedArray): LossAndGradient {
    const first = image[0] as number;
    const off = CLASSES.map((_, label) => first - (label + 0.5) / 10);
    return {
      losses: Float32Array.from(off, Math.abs),
      gradients: off.map((value) => {
        const gradient = new Float32Array(784);
        gradient[0] = Math.sign(value);
        return gradient;
      }),
    };
  }

  /** Radii are tenths of the seed's last digit; images whose label is 9 are abstained from. */
  certify(image: Float32Array | Uint8Array | Uint8ClampedArray, options: SmoothingOptions = {}): Certificate {
    const { samples, seed } = checkedSmoothing(options, "surrogates");
    const { label } = this.classify(image);
    const abstained = label === 9;
    return {
      label,
      abstained,
      lowerBound: abstained ? 0.4 : 0.9,
      radius: abstained ? 0 : (seed % 10) / 10,
      votes: samples,
    };
  }

  /** Two prototypes a class: images of the class's grey in two shades. */
  prototypes(): Prototypes {
    const labels = CLASSES.flatMap((_, label) => [label, label]);
    const images = labels.map((label, at) => new Float32Array(784).fill((label + (at % 2) / 4) / 10));
    return { labels, images, penalties: labels.map(() => 0) };
  }

  sample(label: number, { seed = 0, count = 1 }: { seed?: number; count?: number } = {}): Float32Array[] {
    return Array.from({ length: count }, (_, index) => new Float32Array(784).fill((label + seed + index) / 100));
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** What a classifier made with these settings sees of a value. */
function responseOf({ variant }: ClassifierSettings): ((value: number) => number) | undefined {
  return variant === "binary-abs" ? (value) => (value >= 0.5 ? 1 : 0) : undefined;
}

/** Threads that are none: of the tasks that wait together, the later ones are done first. */
export class FakeThreads implements Tasks {
  disposed = false;
  #waiting = 0;
  readonly #tasks: Tasks;

  constructor(
    readonly count: number,
    readonly settings: ClassifierSettings,
  ) {
    const classifier = new FakeClassifier();
    classifier.response = responseOf(settings);
    const attacker = new Attacker(FAKE_ATTACKS, classifier, settings, async () => classifier);
    this.#tasks = new ClassifierTasks(classifier, attacker);
  }

  async classifyBatch(images: Uint8Array): Promise<TimedBatch> {
    return await this.#outOfOrder(() => this.#tasks.classifyBatch(images));
  }

  async classifyFrames(range: FrameRange): Promise<ClassifiedRange> {
    return await this.#outOfOrder(() => this.#tasks.classifyFrames(range));
  }

  async attackImage(task: AttackTask): Promise<AttackOutcome> {
    return await this.#outOfOrder(() => this.#tasks.attackImage(task));
  }

  async certifyImage(image: Float32Array, options: SmoothingOptions): Promise<TimedCertificate> {
    return await this.#outOfOrder(() => this.#tasks.certifyImage(image, options));
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  async #outOfOrder<Result>(task: () => Promise<Result>): Promise<Result> {
    ++this.#waiting;
    await setTimeout(Math.max(1, 20 - 4 * this.#waiting));
    --this.#waiting;
    return await task();
  }
}

/** A demo that was not built. */
export const NO_DEMO = { folder: "no demo here", module: "no module here" };

/** What a run of the program printed and returned. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly classifier: FakeClassifier;
  /** The options that the classifier was made with. */
  readonly options: readonly (Parameters<CreateClassifier>[0] & object)[];
  /** The threads that were asked for. */
  readonly threads: readonly FakeThreads[];
}

/** Runs the program on a command line with a fake classifier and collects what it prints. */
export async function run(words: readonly string[], changes: Partial<Environment> = {}): Promise<Run> {
  const stdout = new Collector();
  const stderr = new Collector();
  const classifier = new FakeClassifier();
  const options: (Parameters<CreateClassifier>[0] & object)[] = [];
  const threads: FakeThreads[] = [];
  const code = await runProgram(words, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    variables: {},
    version: "1.2.3",
    createClassifier: async (given = {}) => {
      options.push(given);
      classifier.response = responseOf(given);
      return classifier;
    },
    createThreads: async (count, settings) => {
      const made = new FakeThreads(count, settings);
      threads.push(made);
      return made;
    },
    attacks: FAKE_ATTACKS,
    demo: NO_DEMO,
    listenForSignals: () => ({ signal: new AbortController().signal, stop: () => undefined }),
    ...changes,
  });
  return { code, stdout: stdout.text, stderr: stderr.text, classifier, options, threads };
}

/** A stream that keeps what is written to it. */
export class Collector extends Writable {
  text = "";
  readonly isTTY: boolean;
  /** @param columns the terminal's width, 0 where there is none */
  constructor(
    isTTY = false,
    readonly columns = isTTY ? 80 : 0,
  ) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
