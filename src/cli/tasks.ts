import type { Norm } from "../attacks/norms.ts";
import type { Certificate, SmoothingOptions } from "../certify/smoothing.ts";
import type { Classifier } from "../classifier.ts";
import { messageOf } from "../files/file-error.ts";
import type { Classification } from "../results.ts";
import { type Frame, type FrameMode, type FrameSource, openFrames } from "./frame-source.ts";

/** What the commands ask of a classifier. */
export type CommandClassifier = Pick<
  Classifier,
  | "classes"
  | "response"
  | "confidence"
  | "classify"
  | "classifyBatch"
  | "explain"
  | "lossAndGradient"
  | "certify"
  | "prototypes"
  | "sample"
  | "dispose"
>;

/** A batch's classifications and how long it took. */
export interface TimedBatch {
  readonly classifications: readonly Classification[];
  /** Wall-clock milliseconds of the whole batch on its thread. */
  readonly milliseconds: number;
}

/** Which frames of an image file are to be classified. */
export interface FrameRange {
  readonly file: string;
  /** What came on standard input, where that is the file: all threads share these bytes. */
  readonly content?: Uint8Array;
  readonly mode: FrameMode;
  /** Index of the first frame. */
  readonly from: number;
  /** Index after the last frame; may lie beyond the file's end. */
  readonly to: number;
  /** Frames before this index are redrawn as well. */
  readonly drawTo: number;
}

/** What became of one frame. */
export interface ClassifiedFrame {
  readonly index: number;
  readonly found: Frame["found"];
  readonly classification: Classification;
  /** The image as the model saw it and the winner's redrawing of it, 784 values each, where asked for. */
  readonly drawing?: { readonly seen: Float32Array; readonly redrawn: Float32Array };
}

/** The frames of a range that could be classified. */
export interface ClassifiedRange {
  /** Frames in the whole file, 0 where it could not be read. */
  readonly count: number;
  readonly frames: readonly ClassifiedFrame[];
  /** Why the file could not be read, or the frame after the last one not be classified. */
  readonly failure?: string;
}

/** One image, to be attacked by one method in one norm. */
export interface AttackTask {
  /** 784 values in [0, 1]. */
  readonly image: Float32Array;
  /** The image's true class. */
  readonly truth: number;
  readonly attack: string;
  readonly norm: Norm;
  readonly seed: number;
  /** Questions that the attack may ask; left out, as many as its own settings need. */
  readonly budget?: number;
}

/** What an attack found on an image; see `AttackResult` of the library. */
export interface AttackOutcome {
  /** The nearest image that is misclassified; left out where none was found. */
  readonly image?: Float32Array;
  /** Its distance; Infinity where none was found. */
  readonly distance: number;
  readonly label: number;
  readonly queries: number;
  readonly milliseconds: number;
}

/** A certificate and how long it took. */
export interface TimedCertificate {
  readonly certificate: Certificate;
  readonly milliseconds: number;
}

/** What the commands need done many times over, here or on other threads; see `ClassifierTasks` and `ThreadPool`. */
export interface Tasks {
  /** @param images n×784 bytes */
  classifyBatch(images: Uint8Array): Promise<TimedBatch>;
  /** Failures of the file are part of the result; only what makes going on pointless is thrown. */
  classifyFrames(range: FrameRange): Promise<ClassifiedRange>;
  attackImage(task: AttackTask): Promise<AttackOutcome>;
  /** @param image 784 values in [0, 1] */
  certifyImage(image: Float32Array, options: SmoothingOptions): Promise<TimedCertificate>;
}

/** The tasks on this thread. */
export class ClassifierTasks implements Tasks {
  readonly #classifier: CommandClassifier;
  readonly #attacker: Pick<Tasks, "attackImage"> | undefined;
  #opened: { file: string; mode: FrameMode; source: FrameSource } | undefined;

  /** @param attacker attacks the same model, where a command attacks at all */
  constructor(classifier: CommandClassifier, attacker?: Pick<Tasks, "attackImage">) {
    this.#classifier = classifier;
    this.#attacker = attacker;
  }

  async classifyBatch(images: Uint8Array): Promise<TimedBatch> {
    const began = performance.now();
    const classifications = this.#classifier.classifyBatch(images);
    return { classifications, milliseconds: performance.now() - began };
  }

  async classifyFrames(range: FrameRange): Promise<ClassifiedRange> {
    const frames: ClassifiedFrame[] = [];
    let count = 0;
    try {
      const source = await this.#open(range);
      count = source.count;
      const end = Math.min(count, range.to);
      for (let index = range.from; index < end; ++index) {
        frames.push(this.#classifyFrame(index, source.at(index), index < range.drawTo));
      }
      return { count, frames };
    } catch (error) {
      return { count, frames, failure: messageOf(error) };
    }
  }

  async attackImage(task: AttackTask): Promise<AttackOutcome> {
    if (this.#attacker === undefined) throw new Error("nobody is there to attack");
    return await this.#attacker.attackImage(task);
  }

  async certifyImage(image: Float32Array, options: SmoothingOptions): Promise<TimedCertificate> {
    const began = performance.now();
    const certificate = this.#classifier.certify(image, options);
    return { certificate, milliseconds: performance.now() - began };
  }

  // The ranges of a large file come one after the other, and unpacking it takes longer than classifying a few frames.
  async #open({ file, mode, content }: FrameRange): Promise<FrameSource> {
    if (this.#opened?.file !== file || this.#opened.mode !== mode) {
      this.#opened = undefined;
      this.#opened = { file, mode, source: await openFrames(file, mode, content) };
    }
    return this.#opened.source;
  }

  #classifyFrame(index: number, { image, found }: Frame, draw: boolean): ClassifiedFrame {
    if (!draw) return { index, found, classification: this.#classifier.classify(image) };
    const { runnerUp, classes, advantage, image: seen, ...classification } = this.#classifier.explain(image);
    const redrawn = classes[classification.label]?.reconstruction ?? new Float32Array(image.length);
    return { index, found, classification, drawing: { seen, redrawn } };
  }
}
