import { describe, expect, it } from "vitest";
import { responseLevels } from "../../src/attacks/response-levels.ts";

const NEAR = 1e-6;

describe("the levels of a response curve", () => {
  it("are two behind a threshold, at the least and the largest value on either side", () => {
    const levels = responseLevels((value) => (value >= 0.5 ? 1 : 0));
    expect(Array.from(levels.responses)).toEqual([0, 1]);
    expect(levels.lowest[1]).toBe(0.5);
    expect(levels.highest[0]).toBeLessThan(0.5);
    expect(levels.highest[0]).toBeGreaterThan(0.5 - NEAR);
    expect(levels.nearest(0.1, 0.9)).toBe(0.5);
    expect(levels.nearest(0.1, 0.4)).toBe(0.1);
  });

  it("are reached by the cheapest move on a staircase whose levels are no 32-bit numbers", () => {
    const stairs = (value: number): number => Math.round(10 * value) / 10;
    const levels = responseLevels(stairs);
    expect(levels.responses).toHaveLength(11);
    levels.responses.forEach((response, index) => {
      const [low, high] = [levels.lowest[index] as number, levels.highest[index] as number];
      expect(stairs(low)).toBeGreaterThanOrEqual(response);
      expect(stairs(high)).toBeLessThanOrEqual(response);
      expect(Math.abs(low - Math.max(0, response - 0.05))).toBeLessThan(NEAR);
      expect(Math.abs(high - Math.min(1, response + 0.05))).toBeLessThan(NEAR);
    });
  });

  it("lie close together on a slope, and nothing lies on its flat ends", () => {
    const curve = (value: number): number => Math.min(1, Math.max(0, 2 * (value - 0.5) + 0.5));
    const { responses, lowest, highest } = responseLevels(curve);
    expect(responses[0]).toBe(0);
    expect(highest[0]).toBeCloseTo(0.25, 5);
    expect(lowest.at(-1)).toBeCloseTo(0.75, 5);
  });
});
