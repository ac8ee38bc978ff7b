import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GreyImage } from "../../src/image/grey.ts";
import { windowMaximum, windowMean, windowMinimum } from "../../src/image/window.ts";

const images = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc
      .array(fc.integer({ min: 0, max: 64 }), { minLength: width * height, maxLength: width * height })
      .map((values): GreyImage => ({ values: Float32Array.from(values, (value) => value / 64), width, height })),
  );
const radii = fc.integer({ min: 0, max: 12 });

/** The obvious way: look at every pixel of every window. */
function slowly({ values, width, height }: GreyImage, radius: number, combine: (window: number[]) => number): number[] {
  return Array.from(values, (_, index) => {
    const [column, row] = [index % width, Math.floor(index / width)];
    const window: number[] = [];
    for (let y = Math.max(0, row - radius); y <= Math.min(height - 1, row + radius); ++y) {
      for (let x = Math.max(0, column - radius); x <= Math.min(width - 1, column + radius); ++x) {
        window.push(values[y * width + x] as number);
      }
    }
    return combine(window);
  });
}

describe("sliding windows", () => {
  it("find the maximum and the minimum", () => {
    fc.assert(
      fc.property(images, radii, (image, radius) => {
        expect(Array.from(windowMaximum(image, radius).values)).toEqual(slowly(image, radius, (w) => Math.max(...w)));
        // Adding 0 turns the −0 of a negated zero into 0.
        const minimum = Array.from(windowMinimum(image, radius).values, (value) => value + 0);
        expect(minimum).toEqual(slowly(image, radius, (w) => Math.min(...w)));
      }),
    );
  });

  it("find the mean", () => {
    fc.assert(
      fc.property(images, radii, (image, radius) => {
        const wanted = slowly(image, radius, (w) => w.reduce((sum, value) => sum + value, 0) / w.length);
        windowMean(image, radius).values.forEach((value, index) => {
          expect(value).toBeCloseTo(wanted[index] as number, 5);
        });
      }),
    );
  });
});
