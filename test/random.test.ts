import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";

function draw<Value>(count: number, next: () => Value): Value[] {
  return Array.from({ length: count }, next);
}

/** The correlation of two lists of numbers. */
function correlation(one: readonly number[], other: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const about = (values: readonly number[]): number[] => values.map((value) => value - mean(values));
  const dot = (first: readonly number[], second: readonly number[]): number =>
    first.reduce((sum, value, at) => sum + value * (second[at] as number), 0);
  const [a, b] = [about(one), about(other)];
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("random numbers", () => {
  it("stay what they were, so that results can be repeated with a later version", () => {
    const random = new Random(1);
    expect(draw(4, () => random.seed())).toEqual([1506684997, 389392296, 138374344, 482077534]);
  });

  it("are the same for one seed and others for another", () => {
    const seeds = [0, 1, 2, 2 ** 31, 2 ** 32 - 1];
    const lists = seeds.map((seed) => {
      const [one, again] = [new Random(seed), new Random(seed)];
      const found = draw(20, () => one.uniform());
      expect(draw(20, () => again.uniform())).toEqual(found);
      return found.join();
    });
    expect(new Set(lists).size).toBe(seeds.length);
  });

  it("fill [0, 1) evenly", () => {
    const random = new Random(3);
    const counts = new Array<number>(50).fill(0);
    const values = draw(50_000, () => random.uniform());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const value of values) {
      const bin = Math.floor(value * 50);
      counts[bin] = (counts[bin] as number) + 1;
    }
    // Chi-squared with 49 degrees of freedom: mean 49, standard deviation 10.
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeGreaterThan(20);
    expect(chi).toBeLessThan(95);
  });

  it("do not depend on those before, nor on those of a neighbouring seed", () => {
    const [one, other] = [new Random(4), new Random(5)];
    const values = draw(20_000, () => one.uniform());
    const others = draw(20_000, () => other.uniform());
    // The standard deviation of a correlation of 20,000 pairs is .007.
    for (const lag of [1, 2, 3, 7]) {
      expect(Math.abs(correlation(values.slice(lag), values.slice(0, -lag)))).toBeLessThan(0.03);
    }
    expect(Math.abs(correlation(values, others))).toBeLessThan(0.03);
    const child = new Random(one.seed());
    expect(
      Math.abs(
        correlation(
          draw(20_000, () => child.uniform()),
          others,
        ),
      ),
    ).toBeLessThan(0.03);
  });

  it("are normal with mean 0 and variance 1 where asked for", () => {
    const random = new Random(6);
    const values = draw(40_000, () => random.normal());
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(3))).toBeLessThan(0.06);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
    const beyond = values.filter((value) => Math.abs(value) > 1.96).length / values.length;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(0.006);
  });

  it("below a bound are whole and reach every number", () => {
    const random = new Random(7);
    const counts = new Map<number, number>();
    for (const value of draw(7000, () => random.below(7))) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(draw(20, () => random.below(1))).toEqual(new Array(20).fill(0));
  });

  it("shuffle into every order equally often, and lose nothing", () => {
    const random = new Random(8);
    const counts = new Map<string, number>();
    for (let turn = 0; turn < 6000; ++turn) {
      const items = [1, 2, 3];
      random.shuffle(items);
      counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const items = Int32Array.from({ length: 100 }, (_, at) => at);
    random.shuffle(items);
    expect(items.slice().sort()).toEqual(Int32Array.from({ length: 100 }, (_, at) => at));
  });
});
