import type { Confidence } from "./confidence.ts";
import type { DecoderLayer } from "./decoderShape.ts";

/** What a classifier needs to know about a model beside its tensors; travels inside the bundle as JSON. */
export interface ModelDescription {
  classes: readonly string[];
  latents: number;
  confidence: Confidence;
}

/** A weights file, checked and read, in the file's own tensor layout. */
export interface Model extends ModelDescription {
  layers: readonly DecoderLayer[];
  beta: number;
  sphereRadius: number;
  /** By layer, in the order of `layers`: `[classes, …]` as docs/weights-format.md describes. */
  weights: readonly { weight: Float32Array; bias: Float32Array }[];
  /** `[classes, count, latents]`. */
  prototypes: { count: number; values: Float32Array } | undefined;
}
