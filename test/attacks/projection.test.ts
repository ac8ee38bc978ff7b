import { describe, expect, it } from "vitest";
import { distanceBetween } from "../../src/attacks/norms.ts";
import { type BallNorm, moveToHyperplane, projectOntoBall } from "../../src/attacks/projection.ts";
import { Random } from "../../src/random.ts";
import { randomImage } from "../support/small-networks.ts";

const BALL_NORMS: BallNorm[] = ["linf", "l2", "l1"];
const PIXELS = 24;
const ROUNDING = 1e-5;

function product(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, pixel) => sum + value * (other[pixel] as number), 0);
}

function inBox(image: Float32Array): boolean {
  return image.every((value) => value >= 0 && value <= 1);
}

describe.each(BALL_NORMS)("projection onto a ball in %s", (norm) => {
  const radii = { linf: [0, 0.05, 0.3], l2: [0, 0.3, 2], l1: [0, 0.5, 5] }[norm];
  const cases = radii.flatMap((radius) => [1, 2, 3, 4].map((seed) => ({ radius, seed })));

  it.each(cases)("is in the ball and the box, and stays where it is when repeated: $radius, $seed", (one) => {
    const original = randomImage(PIXELS, one.seed);
    const random = new Random(100 + one.seed);
    const image = original.map((value) => value + 0.7 * random.normal());
    const projected = projectOntoBall(original, image, one.radius, norm);
    expect(inBox(projected)).toBe(true);
    expect(distanceBetween(original, projected, norm)).toBeLessThanOrEqual(one.radius + ROUNDING);
    const again = projectOntoBall(original, projected, one.radius, norm);
    expect(distanceBetween(projected, again, "linf")).toBeLessThanOrEqual(ROUNDING);
  });

  it.each(cases)("is nearer than any image drawn from both: $radius, $seed", ({ radius, seed }) => {
    const original = randomImage(PIXELS, seed);
    const random = new Random(200 + seed);
    const image = original.map((value) => value + 0.7 * random.normal());
    const projected = projectOntoBall(original, image, radius, norm);
    // No way from the projection to another image of a convex set leads nearer.
    const nearer = (other: Float32Array): number =>
      image.reduce((sum, value, pixel) => {
        const at = projected[pixel] as number;
        return sum + (value - at) * ((other[pixel] as number) - at);
      }, 0);
    for (let trial = 0; trial < 600; ++trial) {
      const centre = trial % 2 === 0 ? projected : original;
      // A third lead towards the image, in the pixels that the projection has changed, some more and some less.
      const drawn = centre.map((value, pixel) => {
        const at = projected[pixel] as number;
        const ahead = at === original[pixel] ? 0 : (image[pixel] as number) - at;
        const change = trial % 3 === 0 ? ahead * random.uniform() : (radius + 0.01) * random.normal();
        return Math.min(Math.max(value + change, 0), 1);
      });
      const distance = distanceBetween(original, drawn, norm);
      const share = distance > radius ? radius / distance : 1;
      const inside = original.map((value, pixel) => value + share * ((drawn[pixel] as number) - value));
      expect(nearer(inside)).toBeLessThanOrEqual(ROUNDING);
    }
  });

  it("leaves an image inside as it is, and writes to neither argument", () => {
    const original = randomImage(PIXELS, 9);
    const image = original.map((value) => value * 0.999);
    const [before, after] = [original.slice(), image.slice()];
    const projected = projectOntoBall(original, image, 10, norm);
    expect(distanceBetween(projected, image, "linf")).toBeLessThan(1e-7);
    expect([original, image]).toEqual([before, after]);
  });
});

describe.each(BALL_NORMS)("the way to a hyperplane in %s", (norm) => {
  const cases = [1, 2, 3, 4, 5].flatMap((seed) => [0.2, 2, -0.5, -2].map((gain) => ({ seed, gain })));

  it.each(cases)("gains what it is to and is in the box: $seed, $gain", ({ seed, gain }) => {
    const image = randomImage(PIXELS, seed);
    const random = new Random(300 + seed);
    const normal = image.map(() => random.normal());
    const moved = moveToHyperplane(image, normal, gain, norm);
    expect(inBox(moved)).toBe(true);
    expect(product(normal, moved) - product(normal, image)).toBeCloseTo(gain, 4);
  });

  it.each(cases)("is no longer than any other way there: $seed, $gain", ({ seed, gain }) => {
    const image = randomImage(PIXELS, seed);
    const random = new Random(400 + seed);
    const normal = image.map(() => random.normal());
    const moved = moveToHyperplane(image, normal, gain, norm);
    const least = distanceBetween(image, moved, norm);
    for (let trial = 0; trial < 500; ++trial) {
      const size = 10 ** -random.below(4);
      const drawn = moved.map((value) => Math.min(Math.max(value + size * random.normal(), 0), 1));
      // On the line from the image, where the hyperplane is met; beyond the drawn image that may be outside the box.
      const share = gain / (product(normal, drawn) - product(normal, image));
      if (!(share > 0 && share <= 1)) continue;
      expect(share * distanceBetween(image, drawn, norm)).toBeGreaterThanOrEqual(least - ROUNDING);
    }
  });

  it("ends at the end of the box where it holds no such image", () => {
    const image = Float32Array.of(0.2, 0.5, 0);
    const normal = Float32Array.of(1, -2, 0);
    expect(Array.from(moveToHyperplane(image, normal, 100, norm))).toEqual([1, 0, 0]);
  });

  it("stays where it is along a normal of zeros, and without a gain", () => {
    const image = randomImage(PIXELS, 5);
    expect(moveToHyperplane(image, new Float32Array(PIXELS), 1, norm)).toEqual(image);
    expect(moveToHyperplane(image, image, 0, norm)).toEqual(image);
  });
});
