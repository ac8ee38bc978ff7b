import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PrototypeClassifier } from "../../src/certify/prototype-classifier.ts";
import { createClassifier } from "../../src/entries/node.ts";

const module = readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
const abs = await createClassifier({ module });
const digits = abs.classes.map((_, label) => abs.sample(label, { seed: 5 })[0] as Float32Array);
const digit = (label: number): Float32Array => digits[label] as Float32Array;

describe("certify", () => {
  it("gives the same certificate for the same seed, another for another, and leaves nothing behind", () => {
    const before = abs.classify(digit(3));
    const first = abs.certify(digit(3), { samples: 200 });
    expect(abs.certify(digit(3), { samples: 200 })).toEqual(first);
    expect(abs.certify(digit(3), { samples: 200, seed: 1, sigma: 0.8 })).not.toEqual(first);
    expect(abs.classify(digit(3))).toEqual(before);
    expect(abs.label(digit(3))).toBe(before.label);
  });

  it.each(["surrogates", "label"] as const)("is not vacuous on digits and abstains on noise (%s)", (base) => {
    const certificates = digits.map((image) => abs.certify(image, { base, samples: 300, sigma: 0.25 }));
    const certified = certificates.filter(({ abstained, label }, index) => !abstained && label === index);
    expect(certified.length).toBeGreaterThanOrEqual(8);
    const mean = certified.reduce((sum, { radius }) => sum + radius, 0) / certified.length;
    // With 300 copies no radius can be larger than σ Φ⁻¹(.001^(1/300)) = .5.
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeLessThan(0.5001);
    for (const { abstained, radius, lowerBound, votes } of certificates) {
      expect(abstained).toBe(lowerBound <= 0.5);
      expect(radius > 0).toBe(!abstained);
      expect(lowerBound).toBeLessThanOrEqual(votes / 300);
    }
  });

  it("bounds the smoothed label: far inside the radius it stays, in every direction tried", () => {
    const image = digit(6);
    const { label, radius } = abs.certify(image, { sigma: 0.5, samples: 2000 });
    expect(radius).toBeGreaterThan(0.1);
    for (const other of [0, 2, 5, 8]) {
      // Straight towards another digit, the shortest way out that is known without an attack.
      const change = digit(other).map((value, pixel) => value - (image[pixel] as number));
      const length = Math.hypot(...change);
      const moved = image.map((value, pixel) => value + ((change[pixel] as number) * 0.9 * radius) / length);
      // The true share of copies is above one half there; 1000 copies show it but for less than one in a thousand draws.
      const { label: found, votes } = abs.certify(moved, { sigma: 0.5, samples: 1000, seed: 9 });
      expect(found).toBe(label);
      expect(votes).toBeGreaterThan(450);
    }
  });

  it("refuses what makes no sense", () => {
    const image = digit(1);
    expect(() => abs.certify(image, { sigma: 0 })).toThrow("sigma: got 0, wanted a number above 0 and at most 10");
    expect(() => abs.certify(image, { samples: 1.5 })).toThrow(/^samples: got 1.5/);
    expect(() => abs.certify(image, { alpha: 1 })).toThrow(/^alpha: got 1/);
    expect(() => abs.certify(image, { seed: -1 })).toThrow(/^seed: got -1/);
    expect(() => abs.certify(image, { base: "race" as "label" })).toThrow(
      'base: got "race", wanted "surrogates" or "label"',
    );
    expect(() => abs.certify(image, { sigam: 1 } as object)).toThrow(
      'options: got the unknown "sigam"; did you mean "sigma"?',
    );
    expect(() => abs.certify(new Float32Array(3))).toThrow(RangeError);
    expect(abs.certify(image, { samples: 1 }).abstained).toBe(true);
  });
});

describe("the shipped prototypes", () => {
  const classifier = new PrototypeClassifier(abs.prototypes());

  it("label much of what their own models draw, with radii that are not vacuous and that no straight way undercuts", () => {
    let sum = 0;
    let right = 0;
    const drawn = abs.classes.flatMap((_, label) => abs.sample(label, { seed: 6, count: 2 }));
    for (const [index, image] of drawn.entries()) {
      const label = Math.floor(index / 2);
      if (classifier.classify(image) !== label) continue;
      ++right;
      const { certified, attained, adversarial } = classifier.radius(image, "l2");
      expect(certified).toBeLessThanOrEqual(attained + 1e-9);
      expect(attained - certified).toBeLessThan(1e-3);
      sum += certified;
      const before = adversarial.map(
        (value, pixel) => (image[pixel] as number) + 0.999 * (value - (image[pixel] as number)),
      );
      expect(classifier.classify(before)).toBe(label);
    }
    expect(right).toBeGreaterThanOrEqual(5);
    expect(sum / right).toBeGreaterThan(0.3);
  });
});
