import {
  BLOCK_COUNT,
  Feature,
  FeatureMap,
  FIRST_FEATURE_COUNT,
  MAP_COUNT,
  PENALTY_COUNT,
  Penalty,
  SINGLE_FEATURE_COUNT,
} from "../../format/confidence-features.ts";
import { MOST_HIDDEN_UNITS } from "../../format/limits.ts";
import { LARGEST_SIX_BIT, SIX_BIT_CHARACTERS } from "../../format/six-bits.ts";
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
  /**
   * [units][features]: the hidden layer of the gate, with tanh. Where there are scales, a unit's weights are a text, a character of
   * `SIX_BIT_CHARACTERS` for each.
   */
  hiddenWeights: readonly (readonly number[] | string)[];
  /** [units]: of what the weights are multiples; undefined where they are numbers. */
  hiddenScales: readonly number[] | undefined;
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
export type FeatureName = Extract<keyof typeof Feature | keyof typeof FeatureMap, string>;
/** Name of a penalty, likewise. */
export type PenaltyName = Extract<keyof typeof Penalty, string>;

/** Names of what the gate's network looks at, in the module's order: single ones, one of each class, and one of each block. */
export const FEATURES: readonly FeatureName[] = [
  ...Array.from({ length: SINGLE_FEATURE_COUNT + 1 }, (_, place) => Feature[place] as FeatureName),
  ...Array.from({ length: MAP_COUNT }, (_, map) => FeatureMap[map] as FeatureName),
];

/** How many numbers a feature is, of which margins have one for each class, and maps one for each block. */
export function placeCount(name: FeatureName, classes: number): number {
  if (name === "class_margins") return classes;
  return name in FeatureMap ? BLOCK_COUNT : 1;
}

/** How many numbers the gate's network looks at: those of all features, or of some. */
export function featureCount(classes: number, names: readonly FeatureName[] = FEATURES): number {
  return names.reduce((sum, name) => sum + placeCount(name, classes), 0);
}

/** What files bring: all; no maps of blocks; no margins of each class either; what version 2 had. */
const KNOWN_FEATURES = [FEATURES.length, SINGLE_FEATURE_COUNT + 1, SINGLE_FEATURE_COUNT, FIRST_FEATURE_COUNT].map(
  (length) => FEATURES.slice(0, length),
);

/** Names of what the gate's logit falls with, without bound, in the module's order. */
export const PENALTIES = Array.from({ length: PENALTY_COUNT }, (_, place) => Penalty[place] as PenaltyName);

/** The hidden layer's weights as numbers, [units][features]. */
export function hiddenWeightsOf({ hiddenWeights, hiddenScales }: CalibratedConfidence): readonly (readonly number[])[] {
  return hiddenWeights.map((weights, unit) => {
    if (typeof weights !== "string") return weights;
    const scale = hiddenScales?.[unit] as number;
    return multiplesIn(weights).map((multiple) => multiple * scale);
  });
}

/** Of a text, a whole number for each character. */
function multiplesIn(text: string): number[] {
  return Array.from(text, (character) => SIX_BIT_CHARACTERS.indexOf(character) - LARGEST_SIX_BIT);
}

/**
 * The parameters as the module reads them, 64-bit floats in the order of assembly/inference/confidence.ts. They have the
 * digits of 32-bit floats, so that the zeros at their ends compress.
 */
export function calibrationValues(calibrated: CalibratedConfidence): number[] {
  const { hiddenBiases, outputWeights } = calibrated;
  return [
    calibrated.scale,
    calibrated.widening,
    calibrated.outputBias,
    ...calibrated.penalties,
    ...calibrated.centres,
    ...calibrated.spreads,
    ...hiddenWeightsOf(calibrated).flatMap((weights, unit) => [
      outputWeights[unit] as number,
      hiddenBiases[unit] as number,
      ...weights,
    ]),
  ].map(Math.fround);
}

const LARGEST_PARAMETER = 1e6;
/** Of what weights may be multiples. */
const SMALLEST_SCALE = 1e-9;
/** Stands for a weight of 0. */
const NO_MULTIPLE = SIX_BIT_CHARACTERS[LARGEST_SIX_BIT];

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
  const count = featureCount(classes, names);
  checkNames(values["penalty_features"], `${name}.penalty_features`, [PENALTIES]);
  const list = (key: string, length: number): number[] =>
    numbers(values[key], `${name}.${key}`, length, LARGEST_PARAMETER);
  const hidden = values["hidden_weights"];
  if (!Array.isArray(hidden) || hidden.length > MOST_HIDDEN_UNITS) {
    throw new WeightsError(
      `weights file: ${name}.hidden_weights is no list of at most ${MOST_HIDDEN_UNITS} hidden units`,
    );
  }
  const scales = values["hidden_scales"] === undefined ? undefined : list("hidden_scales", hidden.length);
  scales?.forEach((scale, unit) => {
    numberIn(scale, `${name}.hidden_scales[${unit}]`, SMALLEST_SCALE, LARGEST_PARAMETER);
  });
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
    hiddenWeights: hidden.map((row: unknown, index) => {
      const rowName = `${name}.hidden_weights[${index}]`;
      if (scales === undefined) return padded(numbers(row, rowName, count, LARGEST_PARAMETER), 0);
      return checkMultiples(row, rowName, count).padEnd(featureCount(classes), NO_MULTIPLE);
    }),
    hiddenScales: scales,
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

/** Returns `value`. @throws {WeightsError} when it is no text of so many characters, each of which stands for a multiple */
function checkMultiples(value: unknown, name: string, length: number): string {
  if (typeof value === "string" && value.length === length) {
    if (multiplesIn(value).every((multiple) => Math.abs(multiple) <= LARGEST_SIX_BIT)) return value;
  }
  const [least, largest] = [SIX_BIT_CHARACTERS[0], SIX_BIT_CHARACTERS[2 * LARGEST_SIX_BIT]];
  throw new WeightsError(
    `weights file: ${name} is ${shown(value)}, wanted a text of ${length} characters from ${least} to ${largest}`,
  );
}

/** Returns the one of some lists of names that `value` is. @throws {WeightsError} when it is none of them */
function checkNames<Name extends string>(
  value: unknown,
  name: string,
  wanted: readonly (readonly Name[])[],
): readonly Name[] {
  const found = wanted.find(
    (names) =>
      Array.isArray(value) && value.length === names.length && names.every((one, place) => value[place] === one),
  );
  if (found !== undefined) return found;
  throw new WeightsError(`weights file: ${name} is ${shown(value)}, this release knows ${JSON.stringify(wanted[0])}`);
}
