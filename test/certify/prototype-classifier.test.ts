import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distanceIn, RADIUS_NORMS, type RadiusNorm } from "../../src/certify/half-space.ts";
import { PrototypeClassifier, type Prototypes } from "../../src/certify/prototype-classifier.ts";
import { Random } from "../../src/random.ts";

/** Values on a grid, so that no two prototypes differ by less than rounding can tell. */
const unit = fc.integer({ min: 0, max: 32 }).map((step) => step / 32);

/** Classifiers of a few prototypes of a few pixels, with an image. */
const cases = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 8 })).chain(([pixels, count]) =>
  fc.record({
    image: fc.array(unit, { minLength: pixels, maxLength: pixels }),
    images: fc.uniqueArray(fc.array(unit, { minLength: pixels, maxLength: pixels }), {
      minLength: count,
      maxLength: count,
      selector: (image) => image.join(),
    }),
    penalties: fc.array(
      fc.integer({ min: 0, max: 12 }).map((step) => step / 64),
      { minLength: count, maxLength: count },
    ),
    labels: fc.constant(Array.from({ length: count }, (_, index) => index % 2)),
    directions: fc.array(
      fc.array(
        fc.integer({ min: -8, max: 8 }).map((step) => step / 8),
        { minLength: pixels, maxLength: pixels },
      ),
      {
        minLength: 40,
        maxLength: 40,
      },
    ),
  }),
);

/** The image moved along a direction to a distance in a norm, or as far as the box allows. */
function moved(image: number[], direction: number[], norm: RadiusNorm, distance: number): number[] {
  if (norm === "l0") {
    const order = direction
      .map((_, pixel) => pixel)
      .sort((a, b) => Math.abs(direction[b] ?? 0) - Math.abs(direction[a] ?? 0));
    const chosen = new Set(order.slice(0, Math.max(0, Math.ceil(distance) - 1)));
    return image.map((value, pixel) => (chosen.has(pixel) ? Math.abs(direction[pixel] ?? 0) : value));
  }
  const length =
    norm === "l2" ? Math.hypot(...direction) : direction.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return image.map((value, pixel) =>
    Math.min(1, Math.max(0, value + ((direction[pixel] ?? 0) / (length || 1)) * distance)),
  );
}

/** By how much the label's best prototype has a lower loss than the best of all others: at most 0 on a rival's side. */
function lead({ images, penalties, labels }: Prototypes, label: number, image: ArrayLike<number>): number {
  const losses = images.map((prototype, index) =>
    Array.from(prototype).reduce(
      (sum, value, at) => sum + (value - (image[at] as number)) ** 2,
      penalties[index] as number,
    ),
  );
  const lowest = (own: boolean): number => Math.min(...losses.filter((_, index) => (labels[index] === label) === own));
  return lowest(false) - lowest(true);
}

