import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Classifier } from "../../src/classifier.ts";
import { CORRUPTION_NAMES, CORRUPTIONS, corrupted } from "../../src/corruptions/corrupt.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { Random } from "../../src/random.ts";

/** Kinds that draw nothing at random. */
const FIXED = ["scale", "brightness", "stripe", "canny-edges"];
/** Of the samples, how many keep their label at least, over all classes. Kinds left out are too hard to promise anything. */
const FLOORS: Record<string, number> = {
  "shot-noise": 0.9,
  "impulse-noise": 0.9,
  "glass-blur": 0.85,
  "motion-blur": 0.85,
  shear: 0.85,
  spatter: 0.9,
  "dotted-line": 0.9,
  zigzag: 0.9,
};

/** SHA-256, its first 16 digits, of three corruptions of `drawnDigit`. */
const PINNED: Record<string, string> = {
  "shot-noise": "d17c37babff413ca",
  "impulse-noise": "059658fe029f841c",
  "glass-blur": "b4cb6c40211405e0",
  "motion-blur": "aa17e4af17cf07b0",
  shear: "b2a165b62b08d733",
  scale: "cc7303db6e7c482a",
  rotate: "65216c335ad9089a",
  brightness: "aa5c2bcacc484af8",
  translate: "129b3a1c7db8d231",
  stripe: "4338f60198382416",
  fog: "c11bc162f05734b0",
  spatter: "5340535ded431773",
  "dotted-line": "cda0e76a27c499f6",
  zigzag: "c0871498942e2a80",
  "canny-edges": "bdc874ed0e406e66",
};

/** Digits drawn of each class: enough that a floor tells more than which of them the confidence happens to know. */
const PER_CLASS = 40;

let abs: Classifier;
let digits: Uint8Array[];
beforeAll(async () => {
  abs = await createClassifier();
  digits = abs.classes
    .flatMap((_, label) => abs.sample(label, { seed: 5, count: PER_CLASS }))
    .map((image) => Uint8Array.from(image, (value) => Math.round(255 * value)));
});

describe("the list of corruptions", () => {
  it("has the fifteen kinds of MNIST-C, each under a name of its own", () => {
    expect(CORRUPTION_NAMES).toHaveLength(15);
    expect(new Set(CORRUPTION_NAMES).size).toBe(15);
  });
});

describe.each(CORRUPTIONS.map((corruption) => [corruption.name, corruption] as const))("%s", (name, corruption) => {
  it("gives values from 0 to 1 for any image and leaves it as it was", () => {
    const random = new Random(1);
    for (const image of [
      new Float32Array(784),
      new Float32Array(784).fill(1),
      Float32Array.from({ length: 784 }, () => random.uniform()),
      Float32Array.from({ length: 784 }, () => random.below(2)),
    ]) {
      const before = image.slice();
      const result = corruption.corrupt(image, random);
      expect(result).toHaveLength(784);
      expect(result.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(image).toEqual(before);
    }
  });

  it("depends on the image, its index and the seed alone", () => {
    const image = digits[40] as Uint8Array;
    const first = corrupted(corruption, image, 3, 7);
    corrupted(corruption, digits[0] as Uint8Array, 4, 7);
    expect(corrupted(corruption, image, 3, 7)).toEqual(first);
    // Of two or four ways out some come up twice, never one alone in twelve.
    const places = Array.from({ length: 12 }, (_, index) => index);
    const isRandom = !FIXED.includes(name);
    expect(new Set(places.map((index) => corrupted(corruption, image, index, 0).join())).size > 1).toBe(isRandom);
    expect(new Set(places.map((seed) => corrupted(corruption, image, 0, seed).join())).size > 1).toBe(isRandom);
  });

  it("changes every digit by at least a stroke's worth", () => {
    const leasts = digits.map((image, index) =>
      corrupted(corruption, image, index, 0).reduce(
        (sum, value, pixel) => sum + Math.abs(value - (image[pixel] as number)) / 255,
        0,
      ),
    );
    expect(Math.min(...leasts)).toBeGreaterThan(3);
  });

  it.runIf(name in FLOORS)("leaves most digits what they are", () => {
    // A model also draws digits that hang by a thread: those that it rejects as they are say nothing of a corruption.
    const known = [...digits.entries()].filter(([index, image]) => {
      const { label, rejected } = abs.classify(image);
      return label === Math.floor(index / PER_CLASS) && !rejected;
    });
    const kept = known.filter(
      ([index, image]) => abs.label(corrupted(corruption, image, index, 0)) === Math.floor(index / PER_CLASS),
    );
    expect(known.length).toBeGreaterThan(digits.length / 2);
    expect(kept.length / known.length).toBeGreaterThanOrEqual(FLOORS[name] as number);
  });

  it("draws what it always drew", () => {
    const hash = createHash("sha256");
    for (let index = 0; index < 3; ++index) hash.update(corrupted(corruption, drawnDigit(), index, 0));
    expect(hash.digest("hex").slice(0, 16)).toBe(PINNED[name]);
  });
});

/** A digit that rests on no model: a slanting seven of full ink with grey edges. */
function drawnDigit(): Uint8Array {
  return Uint8Array.from({ length: 784 }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / 28), pixel % 28];
    const bar = column >= 7 && column <= 20 ? Math.abs(row - 6) : 9;
    const stem = row >= 6 && row <= 23 ? Math.abs(column - (23 - row / 2)) : 9;
    return Math.round(255 * Math.max(0, Math.min(1, 2 - Math.min(bar, stem))));
  });
}
