// Bounds on robustness for any model: what `certify` of a classifier rests on, and the classifier whose radii are exact.

export { binomialLowerBound } from "../certify/binomial-bound.ts";
export type { RadiusNorm } from "../certify/half-space.ts";
export { normalQuantile } from "../certify/normal-distribution.ts";
export { PrototypeClassifier, type PrototypeRadius, type Prototypes } from "../certify/prototype-classifier.ts";
export { type CastVotes, type Certificate, certifySmoothed, type SmoothingOptions } from "../certify/smoothing.ts";
