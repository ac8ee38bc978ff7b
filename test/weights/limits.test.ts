import { describe, expect, it } from "vitest";
import {
  DRAWN_PROTOTYPES,
  MOST_FILE_BYTES,
  MOST_MULTIPLY_ADDS_OF_ALL,
  MOST_PROTOTYPE_MULTIPLY_ADDS,
  MOST_TENSORS,
  MOST_VALUES,
} from "../../format/limits.ts";
import { decoderShape, multiplyAdds } from "../../src/weights/decoder-shape.ts";
import { WeightsError } from "../../src/weights/errors.ts";
import { readWeights } from "../../src/weights/read.ts";
import { readSafetensors } from "../../src/weights/safetensors.ts";
import { randomModel, randomRaceTables, shapes } from "../support/random-model.ts";
import { readReferenceFile, referenceDirectory } from "../support/reference.ts";
import { type WeightsFileParts, weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

type Layers = readonly Record<string, unknown>[];
const ELU = { kind: "elu" };
const small = shapes["fully connected"] as Layers;

/** A list of layers with their activations. */
function active(...weighted: Layers): Layers {
  return weighted.flatMap((layer, index) => [layer, index === weighted.length - 1 ? { kind: "sigmoid" } : ELU]);
}

const dense = (channels: number, height: number, width: number) => ({ kind: "dense", channels, height, width });
const transposed = (channels: number, kernel: number, stride: number) => ({
  kind: "transposed_convolution",
  channels,
  kernel,
  stride,
});

/** A safetensors file with any header. */
function file(header: unknown, data = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function partsOf(layers: Layers, options: { classes?: number; prototypes?: number; latents?: number } = {}) {
  return weightsFileParts(randomModel(layers, options), layers);
}

/** A file whose layers are described otherwise, with the tensors of a small model: what is refused before they are read. */
function describedAs(layers: Layers): WeightsFileParts {
  const parts = partsOf(small);
  parts.metadata["layers"] = JSON.stringify(layers);
  return parts;
}

const named = (classes: unknown): WeightsFileParts => {
  const parts = partsOf(small, { classes: 2 });
  parts.metadata["classes"] = JSON.stringify(classes);
  return parts;
};

/** A tensor that takes a byte per number and no memory to write down. */
const zeros = (...shape: number[]) => ({
  shape,
  values: new Int8Array(shape.reduce((product, one) => product * one, 1)),
});

/** As wide as a decoder may be: one more channel in the middle is too much. */
const widest = (channels: number): Layers =>
  active(dense(8, 7, 7), transposed(channels, 2, 2), transposed(8, 2, 2), transposed(1, 1, 1));

describe("a weights file", () => {
  it("may take 64 MiB, and its header one", () => {
    expect(() => readSafetensors(new Uint8Array(MOST_FILE_BYTES + 1))).toThrow(
      "weights file: got 67108865 bytes, wanted at most 67108864",
    );
    const header = JSON.stringify({ __metadata__: { note: "" } });
    const padded = (size: number): string => header.replace('""', `"${"x".repeat(size - header.length)}"`);
    expect(readSafetensors(file(padded(2 ** 20))).tensors.size).toBe(0);
    expect(() => readSafetensors(file(padded(2 ** 20 + 1)))).toThrow("a header of 1048577 bytes, wanted 2 to 1048576");
  });

  it("is not believed when it announces more than it has", () => {
    const claims = file({});
    for (const length of [3n, 2n ** 20n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      new DataView(claims.buffer).setBigUint64(0, length, true);
      expect(() => readSafetensors(claims)).toThrow(WeightsError);
    }
    for (const shape of [
      [2 ** 53 - 1],
      [2 ** 40, 2 ** 40],
      [2 ** 30, 2 ** 30, 2 ** 30, 0],
      new Array(9999).fill(1e9),
    ]) {
      const tensor = { dtype: "F32", shape, data_offsets: [0, 4] };
      expect(() => readSafetensors(file({ tensor }, 4))).toThrow(
        /tensor "tensor" of shape \[.*\].* takes .* bytes, the header gives it 4/,
      );
    }
    const far = { dtype: "U8", shape: [2 ** 52], data_offsets: [2, 2 ** 52 + 2] };
    expect(() => readSafetensors(file({ far }, 4))).toThrow(
      'tensor "far" ends at byte 4503599627370498 of the data, the file has 4',
    );
  });

  it.each<[string, string | object, RegExp]>([
    [
      "a tensor twice",
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}',
      /its header has the name "a" twice/,
    ],
    ["metadata twice", '{"__metadata__":{"format":"a","format":"b"}}', /its header has the name "format" twice/],
    ["many levels", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /its header is JSON of more than 16 levels/],
    ["unfinished levels", `{"a":${"[".repeat(500_000)}`, /more than 16 levels/],
    ["an unfinished string", '{"a', /its header is not JSON/],
    ["a list", "[]", /its header is not an object/],
    [
      "overlapping tensors",
      { a: { dtype: "U8", shape: [4], data_offsets: [0, 4] }, b: { dtype: "U8", shape: [2], data_offsets: [2, 4] } },
      /tensor "b" starts at byte 2, wanted 4/,
    ],
    [
      "offsets that run backwards",
      { a: { dtype: "U8", shape: [4], data_offsets: [4, 0] } },
      /takes 4 bytes, the header gives it -4/,
    ],
    [
      "an element type of Object.prototype",
      { a: { dtype: "constructor", shape: [4], data_offsets: [0, 4] } },
      /has the unknown element type "constructor"/,
    ],
    ["a fraction in a shape", { a: { dtype: "U8", shape: [0.5], data_offsets: [0, 4] } }, /no valid shape/],
    [
      "a name that would clear a terminal",
      { "\u001b[2J": { dtype: "U8", shape: [3], data_offsets: [0, 4] } },
      /tensor "\\u001b\[2J" of shape \[3\]/,
    ],
  ])("is refused for %s", (_, header, message) => {
    expect(() => readSafetensors(file(header, 4))).toThrow(WeightsError);
    expect(() => readSafetensors(file(header, 4))).toThrow(message);
  });

  it("may hold 4,096 tensors", () => {
    const tensors = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`t${index}`, { dtype: "U8", shape: [0], data_offsets: [0, 0] }]),
      );
    expect(readSafetensors(file(tensors(MOST_TENSORS))).tensors.size).toBe(MOST_TENSORS);
    expect(() => readSafetensors(file(tensors(MOST_TENSORS + 1)))).toThrow("got 4097 tensors, wanted at most 4096");
  });

  it("may hold 8 million numbers", () => {
    const parts = partsOf(small);
    parts.tensors["spare"] = zeros(MOST_VALUES);
    expect(() => readWeights(writeWeightsFile(parts))).toThrow(
      /got 8\d{6} numbers in all tensors, wanted at most 8000000/,
    );
  });
});

