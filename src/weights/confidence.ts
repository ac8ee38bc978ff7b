import {
  Feature,
  FIRST_FEATURE_COUNT,
  PENALTY_COUNT,
  Penalty,
  SINGLE_FEATURE_COUNT,
} from "../../format/confidence-features.ts";
import { MOST_HIDDEN_UNITS } from "../../format/limits.ts";
import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, numbers, record } from "./fields.ts";

/** The paper's confidence: p_c = (e^(−scale·loss_c) + floor) / Σ; losses are per pixel. */
export interface PaperConfidence {
  scale: number;
  /** η ≥ 0. */
  floor: number;
  /** Images whose largest probability lies below this are rejected. */
  rejectBelow: number;
}

/** Parameters of the fitted confidence; docs/weights-format.md tells what they do. */
export interface CalibratedConfidence {
  /** s in softmax(−s · 784 · loss / (1 + E / widening)), E the winner's squared error. */
  scale: number;
  widening: number;
  /** Mean and standard deviation of each of `FEATURES` on the data of the fit: `featureCount` of the classes. */
  centres: readonly number[];
  spreads: readonly number[];
  /** [units][features]: the hidden layer of the gate, with tanh. */
  hiddenWeights: readonly (readonly number[])[];
  hiddenBiases: readonly number[];
  outputWeights: readonly number[];
  outputBias: number;
  /** Weights > 0 of `PENALTIES`, which are taken off the gate's logit. */
  penalties: readonly number[];
  /** Images of lower confidence are rejected; */
  rejectBelow: number;
  /** and those whose gate's logit is lower, the gate being how likely they are one of the classes at all; undefined: none. */
  rejectLogitBelow: number | undefined;
}

/** How losses and reconstructions become probabilities and a rejection. */
export interface Confidence {
  paper: PaperConfidence;
  /** Undefined where a file brings none. */
  calibrated: CalibratedConfidence | undefined;
}

/** Name of a feature, as in a weights file. */
export type FeatureName = keyof typeof Feature;
/** Name of a penalty, likewise. */
export type PenaltyName = keyof typeof Penalty;

/** Names of what the gate's network looks at, in the module's order; the last stands for one feature of each class. */
export const FEATURES = Array.from({ length: SINGLE_FEATURE_COUNT + 1 }, (_, place) => Feature[place] as FeatureName);

/** How many numbers the gate's network looks at. */
export function featureCount(classes: number): number {
  return SINGLE_FEATURE_COUNT + classes;
}

/** What files bring: all, those of before margins of each class were looked at, those of version 2. */
const KNOWN_FEATURES = [FEATURES, FEATURES.slice(0, SINGLE_FEATURE_COUNT), FEATURES.slice(0, FIRST_FEATURE_COUNT)];

/** Names of what the gate's logit falls with, without bound, in the module's order. */
export const PENALTIES = Array.from({ length: PENALTY_COUNT }, (_, place) => Penalty[place] as PenaltyName);

/**
 * The parameters as the module reads them, 64-bit floats in the order of assembly/inference/confidence.ts. They have the
 * digits of 32-bit floats, so that the zeros at their ends compress.
 */
export function calibrationValues(calibrated: CalibratedConfidence): number[] {
  const { hiddenWeights, hiddenBiases, outputWeights } = calibrated;
  return [
    calibrated.scale,
    calibrated.widening,
    calibrated.outputBias,
    ...calibrated.penalties,
    ...calibrated.centres,
    ...calibrated.spreads,
    ...hiddenWeights.flatMap((weights, unit) => [
      outputWeights[unit] as number,
      hiddenBiases[unit] as number,
      ...weights,
    ]),
  ].map(Math.fround);
}

const LARGEST_PARAMETER = 1e6;

/**
 * Reads the metadata `confidence`: `{"paper": {…}, "calibrated": {…}}`, the latter optional.
 *
 * @param classes how many classes the file has
 * @throws {WeightsError} naming the entry that is missing or out of range
 */
