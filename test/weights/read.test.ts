import { beforeEach, describe, expect, it } from "vitest";
import { FIRST_FEATURE_COUNT, SINGLE_FEATURE_COUNT } from "../../format/confidence-features.ts";
import { SIX_BIT_CHARACTERS } from "../../format/six-bits.ts";
import { type CalibratedConfidence, FEATURES, featureCount, hiddenWeightsOf } from "../../src/weights/confidence.ts";
import { readWeights } from "../../src/weights/read.ts";
import { randomConfidence } from "../support/confidence.ts";
import { randomModel, shapes } from "../support/random-model.ts";
import {
  changeCalibrated,
  changeInference,
  confidenceMetadata,
  type WeightsFileParts,
  weightsFileParts,
  writeWeightsFile,
} from "../support/weights-file.ts";

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
const model = randomModel(layers, { latents: 4, prototypes: 5 });
let parts: WeightsFileParts;

beforeEach(() => {
  parts = structuredClone(weightsFileParts(model, layers));
});

describe("readWeights", () => {
  it("reads back what was written", () => {
    expect(readWeights(writeWeightsFile(parts))).toEqual(model);
  });

  it("reads back a calibrated confidence", () => {
    const calibrated = randomConfidence(4, model.classes.length);
    const confidence = { ...model.confidence, calibrated };
    parts.metadata["confidence"] = JSON.stringify(confidenceMetadata(confidence));
    expect(readWeights(writeWeightsFile(parts)).confidence).toEqual(confidence);
  });

  it.each([
    ["looks at no blocks of the image", SINGLE_FEATURE_COUNT + 1, "3"],
    ["looks at no class's margin", SINGLE_FEATURE_COUNT, "3"],
    ["looks at neither gain nor offset, as in version 2", FIRST_FEATURE_COUNT, "2"],
  ])("reads a confidence whose gate %s, and rejects nothing by itself", (_, known, version) => {
    const calibrated = randomConfidence(4, model.classes.length);
    const names = FEATURES.slice(0, known);
    const count = featureCount(model.classes.length, names);
    const first = (values: readonly number[]): number[] => values.slice(0, count);
    const rest = (values: readonly number[], value: number): number[] => values.slice(count).fill(value);
    changeCalibrated(parts, {
      ...((confidenceMetadata({ ...model.confidence, calibrated })["calibrated"] as object) ?? {}),
      features: names,
      centres: first(calibrated.centres),
      spreads: first(calibrated.spreads),
      hidden_weights: hiddenWeightsOf(calibrated).map(first),
      reject_logit_below: undefined,
    });
    parts.metadata["format_version"] = version;
    expect(readWeights(writeWeightsFile(parts)).confidence.calibrated).toEqual({
      ...calibrated,
      centres: [...first(calibrated.centres), ...rest(calibrated.centres, 0)],
      spreads: [...first(calibrated.spreads), ...rest(calibrated.spreads, 1)],
      hiddenWeights: hiddenWeightsOf(calibrated).map((row) => [...first(row), ...rest(row, 0)]),
      rejectLogitBelow: undefined,
    });
  });

  it("reads a hidden layer whose weights are multiples of each unit's scale", () => {
    const count = featureCount(model.classes.length);
    // Every multiple from the least, A, to the largest, +.
    const multiples = Array.from({ length: 2 * count }, (_, place) => (place % 63) - 31);
    const text = multiples.map((multiple) => SIX_BIT_CHARACTERS[multiple + 31]).join("");
    const scales = [0.5, 0.0125];
    changeCalibrated(parts, {
      hidden_weights: [text.slice(0, count), text.slice(count)],
      hidden_scales: scales,
      hidden_biases: [0, 1],
      output_weights: [1, 2],
    });
    const { calibrated } = readWeights(writeWeightsFile(parts)).confidence;
    expect(hiddenWeightsOf(calibrated as CalibratedConfidence)).toEqual(
      scales.map((scale, unit) => multiples.slice(unit * count, (unit + 1) * count).map((value) => value * scale)),
    );
  });

  it("reads such a layer that looks at no margins and no maps, as the trainer leaves it at first", () => {
    changeCalibrated(parts, {
      features: FEATURES.slice(0, SINGLE_FEATURE_COUNT),
      centres: new Array(SINGLE_FEATURE_COUNT).fill(0.5),
      spreads: new Array(SINGLE_FEATURE_COUNT).fill(2),
      hidden_weights: ["+".repeat(SINGLE_FEATURE_COUNT)],
      hidden_scales: [0.25],
      hidden_biases: [0],
      output_weights: [1],
    });
    const { calibrated } = readWeights(writeWeightsFile(parts)).confidence;
    const rest = featureCount(model.classes.length) - SINGLE_FEATURE_COUNT;
    expect(hiddenWeightsOf(calibrated as CalibratedConfidence)).toEqual([
      [...new Array(SINGLE_FEATURE_COUNT).fill(31 * 0.25), ...new Array(rest).fill(0)],
    ]);
  });

  it("reads what the loss assumes, each part alone and all together", () => {
    const views = { centred: { doubt: 0.01, share: 0.9 }, filled: { doubt: 0, share: 1 } };
    const all = { response: 1.6, photometry: { gain: 10, offset: 1 }, tolerance: 0.8, views };
    const { response, photometry, tolerance } = all;
    for (const assumptions of [{ response }, { photometry }, { tolerance }, { views }, all]) {
      const parts = weightsFileParts({ ...model, assumptions }, layers);
      expect(readWeights(writeWeightsFile(parts))).toEqual({ ...model, assumptions });
    }
  });

  it("takes from a file of version 2 what the paper's loss needs, and nothing else", () => {
    parts.metadata["format_version"] = "2";
    changeInference(parts, { response: 2, tolerance: 1, note: "of another program" });
    expect(readWeights(writeWeightsFile(parts))).toEqual(model);
  });

  it("reads a file that starts at an odd address", () => {
    const file = writeWeightsFile(parts);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(readWeights(shifted.subarray(1))).toEqual(model);
  });

  it("reads the variant for black-and-white images", () => {
    const binaryVariant = {
      threshold: 0.5,
      classScales: [1, 0.96, 1.04],
      confidence: { scale: 300, floor: 1e-6, rejectBelow: 0.4 },
    };
    const parts = weightsFileParts({ ...model, binaryVariant }, layers);
    expect(readWeights(writeWeightsFile(parts))).toEqual({ ...model, binaryVariant });
  });
});