describe("a decoder", () => {
  it("may have 16 layers with weights", () => {
    const deep = (count: number): Layers =>
      active(dense(1, 28, 28), ...Array.from({ length: count - 1 }, () => transposed(1, 1, 1)));
    expect(decoderShape(deep(16), 8)).toHaveLength(16);
    expect(() => decoderShape(deep(17), 8)).toThrow("got 34 layers, wanted at most 32, half of them activations");
    expect(() => readWeights(writeWeightsFile(describedAs(deep(40))))).toThrow("got 80 layers");
  });

  it("counts its multiply-adds by whole blocks of eight channels", () => {
    // 8 inputs × 16 outputs × 16 taps; 16 × 8 × 5 × 16 pixels; and a pixel-shuffle layer's 36 taps.
    expect(multiplyAdds(decoderShape(active(transposed(9, 4, 1), transposed(1, 25, 1)), 3))).toBe(
      8 * 16 * 16 + 16 * 8 * 625 * 16,
    );
    const shuffled = active(dense(5, 14, 14), {
      kind: "pixel_shuffle_convolution",
      channels: 1,
      kernel: 3,
      upscale: 2,
    });
    expect(multiplyAdds(decoderShape(shuffled, 2))).toBe(8 * 8 * 196 + 8 * 8 * 36 * 196);
  });

  it("may take 16 million of them", () => {
    const wide = (channels: number): Layers =>
      active(dense(64, 14, 14), transposed(channels, 2, 2), transposed(1, 1, 1));
    expect(multiplyAdds(decoderShape(wide(280), 8))).toBe(100_352 + 280 * 56_448);
    expect(() => decoderShape(wide(288), 8)).toThrow(
      "decoding takes 16357376 multiply-adds per class, wanted at most 16000000",
    );
  });

  it("may take 150 million for all classes together", () => {
    const layers = widest(64);
    const classes = Math.floor(MOST_MULTIPLY_ADDS_OF_ALL / multiplyAdds(decoderShape(widest(1024), 8))) + 1;
    const wide = partsOf(layers, { classes, prototypes: 1 });
    expect(readWeights(writeWeightsFile(wide)).classes).toHaveLength(classes);
    wide.metadata["layers"] = JSON.stringify(widest(1024));
    expect(() => readWeights(writeWeightsFile(wide))).toThrow(
      new RegExp(`decoding takes \\d+ multiply-adds for ${classes} classes, wanted at most 150000000`),
    );
  });
});