export function readConfidence(value: unknown, classes: number): Confidence {
  const entries = record(value, "confidence");
  const calibrated = entries["calibrated"];
  return {
    paper: readPaperConfidence(entries["paper"], "confidence.paper"),
    calibrated:
      calibrated === undefined ? undefined : readCalibrated(record(calibrated, "confidence.calibrated"), classes),
  };
}

/** Reads the three numbers of the paper's confidence. @throws {WeightsError} naming the one at fault */
export function readPaperConfidence(value: unknown, name: string): PaperConfidence {
  const values = record(value, name);
  return {
    scale: numberIn(values["scale"], `${name}.scale`, 0, 1e9),
    floor: numberIn(values["floor"], `${name}.floor`, 0, 1),
    rejectBelow: numberIn(values["reject_below"], `${name}.reject_below`, 0, 1),
  };
}

function readCalibrated(values: Record<string, unknown>, classes: number): CalibratedConfidence {
  const name = "confidence.calibrated";
  const names = checkNames(values["features"], `${name}.features`, KNOWN_FEATURES);
  const count = names.length > SINGLE_FEATURE_COUNT ? featureCount(classes) : names.length;
  checkNames(values["penalty_features"], `${name}.penalty_features`, [PENALTIES]);
  const list = (key: string, length: number): number[] =>
    numbers(values[key], `${name}.${key}`, length, LARGEST_PARAMETER);
  const hidden = values["hidden_weights"];
  if (!Array.isArray(hidden) || hidden.length > MOST_HIDDEN_UNITS) {
    throw new WeightsError(`weights file: ${name}.hidden_weights is no list of at most ${MOST_HIDDEN_UNITS} lists`);
  }
  // A gate that does not look at the last features gives them no weight.
  const padded = (found: number[], value: number): number[] => [
    ...found,
    ...Array<number>(featureCount(classes) - count).fill(value),
  ];
  const spreads = list("spreads", count);
  spreads.forEach((spread, index) => {
    numberIn(spread, `${name}.spreads[${index}]`, 1e-9, LARGEST_PARAMETER);
  });
  const penalties = list("penalties", PENALTIES.length);
  // Positive penalties are what sends the probabilities of hopeless images to 1 / classes.
  penalties.forEach((penalty, index) => {
    numberIn(penalty, `${name}.penalties[${index}]`, 1e-9, LARGEST_PARAMETER);
  });
  return {
    scale: numberIn(values["scale"], `${name}.scale`, 1e-9, LARGEST_PARAMETER),
    widening: numberIn(values["widening"], `${name}.widening`, 1e-9, 1e12),
    centres: padded(list("centres", count), 0),
    spreads: padded(spreads, 1),
    hiddenWeights: hidden.map((row: unknown, index) =>
      padded(numbers(row, `${name}.hidden_weights[${index}]`, count, LARGEST_PARAMETER), 0),
    ),
    hiddenBiases: list("hidden_biases", hidden.length),
    outputWeights: list("output_weights", hidden.length),
    outputBias: numberIn(values["output_bias"], `${name}.output_bias`, -LARGEST_PARAMETER, LARGEST_PARAMETER),
    penalties,
    rejectBelow: numberIn(values["reject_below"], `${name}.reject_below`, 0, 1),
    rejectLogitBelow:
      values["reject_logit_below"] === undefined
        ? undefined
        : numberIn(values["reject_logit_below"], `${name}.reject_logit_below`, -LARGEST_PARAMETER, LARGEST_PARAMETER),
  };
}

/** Returns the one of some lists of names that `value` is. @throws {WeightsError} when it is none of them */
function checkNames(value: unknown, name: string, wanted: readonly (readonly string[])[]): readonly string[] {
  const found = wanted.find(
    (names) =>
      Array.isArray(value) && value.length === names.length && names.every((one, place) => value[place] === one),
  );
  if (found !== undefined) return found;
  throw new WeightsError(`weights file: ${name} is ${shown(value)}, this release knows ${JSON.stringify(wanted[0])}`);
}
