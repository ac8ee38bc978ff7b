import { shown } from "../arguments/shown.ts";
import { readPaperConfidence } from "./confidence.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, record } from "./fields.ts";
import type { BinaryVariant, ModelDescription } from "./model.ts";

/** The variants of the model; see `createClassifier`. */
export const VARIANTS = ["abs", "binary-abs"] as const;
/** Which model of the paper; see `ClassifierOptions`. */
export type Variant = (typeof VARIANTS)[number];

/**
 * Reads the entry `binary-abs` of the metadata's `variants`, undefined where there is none.
 *
 * @throws {WeightsError} naming the field at fault
 */
export function readBinaryVariant(variants: unknown, classes: number): BinaryVariant | undefined {
  const entry = record(variants, "variants")["binary-abs"];
  if (entry === undefined) return undefined;
  const values = record(entry, "variants.binary-abs");
  const scales = values["class_scales"];
  if (!Array.isArray(scales) || scales.length !== classes) {
    throw new WeightsError(
      `weights file: variants.binary-abs.class_scales is ${shown(scales)}, wanted ${classes} numbers`,
    );
  }
  return {
    threshold: numberIn(values["threshold"], "variants.binary-abs.threshold", 0, 1),
    classScales: scales.map((scale: unknown, index) =>
      numberIn(scale, `variants.binary-abs.class_scales[${index}]`, 1e-3, 1e3),
    ),
    confidence: readPaperConfidence(values["confidence"], "variants.binary-abs.confidence"),
  };
}

/** The description of a model as one of its variants has it. @throws {WeightsError} when there is no such variant */
export function describeVariant(description: ModelDescription, variant: Variant): ModelDescription {
  if (variant === "abs") return description;
  const { binaryVariant } = description;
  if (binaryVariant === undefined) {
    throw new WeightsError(`variant: got "${variant}", but these weights have only "abs"`);
  }
  // The fitted confidence judges grey images; it says nothing of thresholded ones.
  return { ...description, confidence: { paper: binaryVariant.confidence, calibrated: undefined } };
}
