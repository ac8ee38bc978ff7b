import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distanceBetween, NORMS } from "../../src/attacks/norms.ts";

const images = fc
  .integer({ min: 1, max: 30 })
  .chain((size) =>
    fc.tuple(
      ...[1, 2, 3].map(() => fc.float32Array({ min: 0, max: 1, noNaN: true, minLength: size, maxLength: size })),
    ),
  );

describe("distances", () => {
  it("are the largest change, the root of the squares, the sum and the count", () => {
    const one = Float32Array.of(0, 0.5, 1, 0.25);
    const other = Float32Array.of(0.75, 0.5, 0, 0.25);
    expect(NORMS.map((norm) => distanceBetween(one, other, norm))).toEqual([1, 1.25, 1.75, 2]);
  });

  it("count the smallest change in L0, and that of a zero's sign not", () => {
    expect(distanceBetween(Float32Array.of(0, 1), Float32Array.of(1e-45, 1), "l0")).toBe(1);
    expect(distanceBetween(Float32Array.of(0), Float32Array.of(-0), "l0")).toBe(0);
  });

  it("are not told of what is no image, of unequal lengths and in unknown norms", () => {
    const told =
      (...given: unknown[]) =>
      () =>
        (distanceBetween as (...all: unknown[]) => number)(...given);
    const one = Float32Array.of(0, 1);
    expect(told(one, one, "L2")).toThrow(/norm: got "L2", wanted "linf"/);
    expect(told(one, one)).toThrow(/norm: got undefined/);
    expect(told()).toThrow(TypeError);
    expect(told(undefined, one, "l2")).toThrow(/one: got undefined, wanted a list, Float32Array/);
    expect(told(one, "01", "l2")).toThrow(/other: got a string, wanted a list/);
    expect(told(one, [0, "1"], "l2")).toThrow(/other: got "1" at place 1, wanted a number/);
    expect(told(one, Float32Array.of(0), "l2")).toThrow(/other: got 1 values, wanted 2/);
    expect(told(one, [0, Number.NaN], "l2")).toThrow(/other: got NaN at place 1/);
  });

  it("are metrics", () => {
    fc.assert(
      fc.property(images, fc.constantFrom(...NORMS), ([a, b, c], norm) => {
        const [one, two, three] = [a, b, c] as [Float32Array, Float32Array, Float32Array];
        expect(distanceBetween(one, one, norm)).toBe(0);
        expect(distanceBetween(one, two, norm)).toBe(distanceBetween(two, one, norm));
        const around = distanceBetween(one, three, norm) + distanceBetween(three, two, norm);
        expect(distanceBetween(one, two, norm)).toBeLessThanOrEqual(around * (1 + 1e-12) + 1e-12);
      }),
    );
  });

  it("order as norms do", () => {
    fc.assert(
      fc.property(images, ([a, b]) => {
        const [linf, l2, l1, l0] = NORMS.map((norm) => distanceBetween(a as Float32Array, b as Float32Array, norm)) as [
          number,
          number,
          number,
          number,
        ];
        const slack = 1 + 1e-12;
        expect(linf).toBeLessThanOrEqual(l2 * slack);
        expect(l2).toBeLessThanOrEqual(l1 * slack);
        expect(l1).toBeLessThanOrEqual(l0 * slack);
        expect(l2 ** 2).toBeLessThanOrEqual(linf * l1 * slack + 1e-12);
      }),
    );
  });
});
