import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialLowerBound } from "../../src/certify/binomial-bound.ts";
import { normalQuantile, normalShareBelow } from "../../src/certify/normal-distribution.ts";

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
