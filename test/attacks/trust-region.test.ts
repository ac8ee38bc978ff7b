import { describe, expect, it } from "vitest";
import { type BoundaryStep, nearestStep } from "../../src/attacks/boundary/trust-region.ts";
import { distanceBetween, NORMS, type Norm } from "../../src/attacks/norms.ts";
import { Random } from "../../src/random.ts";

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((sum, value, at) => sum + value * (other[at] as number), 0);
}

/** A random image near a boundary, with the original on the other side of it. */
function randomStep(norm: Norm, seed: number, pixels: number, radius: number): BoundaryStep {
  const random = new Random(seed);
  const image = Float64Array.from({ length: pixels }, () => random.uniform());
  const raw = image.map(() => random.normal());
  const normal = raw.map((value) => value / Math.sqrt(dot(raw, raw)));
  // Home lies where the margin rises.
  const home = image.map((value, at) => {
    const toward = value + 0.4 * (normal[at] as number) + 0.1 * random.normal();
    return Math.min(1, Math.max(0, toward)) - value;
  });
  return {
    norm,
    home,
    low: image.map((value) => -value),
    high: image.map((value) => 1 - value),
    normal,
    offset: -0.01,
    radius,
  };
}

function distanceLeft({ home, norm }: BoundaryStep, delta: Float64Array): number {
  return distanceBetween(Float32Array.from(home), Float32Array.from(delta), norm);
}

function isAllowed({ low, high, normal, offset, radius }: BoundaryStep, delta: Float64Array): boolean {
  return (
    Math.sqrt(dot(delta, delta)) <= radius * (1 + 1e-9) &&
    dot(normal, delta) <= offset + 1e-6 &&
    delta.every((value, at) => value >= (low[at] as number) && value <= (high[at] as number))
  );
}

describe("the step to the nearest point of a flat boundary", () => {
  it.each(NORMS)("keeps to the box, the radius and the boundary in %s", (norm) => {
    for (let seed = 0; seed < 30; ++seed) {
      const step = randomStep(norm, seed, 30, 0.1 + 0.02 * seed);
      expect(isAllowed(step, nearestStep(step)), `seed ${seed}`).toBe(true);
    }
  });

  it.each(["l2", "linf", "l1"] as const)("is beaten by no step on a fine grid of 3 pixels in %s", (norm) => {
    const CELLS = 40;
    for (let seed = 0; seed < 4; ++seed) {
      const step = randomStep(norm, seed, 3, 0.25);
      const found = distanceLeft(step, nearestStep(step));
      let least = Number.POSITIVE_INFINITY;
      const delta = new Float64Array(3);
      for (let a = 0; a <= CELLS; ++a) {
        for (let b = 0; b <= CELLS; ++b) {
          for (let c = 0; c <= CELLS; ++c) {
            [a, b, c].forEach((cell, at) => {
              const low = step.low[at] as number;
              delta[at] = low + (cell / CELLS) * ((step.high[at] as number) - low);
            });
            if (isAllowed(step, delta)) least = Math.min(least, distanceLeft(step, delta));
          }
        }
      }
      expect(found, `seed ${seed}`).toBeLessThanOrEqual(least + 1e-3);
    }
  });

  it.each(NORMS)("goes home where that is allowed in %s", (norm) => {
    const step = { ...randomStep(norm, 1, 20, 100), offset: 100 };
    expect(distanceLeft(step, nearestStep(step))).toBeLessThan(2e-3);
  });

  it.each(NORMS)("goes straight for a boundary that is out of reach in %s", (norm) => {
    const step = { ...randomStep(norm, 2, 20, 0.05), offset: -0.3 };
    const delta = nearestStep(step);
    expect(Math.sqrt(dot(delta, delta))).toBeCloseTo(0.05, 6);
    expect(dot(delta, step.normal)).toBeLessThan(-0.03);
  });
});
