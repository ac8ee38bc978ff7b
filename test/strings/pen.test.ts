import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { penInk } from "../../src/strings/pen.ts";
import type { Point, Stroke } from "../../src/strings/signs.ts";

const line = (from: Point, to: Point): Stroke => [from, to];

describe("a pen's ink", () => {
  it("is 1 within its width, 0 beyond, and falls between on a rim of one pixel", () => {
    const inkOfRows = (y: number, pen: number): number[] => {
      const ink = penInk([line([2, y], [12, y])], pen);
      return [2, 3, 4, 5, 6, 7, 8].map((row) => ink(6, row));
    };
    expect(inkOfRows(5, 4)).toEqual([0, 1, 1, 1, 1, 0, 0]);
    expect(inkOfRows(5.5, 2)).toEqual([0, 0, 0.5, 1, 0.5, 0, 0]);
  });

  it("is as much as the stroke is long and wide, with round ends", () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const place = fc.tuple(number(15, 45), number(15, 45));
    fc.assert(
      fc.property(place, place, number(2, 12), (from, to, pen) => {
        const ink = penInk([line(from, to)], pen);
        let sum = 0;
        for (let pixel = 0; pixel < 3600; ++pixel) sum += ink(pixel % 60, Math.floor(pixel / 60));
        const expected = Math.hypot(to[0] - from[0], to[1] - from[1]) * pen + (Math.PI * pen ** 2) / 4;
        expect(Math.abs(sum - expected)).toBeLessThan(0.05 * expected + 0.5);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("is the strongest of several strokes, and none without", () => {
    expect(penInk([], 3)(4, 4)).toBe(0);
    const [one, other] = [line([1, 1], [9, 1]), line([1, 7], [9, 7])];
    const both = penInk([one, other], 3);
    for (let row = 0; row < 9; ++row) {
      expect(both(5, row)).toBe(Math.max(penInk([one], 3)(5, row), penInk([other], 3)(5, row)));
    }
  });
});
