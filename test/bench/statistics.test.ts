import { describe, expect, it } from "vitest";
import { mean, quantile, spread } from "../../bench/measure/statistics.ts";

describe("quantile", () => {
  it("interpolates between neighbours of unsorted values", () => {
    expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
    expect(quantile([40, 10, 30, 20], 0)).toBe(10);
    expect(quantile([40, 10, 30, 20], 1)).toBe(40);
    expect(quantile([40, 10, 30, 20], 0.25)).toBeCloseTo(17.5, 12);
  });

  it("sorts as numbers and leaves the values as they were", () => {
    const values = [9, 100, 11];
    expect(quantile(values, 0.5)).toBe(11);
    expect(values).toEqual([9, 100, 11]);
  });

  it("refuses no values", () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe("spread", () => {
  it("gives median and quartiles", () => {
    expect(spread([1, 2, 3, 4, 5])).toEqual({ median: 3, low: 2, high: 4 });
  });
});

describe("mean", () => {
  it("is the sum over the count, of typed arrays as well", () => {
    expect(mean(Float32Array.of(1, 2, 6))).toBe(3);
  });
});
