import { describe, expect, it } from "vitest";
import { Random } from "../../src/random.ts";
import { namedByBoth } from "../../src/reading/second-opinion.ts";
import type { Classification } from "../../src/results.ts";

/** What a classifier says whose classes have these probabilities. */
function classified(probabilities: number[], names = probabilities.map((_, index) => String(index))): Classification {
  const label = probabilities.indexOf(Math.max(...probabilities));
  return {
    label,
    name: names[label] as string,
    probabilities: Float64Array.from(probabilities),
    losses: Float32Array.from(probabilities, (probability) => 1 - probability),
    confidence: probabilities[label] as number,
    rejected: false,
  } as Classification;
}

/** Ten probabilities: two digits share them, the first one having this share. */
const between = (one: number, other: number, share: number): number[] =>
  Array.from({ length: 10 }, (_, digit) => (digit === one ? share : digit === other ? 1 - share : 0));

/** Ten probabilities drawn by chance, of which few are large. */
function drawn(random: Random): number[] {
  const values = Array.from({ length: 10 }, () => random.uniform() ** 12);
  const sum = values.reduce((all, one) => all + one, 0);
  return values.map((value) => value / sum);
}

const thinks = (digits: number[]): { logit: number; digits: number[] } => ({ logit: 3, digits });

describe("a piece", () => {
  it("is what the classifier says where that is sure, whatever else is thought", () => {
    for (let one = 0; one < 10; ++one) {
      for (let other = 0; other < 10; ++other) {
        if (one === other) continue;
        expect(namedByBoth(classified(between(one, other, 0.97)), thinks(between(other, one, 1))).label).toBe(one);
      }
    }
  });

  it("is what both say together where the classifier doubts", () => {
    const doubtful = classified(between(4, 9, 0.6));
    expect(namedByBoth(doubtful, thinks(between(9, 4, 0.99)))).toMatchObject({ label: 9, name: "9" });
    expect(namedByBoth(doubtful, thinks(between(9, 4, 0.4)))).toMatchObject({ label: 4, name: "4" });
  });

  it("is what the classifier says where nothing is thought", () => {
    const random = new Random(1);
    for (let draw = 0; draw < 1000; ++draw) {
      const classification = classified(drawn(random));
      expect(namedByBoth(classification, thinks(Array.from({ length: 10 }, () => 0.1))).label).toBe(
        classification.label,
      );
    }
  });

  it("has probabilities that sum to 1, the label's being the largest, and leaves the classifier's as they were", () => {
    const random = new Random(2);
    for (let draw = 0; draw < 1000; ++draw) {
      const classification = classified(drawn(random));
      const before = classification.probabilities.slice();
      const { label, name, probabilities } = namedByBoth(classification, thinks(drawn(random)));
      expect(probabilities.reduce((all, one) => all + one, 0)).toBeCloseTo(1, 12);
      expect(probabilities[label]).toBe(Math.max(...probabilities));
      expect(name).toBe(String(label));
      expect(classification.probabilities).toEqual(before);
    }
  });

  it("of classes that are no digits is what the classifier says", () => {
    const thought = thinks(between(2, 1, 1));
    const shapes = classified([0.5, 0.3, 0.2], ["circle", "square", "star"]);
    expect(namedByBoth(shapes, thought)).toBe(shapes);
    const letters = classified(between(1, 2, 0.55), [..."abcdefghij"]);
    expect(namedByBoth(letters, thought)).toBe(letters);
  });
});
