import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PixelData, preprocess } from "../../src/image/preprocess.ts";
import { expectOwnError, hostileOptions } from "../support/hostile-values.ts";
import { foreign } from "../support/odd-values.ts";
import { uniformNumbers } from "../support/random-model.ts";

// Pictures of every shape and kind: what is refused is refused in our words, and all else gives an image and a box.

const KINDS = { Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array, Float64Array };
type Kind = keyof typeof KINDS;
const RANGES: Record<Kind, number> = {
  Uint8Array: 255,
  Uint8ClampedArray: 255,
  Uint16Array: 65_535,
  Float32Array: 1,
  Float64Array: 1,
};

/** What pixels may look like: nothing, noise, ink here and there, a slope, extremes. */
const PATTERNS: readonly ((next: () => number, index: number, length: number) => number)[] = [
  () => 0,
  () => 1,
  () => 0.5,
  (next) => next(),
  (next) => Number(next() < 0.1),
  (next) => Number(next() < 0.995),
  (_, index, length) => index / length,
  (_, index, length) => Number(index === Math.floor(length / 2)),
  (_, index) => Number(index % 7 < 2),
];

const side = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 45 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 28, 100, 900) },
);
const picture = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
    width: side,
    height: side,
    channels: fc.constantFrom(1, 2, 3, 4),
    says: fc.boolean(),
    pattern: fc.constantFrom(...PATTERNS),
    seed: fc.nat(),
  })
  // Most pictures are small: what is large is a line.
  .map((shape) => (shape.width * shape.height > 4000 ? { ...shape, height: 1 + (shape.height % 4) } : shape));

function pixels(kind: Kind, length: number, value: (index: number) => number): PixelData {
  const data = new KINDS[kind](length);
  for (let index = 0; index < length; ++index) data[index] = RANGES[kind] * value(index);
  return data;
}

function bytesOf({ buffer, byteOffset, byteLength }: PixelData): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function expectToFit({ image, ink, box }: ReturnType<typeof preprocess>, width: number, height: number): void {
  expect(image).toHaveLength(784);
  expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(["dark", "bright"]).toContain(ink);
  const { left, top, width: across, height: down } = box;
  const isInside = left >= 0 && top >= 0 && across >= 1 && down >= 1 && left + across <= width && top + down <= height;
  expect([isInside, ...Object.values(box).map(Number.isInteger)]).toEqual([true, true, true, true, true]);
}

describe("preprocess", () => {
  it("gives 784 numbers in [0, 1] and a box inside the picture, the same each time, whatever the pixels are", () => {
    fc.assert(
      fc.property(picture, ({ kind, width, height, channels, says, pattern, seed }) => {
        const length = width * height * channels;
        const next = uniformNumbers(seed);
        const data = pixels(kind, length, (index) => pattern(next, index, length));
        const copy = data.slice();
        const input = { data, width, height, ...(says && { channels }) };
        const found = preprocess(input);
        expectToFit(found, width, height);
        expect(bytesOf(data).equals(bytesOf(copy))).toBe(true);
        if (seed % 8 === 0) expect(preprocess(input)).toEqual(found);
      }),
      { seed: 51, numRuns: 1500 },
    );
  });

  it("refuses whatever else comes in its own words", () => {
    const right = {
      width: 4,
      height: 3,
      channels: 2,
      bytes: new Uint8Array(24),
      floats: new Float32Array(12).fill(0.5),
      outside: new Float32Array(12).fill(1.5),
      words: new Uint16Array(48),
    };
    fc.assert(
      fc.property(hostileOptions(["data", "width", "height", "channels"], right), (made) => {
        const input = made() as Parameters<typeof preprocess>[0];
        try {
          expectToFit(preprocess(input), input.width, input.height);
        } catch (error) {
          expectOwnError(error);
        }
      }),
      { seed: 52, numRuns: 6000 },
    );
  });

  it("reads each field once, and pictures of other realms", () => {
    const data = new Uint8Array(200).fill(255).fill(0, 83, 86);
    const expected = preprocess({ data, width: 20, height: 10 });
    const fields = { data: [data], width: [20], height: [10], channels: [1] };
    const fickle = Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, { get: () => values.pop() }])),
    );
    expect(preprocess(fickle as never)).toEqual(expected);
    const alien = foreign<Uint8Array>("new Uint8Array(200)");
    alien.set(data);
    expect(preprocess({ data: alien, width: 20, height: 10 })).toEqual(expected);
    class Liar extends Uint8Array {
      override get length(): number {
        return 4_000_000;
      }
    }
    expect(preprocess({ data: Liar.from(data), width: 20, height: 10 })).toEqual(expected);
    expect(() => preprocess({ data: new Liar(200), width: 2000, height: 2000 })).toThrow(
      "data: got 200 values, wanted 2000×2000 pixels of 1, 2, 3 or 4 channels",
    );
  });
});
