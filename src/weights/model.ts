import type { Confidence, PaperConfidence } from "./confidence.ts";
import type { DecoderLayer } from "./decoder-shape.ts";
import type { RaceTables } from "./race.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** The variant for black-and-white images, see docs/weights-format.md. */
export interface BinaryVariant {
  /** Pixels of at least this become 1, all others 0. */
  threshold: number;
  /** What each class's loss is multiplied by. */
  classScales: readonly number[];
  /** Of the confidence, which is computed from the scaled losses. */
  confidence: PaperConfidence;
}

/** When another view of an image is tried, and when it counts. */
export interface ViewRule {
  /** The loss per pixel, times the class's scale, above which the first look leaves doubts. From 0. */
  doubt: number;
  /** The share of that loss below which the view's has to come, above 0 and up to 1. */
  share: number;
}

/** What a model assumes besides the paper's loss; a part that is left out is done without. */
export interface Assumptions {
  /** Slope of the curve through which images are seen: clip(slope · (x − ½) + ½, 0, 1). From 1. */
  response?: number;
  /** Redrawings are fitted with a gain and an offset: the weights of (gain − 1)² and offset² in the loss. */
  photometry?: { gain: number; offset: number };
  /** τ: an error r of a pixel counts r² / (1 + r²/τ²). */
  tolerance?: number;
  /**
   * Other views of an image that a race tries where no class explains it as it is: moved to the middle by its centre of mass; every
   * row or column as its distance from the median of its ends; closed by 3×3 pixels. Kinds that are left out are not tried.
   */
  views?: { centred?: ViewRule; levelled?: ViewRule; filled?: ViewRule };
}

/** What a classifier needs to know about a model beside its tensors; travels inside the bundle as JSON. */
export interface ModelDescription {
  classes: readonly string[];
  latents: number;
  confidence: Confidence;
  /** Left out where the loss is the paper's. */
  assumptions?: Assumptions;
  /** Left out where the weights have no such variant. */
  binaryVariant?: BinaryVariant;
}

/** A weights file, checked and read, in the file's own tensor layout. */
export interface Model extends ModelDescription {
  layers: readonly DecoderLayer[];
  beta: number;
  sphereRadius: number;
  /** By layer, in the order of `layers`: `[classes, …]` as docs/weights-format.md describes. */
  weights: readonly { weight: StoredTensor; bias: StoredTensor }[];
  /** `[classes, count, latents]`. */
  prototypes: { count: number; latents: StoredTensor } | undefined;
  /** Left out where the file has none: then the race cannot be run. */
  race?: RaceTables;
}