describe("a model", () => {
  it.each<[string, unknown, RegExp]>([
    ["a long name", ["0", "x".repeat(101)], /has the name "x{60}…" \(101 characters\), wanted at most 100 characters/],
    [
      "a name that a terminal acts upon",
      ["0", "\u001b]0;owned\u0007"],
      /has the name "\\u001b\]0;owned\\u0007", wanted .* no control characters/,
    ],
    ["half a character", ["0", "\ud800"], /has the name "\\ud800"/],
    [
      "a thousand classes",
      Array.from({ length: 1000 }, (_, index) => `c${index}`),
      /"classes" is \["c0", .*\] \(1000 items\), wanted 2 to 64/,
    ],
  ])("may not have %s", (_, classes, message) => {
    expect(() => readWeights(writeWeightsFile(named(classes)))).toThrow(message);
  });

  it("may have names of 100 characters, however many units each takes", () => {
    expect(readWeights(writeWeightsFile(named(["🖋".repeat(100), "é"]))).classes).toEqual(["🖋".repeat(100), "é"]);
  });

  it("may have 4,096 prototypes per class and 20,000 in all", () => {
    const parts = partsOf(small, { latents: 2, classes: 2, prototypes: 4096 });
    expect(readWeights(writeWeightsFile(parts)).prototypes?.count).toBe(4096);
    parts.tensors["prototypes"] = zeros(2, 4097, 2);
    expect(() => readWeights(writeWeightsFile(parts))).toThrow(
      "got 4097 prototypes for each of 2 classes, wanted at most 4096 per class and 20000 in all",
    );
    const many = partsOf(small, { latents: 2, classes: 10, prototypes: 1 });
    many.tensors["prototypes"] = zeros(10, 2001, 2);
    expect(() => readWeights(writeWeightsFile(many))).toThrow("got 2001 prototypes for each of 10 classes");
  });

  it("may take 15 billion multiply-adds to decode its prototypes, unless it brings tables for the race", () => {
    const layers = shapes["the paper's"] as Layers;
    const classes =
      1 + Math.floor(MOST_PROTOTYPE_MULTIPLY_ADDS / DRAWN_PROTOTYPES / multiplyAdds(decoderShape(layers, 8)));
    const model = randomModel(layers, { classes });
    const without = weightsFileParts(model, layers);
    expect(() => readWeights(writeWeightsFile(without))).toThrow(
      /decoding 300 prototypes per class takes 15\d{9} multiply-adds, wanted at most 15000000000; fewer prototypes or tables/,
    );
    const some = weightsFileParts(randomModel(layers, { classes, prototypes: 280 }), layers);
    expect(readWeights(writeWeightsFile(some)).prototypes?.count).toBe(280);
    const raced = weightsFileParts({ ...model, race: randomRaceTables(model) }, layers);
    expect(readWeights(writeWeightsFile(raced)).race?.candidates).toBe(3);
  });

  it("may have numbers of latents in decimal digits only", () => {
    for (const latents of ["0x8", " 8", "8e0", "8.0", "", "9".repeat(400)]) {
      const parts = partsOf(small);
      parts.metadata["latents"] = latents;
      expect(() => readWeights(writeWeightsFile(parts))).toThrow(/latents is ".*, wanted a whole number from 2 to 32/);
    }
  });

  it("of the next format is named on one short line", () => {
    const parts = partsOf(small);
    parts.metadata["format_version"] = "3".repeat(19_000);
    expect(() => readWeights(writeWeightsFile(parts))).toThrow(
      `weights file: its format_version is "${"3".repeat(60)}…" (19000 characters), this release reads "1", "2", "3"`,
    );
  });
});

describe.skipIf(referenceDirectory === undefined)("the published weights", () => {
  it("stay within half of every limit", () => {
    const published = readWeights(readReferenceFile("original-abs.safetensors"));
    const work = published.classes.length * multiplyAdds(published.layers);
    expect(work).toBeLessThan(MOST_MULTIPLY_ADDS_OF_ALL / 2);
    expect(DRAWN_PROTOTYPES * work).toBeLessThan(MOST_PROTOTYPE_MULTIPLY_ADDS / 2);
  });
});
