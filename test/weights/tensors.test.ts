import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WeightsError } from "../../src/weights/errors.ts";
import type { Model } from "../../src/weights/model.ts";
import { readWeights } from "../../src/weights/read.ts";
import { randomModel, shapes } from "../support/random-model.ts";
import { type WeightsFileParts, weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

const layers = shapes["pixel shuffle"] as readonly Record<string, unknown>[];
let parts: WeightsFileParts;

/** Overwrites one element of a tensor. */
const put = (name: string, at: number, value: number): void => {
  (parts.tensors[name]?.values as Float32Array)[at] = value;
};

const reading = (): (() => unknown) => {
  const file = writeWeightsFile(parts);
  return () => readWeights(file);
};

describe("stored numbers", () => {
  const halves = randomModel(layers, { latents: 4, prototypes: 5, element: "F16" });
  const wholeNumbers = randomModel(layers, { latents: 4, prototypes: 5, element: "I8" });

  it.each([
    ["16-bit floats", halves],
    ["whole numbers with scales", wholeNumbers],
  ])("are read back as written: %s", (_, written) => {
    const file = writeWeightsFile(weightsFileParts(written, layers));
    expect(readWeights(file)).toEqual(written);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(readWeights(shifted.subarray(1))).toEqual(written);
    // A Node buffer's slice is a view where an array's is a copy.
    expect(readWeights(Buffer.concat([Buffer.alloc(3), file]).subarray(3))).toEqual(written);
  });

  it.each<[string, Model, () => void, RegExp]>([
    [
      "an infinite half",
      halves,
      () => put("layers.2.weight", 9, 0xfc00),
      /"layers\.2\.weight" holds infinity or NaN at element 9/,
    ],
    [
      "a half that is no number",
      halves,
      () => put("prototypes", 0, 0x7e01),
      /"prototypes" holds infinity or NaN at element 0/,
    ],
    [
      "a whole number without its opposite",
      wholeNumbers,
      () => put("layers.2.bias", 3, -128),
      /"layers\.2\.bias" holds -128 at element 3, wanted -127 to 127/,
    ],
    [
      "missing scales",
      wholeNumbers,
      () => {
        delete parts.tensors["layers.2.weight.scale"];
      },
      /"layers\.2\.weight" holds I8, but its scales "layers\.2\.weight\.scale" are missing/,
    ],
    [
      "scales of the wrong shape",
      wholeNumbers,
      () => {
        parts.tensors["layers.2.weight.scale"] = { shape: [3, 8], values: new Float32Array(24).fill(1) };
      },
      /"layers\.2\.weight\.scale" has shape \[3, 8\], wanted \[3, 32\]/,
    ],
    [
      "scales of another type",
      wholeNumbers,
      () => {
        parts.tensors["prototypes.scale"] = { shape: [3, 4], values: new Uint16Array(12).fill(0x3c00) };
      },
      /"prototypes\.scale" hold F16, wanted F32/,
    ],
    [
      "a scale of 0",
      wholeNumbers,
      () => put("layers.0.weight.scale", 5, 0),
      /"layers\.0\.weight\.scale" hold 0 at element 5, wanted more than 0/,
    ],
    [
      "a negative scale",
      wholeNumbers,
      () => put("layers.0.bias.scale", 1, -0.5),
      /"layers\.0\.bias\.scale" hold -0\.5 at element 1/,
    ],
    [
      "an infinite scale",
      wholeNumbers,
      () => put("layers.0.bias.scale", 1, Number.POSITIVE_INFINITY),
      /"layers\.0\.bias\.scale" holds Infinity at element 1/,
    ],
  ])("are refused with a reason: %s", (_, undamaged, damage, message) => {
    parts = structuredClone(weightsFileParts(undamaged, layers));
    damage();
    expect(reading()).toThrow(WeightsError);
    expect(reading()).toThrow(message);
  });

  it("are checked with their scales: any flipped bit is named", () => {
    const file = writeWeightsFile(weightsFileParts(wholeNumbers, layers));
    const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(fc.integer({ min: dataStart, max: file.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = file.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        expect(() => readWeights(damaged)).toThrow(/(layers\.\d\.(weight|bias)|prototypes)(\.scale)?" has CRC-32/);
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
