import { describe, expect, it } from "vitest";
import { nearBoundary, rotated, SPOILT_SETS, spoilt } from "../../bench/sets/image-sets.ts";
import { randomImage } from "../support/random-model.ts";

const images = [1, 2, 3, 4].map(randomImage);
const changeOf = (image: Float32Array, original: Float32Array): number =>
  Math.sqrt(image.reduce((sum, value, pixel) => sum + (value - (original[pixel] as number)) ** 2, 0));

describe.each(SPOILT_SETS)("the set %s", (name) => {
  it("is drawn from its seed, stays in 0..1 and differs from image to image", () => {
    const drawn = spoilt(name, images, 5);
    expect(drawn).toEqual(spoilt(name, images, 5));
    expect(drawn).not.toEqual(spoilt(name, images, 6));
    expect(spoilt(name, images.slice(0, 2), 5)).toEqual(drawn.slice(0, 2));
    for (const [index, image] of drawn.entries()) {
      expect(image.length).toBe(784);
      expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(changeOf(image, images[index] as Float32Array)).toBeGreaterThan(0.5);
    }
    const [one, other] = spoilt(name, [randomImage(1), randomImage(1)], 5) as [Float32Array, Float32Array];
    expect(changeOf(one, other)).toBeGreaterThan(0.1);
  });

  it("leaves the originals alone", () => {
    const copies = images.map((image) => image.slice());
    spoilt(name, images);
    expect(images).toEqual(copies);
  });
});

describe("spoilt", () => {
  it("refuses sets that do not exist", () => {
    expect(() => spoilt("haze", images)).toThrow(/"haze".*fog/);
  });

  it("strikes 8 % of the pixels, half of them white, and lets in up to three black rows", () => {
    const drawn = spoilt("shift ±3, 8 % struck", new Array<Float32Array>(200).fill(new Float32Array(784).fill(0.5)));
    // What shifts let in cannot reach the middle.
    const isInside = (pixel: number): boolean =>
      [Math.floor(pixel / 28), pixel % 28].every((place) => place >= 3 && place < 25);
    const inside = drawn.flatMap((image) => [...image].filter((_, pixel) => isInside(pixel)));
    const share = (wanted: number): number => inside.filter((value) => value === wanted).length / inside.length;
    expect(share(0)).toBeCloseTo(0.04, 2);
    expect(share(1)).toBeCloseTo(0.04, 2);
    const rowsLetIn = drawn.map(
      (image) =>
        Array.from({ length: 28 }, (_, row) => image.subarray(28 * row, 28 * row + 28)).filter(
          (row) => row.filter((value) => value === 0.5).length < 8,
        ).length,
    );
    expect([...new Set(rowsLetIn)].sort()).toEqual([0, 1, 2, 3]);
  });

  it("adds noise of deviation .3", () => {
    const [drawn] = spoilt("noise σ .3", [new Float32Array(784).fill(0.5)]) as [Float32Array];
    // Clipped to 0..1, noise of .3 around .5 keeps a deviation of about .27.
    const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / 784);
    expect(deviation).toBeGreaterThan(0.24);
    expect(deviation).toBeLessThan(0.3);
  });

  it("keeps the ink above the fog around it", () => {
    const image = new Float32Array(784);
    image[400] = 1;
    for (const drawn of spoilt("fog", new Array<Float32Array>(20).fill(image))) {
      expect(drawn[400]).toBeGreaterThan(((drawn[399] as number) + (drawn[401] as number)) / 2 + 0.3);
      expect(Math.max(...drawn.subarray(0, 380))).toBeLessThanOrEqual(0.5 + 1e-6);
    }
  });
});

describe("rotated", () => {
  it("turns by a right angle exactly", () => {
    const image = randomImage(7);
    const turned = rotated(image, Math.PI / 2);
    turned.forEach((value, pixel) => {
      const [row, column] = [Math.floor(pixel / 28), pixel % 28];
      expect(value).toBeCloseTo(image[28 * column + (27 - row)] as number, 4);
    });
    expect(changeOf(rotated(turned, -Math.PI / 2), image)).toBeLessThan(1e-3);
  });

  it("does nothing by no angle", () => {
    expect(changeOf(rotated(images[0] as Float32Array, 0), images[0] as Float32Array)).toBe(0);
  });
});

describe("nearBoundary", () => {
  const mean = (image: Float32Array): number => image.reduce((sum, value) => sum + value, 0) / 784;
  const flat = (value: number): Float32Array => new Float32Array(784).fill(value);
  const LIMIT = 0.37;
  const decide = (image: Float32Array): number => (mean(image) < LIMIT ? 0 : 1);
  const originals = [0.1, 0.2, 0.9, 0.7, 0.3, 0.6, 0.05, 0.8].map(flat);

  it("finds images within 3 % of the distance to where the label is lost, on either side", () => {
    const drawn = nearBoundary(originals, decide);
    const kept = drawn.map((image, index) => {
      const original = originals[index] as Float32Array;
      const distance = Math.abs(LIMIT - (original[0] as number));
      const travelled = Math.abs((image[0] as number) - (original[0] as number));
      // The boundary itself is found to a thousandth of a line that is at most .85 long.
      expect(Math.abs(travelled - distance)).toBeLessThan(0.03 * distance + 0.001);
      return decide(image) === decide(original);
    });
    expect(new Set(kept).size).toBe(2);
    expect(drawn.every((image) => image.every((value) => value >= 0 && value <= 1))).toBe(true);
  });

  it("is drawn from its seed", () => {
    expect(nearBoundary(originals, decide, 3)).toEqual(nearBoundary(originals, decide, 3));
    expect(nearBoundary(originals, decide, 3)).not.toEqual(nearBoundary(originals, decide, 4));
  });

  it("refuses images that all have the same label", () => {
    expect(() => nearBoundary(originals, () => 4)).toThrow(RangeError);
  });
});