describe("radii of the prototype classifier", () => {
  it.each(RADIUS_NORMS)(
    "no change inside the radius alters the label, and one at the attained distance does (%s)",
    (norm) => {
      fc.assert(
        fc.property(cases, ({ image, directions, ...prototypes }) => {
          const classifier = new PrototypeClassifier(prototypes as Prototypes);
          const label = classifier.classify(image);
          const { certified, attained, adversarial } = classifier.radius(image, norm);
          expect(certified).toBeLessThanOrEqual(attained + 1e-12);
          for (const direction of directions) {
            const inside = moved(image, direction, norm, Math.min(certified, 4) * 0.9999);
            expect(distanceIn(norm, Float64Array.from(image), Float64Array.from(inside))).toBeLessThanOrEqual(
              certified,
            );
            if (certified > 1e-9) expect(classifier.classify(inside)).toBe(label);
          }
          if (attained === Number.POSITIVE_INFINITY) return;
          expect(adversarial.every((value) => value >= 0 && value <= 1)).toBe(true);
          expect(distanceIn(norm, Float64Array.from(image), adversarial)).toBeCloseTo(attained, 10);
          expect(lead(prototypes as Prototypes, label, adversarial)).toBeLessThan(1e-8);
        }),
        { numRuns: 400 },
      );
    },
  );

  it("is exact in L2 where one half-space decides", () => {
    const classifier = new PrototypeClassifier({
      labels: [0, 1],
      images: [
        [0, 0.5],
        [1, 0.5],
      ],
      penalties: [0, 0],
    });
    for (const norm of ["l2", "linf"] as const) {
      const { certified, attained } = classifier.radius([0.2, 0.5], norm);
      expect(certified).toBeCloseTo(0.3, 12);
      expect(attained).toBeCloseTo(0.3, 12);
    }
    expect(classifier.radius([0.2, 0.5], "l0").certified).toBe(1);
  });

  it("is exact in L2 and nearly so in L∞ where several half-spaces meet, and tells how nearly", () => {
    const gaps: Record<"l2" | "linf", number[]> = { l2: [], linf: [] };
    fc.assert(
      fc.property(cases, ({ image, directions: _, ...prototypes }) => {
        const classifier = new PrototypeClassifier(prototypes as Prototypes);
        for (const norm of ["l2", "linf"] as const) {
          const { certified, attained } = classifier.radius(image, norm);
          if (Number.isFinite(attained)) gaps[norm].push(attained - certified);
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    const share = (values: number[]): number => values.filter((gap) => gap < 1e-6).length / values.length;
    expect(share(gaps.l2)).toBeGreaterThan(0.9);
    expect(share(gaps.linf)).toBeGreaterThan(0.7);
  });

  it("is exact in L2 where pixels are saturated and some differ by next to nothing", () => {
    const random = new Random(4);
    // As sigmoids draw: ink near 1, and a background of 10⁻³ down to 10⁻³⁰.
    const pixel = (): number =>
      random.uniform() < 0.4 ? 1 - 10 ** (-8 * random.uniform()) : 10 ** (-3 - 27 * random.uniform());
    const drawn = (): number[] => Array.from({ length: 40 }, pixel);
    let reached = 0;
    for (let round = 0; round < 60; ++round) {
      const images = Array.from({ length: 18 }, drawn);
      const classifier = new PrototypeClassifier({
        labels: images.map((_, index) => index % 3),
        images,
        penalties: images.map(() => 3 * random.uniform()),
      });
      const share = random.uniform();
      const image = drawn().map((value, at) => share * value + (1 - share) * (images[0]?.[at] as number));
      const { certified, attained } = classifier.radius(image, "l2");
      if (!Number.isFinite(attained)) continue;
      ++reached;
      expect(attained - certified).toBeLessThan(1e-6);
    }
    expect(reached).toBeGreaterThan(50);
  });

  it("refuses what is no set of prototypes, no image and no norm", () => {
    const make = (labels: unknown, images: unknown, penalties: unknown): PrototypeClassifier =>
      new PrototypeClassifier({ labels, images, penalties } as Prototypes);
    expect(() => make([0], [[1]], [0])).toThrow(RangeError);
    expect(() => make([0, 1], [[1]], [0])).toThrow("prototypes.labels: got 2 values, wanted 1");
    expect(() => make([0, 1], [[1], [1, 0]], [0, 0])).toThrow("prototypes.images[1]: got 2 values, wanted 1");
    expect(() => make([0, 1.5], [[1], [0]], [0, 0])).toThrow("prototypes.labels: got 1.5, wanted a whole number");
    expect(() => make([0, 1], [[1], [2]], [0, 0])).toThrow(
      "prototypes.images[1]: got 2 at place 0, wanted a number from 0 to 1",
    );
    expect(() => make([0, 1], [[1], [0]], [0, Number.NaN])).toThrow("prototypes.penalties: got NaN at place 1");
    expect(() => make([0, 1], "images", [0, 0])).toThrow("prototypes.images: got a string, wanted a list of images");
    const classifier = make([0, 1], [[1], [0]], [0, 0]);
    expect(() => classifier.classify([1, 2])).toThrow("image: got 2 values, wanted 1");
    expect(() => classifier.radius([Number.NaN], "l2")).toThrow("image: got NaN at place 0");
    expect(() => classifier.radius([1], "l1" as "l2")).toThrow('norm: got "l1", wanted "l2" or "linf" or "l0"');
  });
});
