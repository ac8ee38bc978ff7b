import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { WeightsError } from "../../src/weights/errors.ts";
import { readWeights } from "../../src/weights/read.ts";
import { randomModel, shapes } from "../support/random-model.ts";
import {
  changeCalibrated,
  changeInference,
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

/** Overwrites one element of a tensor. */
const put = (name: string, at: number, value: number): void => {
  (parts.tensors[name]?.values as Float32Array)[at] = value;
};

const reading = (): (() => unknown) => {
  const file = writeWeightsFile(parts);
  return () => readWeights(file);
};

const oneUnit = { hidden_biases: [0], output_weights: [0] };

describe("a weights file that is not as it should be", () => {
  it("names the tensor whose bits are flipped, wherever they are", () => {
    const file = writeWeightsFile(parts);
    const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(fc.integer({ min: dataStart, max: file.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = file.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        expect(() => readWeights(damaged)).toThrow(/tensor "(layers\.\d\.(weight|bias)|prototypes)" has CRC-32/);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it("refuses any flipped bit in the header", () => {
    const file = writeWeightsFile(parts);
    const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: dataStart - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = file.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        expect(() => readWeights(damaged)).toThrow(WeightsError);
      }),
      { seed: 4, numRuns: 600 },
    );
  });

  it("refuses a file cut off anywhere", () => {
    const file = writeWeightsFile(parts);
    for (const length of [0, 7, 8, 100, file.length - 1]) {
      expect(() => readWeights(file.subarray(0, length))).toThrow(WeightsError);
    }
    expect(() => readWeights(file.subarray(0, file.length - 1))).toThrow(/truncated weights file: tensor "/);
  });

  it("refuses bytes after the last tensor", () => {
    const file = writeWeightsFile(parts);
    const longer = new Uint8Array(file.length + 3);
    longer.set(file);
    expect(() => readWeights(longer)).toThrow("3 bytes after the last tensor");
  });

  it.each<[string, () => void, RegExp]>([
    [
      "another format",
      () => {
        parts.metadata["format"] = "onnx";
      },
      /its format is "onnx", wanted "analysis-by-synthesis"/,
    ],
    [
      "a newer version",
      () => {
        parts.metadata["format_version"] = "4";
      },
      /format_version is "4", this release reads "1", "2", "3"/,
    ],
    [
      "a response curve that is too flat",
      () => changeInference(parts, { response: 0.5 }),
      /inference\.response is 0\.5, wanted a number from 1 to 1000/,
    ],
    [
      "a gain without the offset's weight",
      () => changeInference(parts, { photometry: { gain: 10 } }),
      /inference\.photometry\.offset is undefined, wanted a number from 0\.1 to 1000000/,
    ],
    [
      "a tolerance of nothing",
      () => changeInference(parts, { tolerance: 0 }),
      /inference\.tolerance is 0, wanted a number from 0\.01 to 1000/,
    ],
    [
      "a view of a later release",
      () => changeInference(parts, { views: { blurred: { doubt: 0, share: 1 } } }),
      /inference\.views has "blurred", which this release does not know/,
    ],
    [
      "a doubt below nothing",
      () => changeInference(parts, { views: { centred: { doubt: -1, share: 1 } } }),
      /inference\.views\.centred\.doubt is -1, wanted a number from 0 to 1000/,
    ],
    [
      "a share of nothing",
      () => changeInference(parts, { views: { filled: { doubt: 0, share: 0 } } }),
      /inference\.views\.filled\.share is 0, wanted a number from 0\.01 to 1/,
    ],
    [
      "an assumption of a later release",
      () => changeInference(parts, { blur: 1 }),
      /inference has "blur", which this release does not know/,
    ],
    [
      "a missing tensor",
      () => {
        delete parts.tensors["layers.2.bias"];
      },
      /tensor "layers\.2\.bias" is missing/,
    ],
    [
      "a wrong shape",
      () => {
        (parts.tensors["prototypes"] as { shape: number[] }).shape = [3, 4, 5];
      },
      /"prototypes" has shape \[3, 4, 5\], wanted \[3, 4, 4\]/,
    ],
    [
      "an unknown layer",
      () => {
        parts.metadata["layers"] = '[{"kind":"attention"}]';
      },
      /unknown kind "attention"; known kinds are dense/,
    ],
    [
      "a layer without a kind",
      () => {
        parts.metadata["layers"] = "[{}]";
      },
      /layer 0 has no kind/,
    ],
    [
      "an output of the wrong size",
      () => {
        parts.metadata["layers"] = '[{"kind":"dense","channels":1,"height":9,"width":9},{"kind":"sigmoid"}]';
      },
      /yield 1×9×9, wanted 1×28×28/,
    ],
    [
      "a missing activation",
      () => {
        parts.metadata["layers"] = JSON.stringify([layers[0], layers[2]]);
      },
      /layer 1 follows no activation/,
    ],
    [
      "a sigmoid in between",
      () => {
        parts.metadata["layers"] = JSON.stringify([layers[0], { kind: "sigmoid" }, layers[2]]);
      },
      /layer 1 is "sigmoid"/,
    ],
    [
      "too many latents",
      () => {
        parts.metadata["latents"] = "33";
      },
      /latents is "33", wanted a whole number from 2 to 32/,
    ],
    [
      "a single class",
      () => {
        parts.metadata["classes"] = '["a"]';
      },
      /wanted 2 to 64 different names/,
    ],
    [
      "a negative scale",
      () => {
        parts.metadata["confidence"] = '{"paper":{"scale":-1,"floor":0,"reject_below":0}}';
      },
      /confidence\.paper\.scale is -1/,
    ],
    [
      "a confidence without the paper's",
      () => {
        parts.metadata["confidence"] = '{"calibrated":{}}';
      },
      /"confidence\.paper" is not an object/,
    ],
    [
      "features that this release does not know",
      () => changeCalibrated(parts, { features: ["margin"] }),
      /confidence\.calibrated\.features is \["margin"\], this release knows \["correlation"/,
    ],
    [
      "a penalty that would open the gate far from the data",
      () => changeCalibrated(parts, { penalties: [0.1, 0, 0.1] }),
      /confidence\.calibrated\.penalties\[1\] is 0, wanted a number from 1e-9/,
    ],
    [
      "a hidden unit without a weight for every feature",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: [[1, 2]] }),
      /confidence\.calibrated\.hidden_weights\[0\] is a list of 2, wanted a list of 118 numbers/,
    ],
    [
      "a hidden unit whose text lacks a weight",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: ["A".repeat(117)], hidden_scales: [1] }),
      /confidence\.calibrated\.hidden_weights\[0\] is .*, wanted a text of 118 characters from A to \+/,
    ],
    [
      "a hidden unit whose text has a character that is none",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: [`${"A".repeat(117)}/`], hidden_scales: [1] }),
      /confidence\.calibrated\.hidden_weights\[0\] is .*, wanted a text of 118 characters/,
    ],
    [
      "a hidden unit of numbers beside scales",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: [new Array(118).fill(1)], hidden_scales: [1] }),
      /confidence\.calibrated\.hidden_weights\[0\] is .*, wanted a text of 118 characters/,
    ],
    [
      "a text for a hidden unit without scales",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: ["A".repeat(118)] }),
      /confidence\.calibrated\.hidden_weights\[0\] is .*, wanted a list of 118 numbers/,
    ],
    [
      "fewer scales than hidden units",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: ["A".repeat(118)], hidden_scales: [] }),
      /confidence\.calibrated\.hidden_scales is a list of 0, wanted a list of 1 numbers/,
    ],
    [
      "a scale of a hidden unit that is not positive",
      () => changeCalibrated(parts, { ...oneUnit, hidden_weights: ["A".repeat(118)], hidden_scales: [0] }),
      /confidence\.calibrated\.hidden_scales\[0\] is 0, wanted a number from 1e-9/,
    ],
    [
      "more biases than hidden units",
      () => changeCalibrated(parts, { hidden_biases: [0] }),
      /confidence\.calibrated\.hidden_biases is a list of 1, wanted a list of 5 numbers/,
    ],
    [
      "metadata that is no JSON",
      () => {
        parts.metadata["inference"] = "{";
      },
      /"inference" is not JSON/,
    ],
    [
      "a damaged checksum",
      () => {
        parts.metadata["metadata_crc32"] = "00000000";
      },
      /the metadata has CRC-32 [0-9a-f]{8}, the file says "00000000"/,
    ],
    [
      "a weight that is not finite",
      () => {
        put("layers.0.bias", 7, Number.NaN);
      },
      /"layers\.0\.bias" holds NaN at element 7/,
    ],
    [
      "weights of another type",
      () => {
        (parts.tensors["layers.0.bias"] as { dtype?: string }).dtype = "I32";
      },
      /"layers\.0\.bias" holds I32, this release reads F32, F16 and I8/,
    ],
    [
      "scales of a tensor that has none",
      () => {
        parts.tensors["layers.0.bias.scale"] = { shape: [1], values: Float32Array.of(1) };
      },
      /"layers\.0\.bias\.scale" holds scales, but tensor "layers\.0\.bias" holds F32/,
    ],
    [
      "scales of no tensor",
      () => {
        parts.tensors["x.scale"] = { shape: [1], values: Float32Array.of(1) };
      },
      /"x\.scale" holds scales, but tensor "x" is missing/,
    ],
    [
      "too few class scales",
      () => {
        parts.metadata["variants"] = '{"binary-abs":{"threshold":0.5,"class_scales":[1,1]}}';
      },
      /variants\.binary-abs\.class_scales is \[1, 1\], wanted 3 numbers/,
    ],
    [
      "a class scale of 0",
      () => {
        parts.metadata["variants"] = '{"binary-abs":{"threshold":0.5,"class_scales":[1,0,1]}}';
      },
      /class_scales\[1\] is 0, wanted a number from 0\.001 to 1000/,
    ],
    [
      "a threshold outside the image's range",
      () => {
        parts.metadata["variants"] = '{"binary-abs":{"threshold":128,"class_scales":[1,1,1]}}';
      },
      /variants\.binary-abs\.threshold is 128/,
    ],
    [
      "a variant without a confidence",
      () => {
        parts.metadata["variants"] = '{"binary-abs":{"threshold":0.5,"class_scales":[1,1,1]}}';
      },
      /"variants\.binary-abs\.confidence" is not an object/,
    ],
  ])("says what is wrong with %s", (_, damage, message) => {
    damage();
    expect(reading()).toThrow(WeightsError);
    expect(reading()).toThrow(message);
  });
});
