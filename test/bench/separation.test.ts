import { describe, expect, it } from "vitest";
import { calibrationError, separation } from "../../bench/measure/separation.ts";

describe("separation", () => {
  it("counts pairs, ties half", () => {
    const data = [0.9, 0.8, 0.8, 0.4];
    const junk = [0.1, 0.8, 0.95];
    const pairs = data.flatMap((d) => junk.map((j): number => (d > j ? 1 : d === j ? 0.5 : 0)));
    const { auroc, falsePositives } = separation(data, junk);
    expect(auroc).toBeCloseTo(pairs.reduce((sum, win) => sum + win, 0) / pairs.length, 12);
    expect(falsePositives).toBeCloseTo(2 / 3, 12);
  });

  it("takes the score that 95 % of the data reach", () => {
    const data = Array.from({ length: 100 }, (_, index) => index);
    expect(separation(data, [4, 5, 6]).falsePositives).toBeCloseTo(2 / 3, 12);
  });
});

describe("calibrationError", () => {
  it.each(["mass", "width"] as const)("is the gap where all confidences are the same (equal %s)", (bins) => {
    const confidences = new Array<number>(90).fill(0.8);
    const correct = confidences.map((_, index) => index % 2 === 0);
    expect(calibrationError(confidences.slice(0, 90), correct, "width")).toBeCloseTo(0.3, 12);
    expect(calibrationError(confidences, correct, bins)).toBeGreaterThan(0.29);
  });

  it("is 0 where confidence and share of right labels agree, and adds gaps of either sign", () => {
    const confidences = [...new Array<number>(10).fill(0.5), ...new Array<number>(10).fill(0.9)];
    const correct = confidences.map((confidence, index) => (confidence === 0.5 ? index % 2 === 0 : index % 10 !== 0));
    expect(calibrationError(confidences, correct, "width")).toBeCloseTo(0, 12);
    const wrong = correct.map((right, index) => (index === 0 ? false : index === 10 ? true : right));
    expect(calibrationError(confidences, wrong, "width")).toBeCloseTo(2 / 20, 12);
  });
});
