import { describe, expect, it } from "vitest";
import { PICTURE_KINDS } from "../../bench/sets/pictures.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { windowMean } from "../../src/image/window.ts";
import { Random, seedOf } from "../../src/random.ts";
import type { Glyph } from "../../src/strings/glyph.ts";
import { draw, drawnGlyph, largestDifference, meanDifference, through } from "./drawing.ts";

// Digits drawn of strokes into pictures of every kind; how MNIST's digits fare in them is what bench/pictures.ts prints.

const PER_KIND = 18;
/** An image differs this little in the mean from the one of the digit alone if the digit was read and nothing else. */
const READ = 0.06;
/** …but for thick ink, which stays thick. */
const READ_THICK = 0.16;
/** The least share to be read where it is not .9: digits of ten pixels are blurred. */
const LEAST: Record<string, number> = {
  "28×28 of another size or place": 0.7,
};

/** What is wanted: the digit on an empty sheet. */
function alone({ values, width, height }: Glyph): Float32Array {
  const data = new Float32Array(120 * 120);
  values.forEach((value, index) => {
    data[(25 + Math.floor(index / width)) * 120 + 35 + (index % width)] = value;
  });
  expect(height).toBeLessThan(80);
  return preprocess({ data, width: 120, height: 120 }).image;
}

describe("preprocess", () => {
  it.each(Object.entries(PICTURE_KINDS))("reads digits: %s", (name, drawn) => {
    const random = new Random(seedOf(1, name));
    let read = 0;
    for (let index = 0; index < PER_KIND; ++index) {
      const digit = drawnGlyph(index, random);
      const picture = drawn(digit, random);
      const { image, ink, box } = preprocess(picture);
      if (meanDifference(image, alone(digit)) < (name === "thick ink" ? READ_THICK : READ)) ++read;
      if (index % 15 > 0 || picture.channels > 1) continue;
      const inverted = preprocess({ ...picture, data: picture.data.map((value) => 1 - value) });
      expect(inverted.ink).not.toBe(ink);
      expect(inverted.box).toEqual(box);
      expect(largestDifference(inverted.image, image)).toBeLessThan(1e-3);
    }
    console.log(name, read / PER_KIND);
    expect(read / PER_KIND).toBeGreaterThanOrEqual(LEAST[name] ?? 0.9);
  });

  it("keeps a straight stroke from side to side that others hide in part", () => {
    for (const [width, pen] of [
      [100, 3],
      [140, 4],
      [90, 2],
    ] as const) {
      const sheet = { width, height: 120, left: 0, top: 0, size: 120 };
      const end = width / 120;
      const stem = draw({ ...sheet, pen: 0.3 * width, strokes: through([0.5 * end, 0.05], [0.5 * end, 0.95]) });
      const bar = draw({ ...sheet, pen, strokes: through([0.02, 0.6], [end - 0.02, 0.6]) });
      const data = stem.data.map((value, index) => Math.max(value, bar.data[index] as number));
      expect(preprocess({ ...stem, data }).box.width).toBeGreaterThan(0.9 * width);
    }
  });

  it("gives pens of one pixel the weight of a pen", () => {
    for (const size of [24, 28, 32]) {
      const thin = preprocess(draw({ width: 60, height: 50, left: 15, top: 8, size, pen: 1 })).image;
      const ordinary = preprocess(draw({ width: 60, height: 50, left: 15, top: 8, size, pen: 3 })).image;
      const weight = (image: Float32Array): number => image.reduce((sum, value) => sum + value, 0);
      expect(weight(thin)).toBeGreaterThan(0.6 * weight(ordinary));
    }
  });

  it("finds pens that fade out over half of a picture that the digit fills", () => {
    const random = new Random(seedOf(2, "soft pens"));
    const eight = through([0.3, 0], [0.05, 0.25], [0.55, 0.7], [0.3, 1], [0.05, 0.75], [0.55, 0.25], [0.3, 0]);
    const found = Array.from({ length: 150 }, () => {
      const [width, height] = [50 + random.below(30), 65 + random.below(30)];
      const size = height - 10;
      const left = (width - 0.6 * size) / 2;
      const ink = draw({ width, height, left, top: 5, size, pen: 5 + 2 * random.uniform(), strokes: eight });
      const soft = windowMean(windowMean({ values: Float32Array.from(ink.data), width, height }, 3), 3).values;
      const data = soft.map((value) => Math.max(0, 0.75 - 0.6 * value + 0.01 * random.normal()));
      return preprocess({ data, width, height }).found;
    });
    expect(found.filter((what) => what === "nothing").length).toBeLessThan(3);
  });

  it("finds a digit, nothing, or several", () => {
    const sheet = { width: 200, height: 100, top: 20, size: 60, pen: 7 };
    const [one, other] = [draw({ ...sheet, left: 20 }), draw({ ...sheet, left: 120 })];
    const both = one.data.map((value, index) => Math.max(value, other.data[index] as number));
    expect(preprocess(one).found).toBe("digit");
    expect(preprocess({ ...one, data: both }).found).toBe("several");
    expect(preprocess({ ...one, data: both.map(() => 0.8) }).found).toBe("nothing");
  });
});
