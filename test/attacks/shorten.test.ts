import { describe, expect, it } from "vitest";
import { AttackedImage } from "../../src/attacks/attacked-image.ts";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { NORMS } from "../../src/attacks/norms.ts";
import { shorten } from "../../src/attacks/shorten.ts";

/** Says 1 where the first pixel is beyond a half; nothing else matters. */
const firstPixel: AttackedModel = { classify: (image) => ({ label: (image[0] as number) > 0.5 ? 1 : 0 }) };

function attacked(model: AttackedModel, norm: (typeof NORMS)[number], found: Float32Array): AttackedImage {
  const target = new AttackedImage(model, new Float32Array(found.length).fill(0.25), 0, { norm, seed: 0 });
  target.isAdversarial(found);
  return target;
}

describe("shortening a success", () => {
  const noisy = Float32Array.from({ length: 20 }, (_, pixel) => (pixel === 0 ? 1 : 0.25 + 0.03 * (pixel % 5)));

  it("leaves only what the model's label rests on", () => {
    const target = attacked(firstPixel, "l0", noisy);
    shorten(target);
    expect(target.bestDistance).toBe(1);
    expect(target.best?.image[0]).toBe(1);
  });

  it.each(["l2", "l1"] as const)("ends at the boundary in %s, at the nearest point", (norm) => {
    const target = attacked(firstPixel, norm, noisy);
    shorten(target);
    expect(target.bestDistance).toBeGreaterThan(0.25);
    expect(target.bestDistance).toBeLessThan(0.251);
  });

  it("goes along the line to the original in L∞", () => {
    const target = attacked(firstPixel, "linf", noisy);
    shorten(target);
    expect(target.bestDistance).toBeGreaterThan(0.25);
    expect(target.bestDistance).toBeLessThan(0.251);
  });

  it.each(NORMS)("keeps a success a success where the model is not monotone in %s", (norm) => {
    // A stripe between two planes: halving can jump across it.
    const stripes: AttackedModel = {
      classify: (image) => ({ label: Math.floor(7 * ((image[0] as number) + (image[1] as number))) % 2 }),
    };
    const original = Float32Array.of(0, 0, 0, 0);
    const target = new AttackedImage(stripes, original, 0, { norm, seed: 0 });
    target.isAdversarial(Float32Array.of(1, 0.9, 0.8, 0.3));
    const before = target.bestDistance;
    shorten(target);
    expect(target.bestDistance).toBeLessThanOrEqual(before);
    expect(stripes.classify(target.best?.image as Float32Array).label).toBe(1);
    expect(target.bestDistance).toBe(target.distanceOf(target.best?.image as Float32Array));
  });

  it.each(NORMS)("keeps to the decision that counts in %s", (norm) => {
    const target = attacked(
      { ...firstPixel, confirm: (image) => ({ label: (image[0] as number) > 0.75 ? 1 : 0 }) },
      norm,
      noisy,
    );
    shorten(target);
    expect(target.best?.image[0]).toBeGreaterThan(0.75);
  });

  it("asks nothing where there is no success", () => {
    const target = attacked(firstPixel, "l2", new Float32Array(20));
    const before = target.queries;
    shorten(target);
    expect(target.queries).toBe(before);
    expect(target.best).toBeUndefined();
  });
});
