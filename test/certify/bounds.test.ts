import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialLowerBound } from "../../src/certify/binomial-bound.ts";
import { normalQuantile, normalShareBelow } from "../../src/certify/normal-distribution.ts";
import { type CastVotes, certifySmoothed } from "../../src/certify/smoothing.ts";

/** P(X ≥ k) for n trials of probability p, trial by trial. */
function tailByConvolution(k: number, n: number, p: number): number {
  let shares = [1];
  for (let trial = 0; trial < n; ++trial) {
    shares = Array.from(
      { length: shares.length + 1 },
      (_, successes) => (shares[successes] ?? 0) * (1 - p) + (shares[successes - 1] ?? 0) * p,
    );
  }
  return shares.slice(k).reduce((sum, share) => sum + share, 0);
}

describe("the normal distribution", () => {
  it("agrees with tabulated values", () => {
    const table: [number, number][] = [
      [0, 0.5],
      [0.6744897501960817, 0.75],
      [1.2815515655446004, 0.9],
      [1.959963984540054, 0.975],
      [3.090232306167813, 0.999],
      [-1.6448536269514722, 0.05],
    ];
    for (const [x, share] of table) {
      expect(normalShareBelow(x)).toBeCloseTo(share, 14);
      expect(normalQuantile(share)).toBeCloseTo(x, 12);
    }
  });

  it("is undone by its quantile, which never lies above", () => {
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
        const share = normalShareBelow(x);
        const found = normalQuantile(share);
        expect(normalShareBelow(found)).toBeLessThanOrEqual(share);
        // One rounding of the share, 1.2e-16, is that much divided by the density.
        expect(Math.abs(found - x)).toBeLessThan(1e-12 + 3e-16 * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2));
      }),
    );
  });
});

describe("the binomial bound", () => {
  it("agrees with tabulated Clopper–Pearson intervals", () => {
    expect(binomialLowerBound(95, 100, 0.025)).toBeCloseTo(0.88716, 4);
    expect(binomialLowerBound(1000, 1000, 0.001)).toBeCloseTo(0.001 ** 0.001, 15);
    expect(binomialLowerBound(0, 10, 0.05)).toBe(0);
    // The rule of three: no failure in n trials leaves a failure rate of up to about 3/n.
    expect(1 - binomialLowerBound(300, 300, 0.05)).toBeCloseTo(3 / 300, 3);
  });

  it("is where the tail has the asked probability, for any counts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }).chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.constant(n))),
        fc.double({ min: 1e-6, max: 0.4, noNaN: true }),
        ([k, n], alpha) => {
          const bound = binomialLowerBound(k, n, alpha);
          expect(bound).toBeLessThan(k / n + 1e-15);
          expect(tailByConvolution(k, n, bound) / alpha).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("covers the truth as often as it says", () => {
    // Exactly, over all outcomes: the chance that the bound lies above the true share is at most alpha.
    for (const [n, p, alpha] of [
      [50, 0.9, 0.05],
      [200, 0.6, 0.01],
      [500, 0.5, 0.001],
    ] as const) {
      let missed = 0;
      for (let k = 0; k <= n; ++k) {
        if (binomialLowerBound(k, n, alpha) > p) missed += tailByConvolution(k, n, p) - tailByConvolution(k + 1, n, p);
      }
      expect(missed).toBeLessThanOrEqual(alpha);
      expect(missed).toBeGreaterThan(0);
    }
  });
});

describe("a certificate for any model", () => {
  /** A model for which every copy votes for class 1 but a tenth, which vote for class 0. */
  const mostly: CastVotes = (_, samples) => [Math.floor(samples / 10), samples - Math.floor(samples / 10)];

  it("rests on the bound, and asks for two independent sets of copies", () => {
    const asked: [number, number, number][] = [];
    const found = certifySmoothed(
      (...words) => {
        asked.push(words);
        return mostly(...words);
      },
      { sigma: 2, samples: 500, alpha: 0.01, seed: 7 },
    );
    const lowerBound = binomialLowerBound(450, 500, 0.01);
    expect(found).toEqual({
      label: 1,
      abstained: false,
      lowerBound,
      radius: 2 * normalQuantile(lowerBound),
      votes: 450,
    });
    expect(asked.map(([, samples]) => samples)).toEqual([100, 500]);
    expect(asked[0]?.[2]).not.toBe(asked[1]?.[2]);
  });

  it("refuses options and votes that make no sense", () => {
    expect(() => certifySmoothed(mostly, { sigma: "1" as unknown as number })).toThrow(
      /^sigma: got "1", wanted a number/,
    );
    expect(() => certifySmoothed(1 as unknown as CastVotes)).toThrow("castVotes: got a number, wanted a function");
    expect(() => certifySmoothed(() => [1, 2])).toThrow("castVotes: got 3 votes in all, wanted 100");
    expect(() => certifySmoothed(() => [-1, 101])).toThrow(
      "castVotes: votes of class 0: got -1, wanted a whole number",
    );
    expect(() => certifySmoothed(() => undefined as unknown as number[])).toThrow(
      "castVotes: votes: got undefined, wanted a list",
    );
    expect(() => binomialLowerBound(3, 2, 0.1)).toThrow("successes: got 3, wanted a whole number from 0 to 2");
    expect(() => binomialLowerBound(1, 2, 0)).toThrow("alpha: got 0, wanted a number above 0 and below 1");
    expect(() => normalQuantile(1.1)).toThrow("share: got 1.1, wanted a number from 0 to 1");
  });
});
