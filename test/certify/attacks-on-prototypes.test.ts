import { describe, expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { attackMinimum, attacksFor } from "../../src/attacks/run.ts";
import { RADIUS_NORMS } from "../../src/certify/half-space.ts";
import { PrototypeClassifier, type Prototypes } from "../../src/certify/prototype-classifier.ts";
import { Random } from "../../src/random.ts";

const PIXELS = 36;
const CLASSES = 3;
const PROTOTYPES_PER_CLASS = 4;
const IMAGES = 6;

/** Prototypes of a few classes, and images not far from them. */
function drawn(random: Random): { prototypes: Prototypes; images: Float32Array[] } {
  const labels = Array.from({ length: CLASSES * PROTOTYPES_PER_CLASS }, (_, index) => index % CLASSES);
  const images = labels.map(() => Float32Array.from({ length: PIXELS }, () => random.uniform()));
  const penalties = labels.map(() => random.uniform() / 4);
  const near = images
    .slice(0, IMAGES)
    .map((image) => image.map((value) => Math.min(1, Math.max(0, value + 0.15 * random.normal()))));
  return { prototypes: { labels, images, penalties }, images: near };
}

/** The classifier as attacks see it: the loss of a class is that of its best prototype. */
function attacked({ labels, images, penalties }: Prototypes): AttackedModel {
  const classifier = new PrototypeClassifier({ labels, images, penalties });
  const best = (image: Float32Array) => {
    const found = Array.from({ length: CLASSES }, () => ({ loss: Number.POSITIVE_INFINITY, prototype: 0 }));
    labels.forEach((label, index) => {
      const prototype = images[index] as Float32Array;
      const error = prototype.reduce((sum, value, at) => sum + (value - (image[at] as number)) ** 2, 0);
      const loss = error + (penalties[index] as number);
      if (loss < (found[label]?.loss as number)) found[label] = { loss, prototype: index };
    });
    return found;
  };
  return {
    classify: (image) => ({ label: classifier.classify(image) }),
    lossAndGradient: (image) => {
      const found = best(image);
      return {
        losses: found.map(({ loss }) => loss),
        gradients: found.map(({ prototype }) =>
          image.map((value, at) => 2 * (value - ((images[prototype] as Float32Array)[at] as number))),
        ),
      };
    },
    explain: (image) => {
      const found = best(image);
      return {
        losses: found.map(({ loss }) => loss),
        classes: found.map(({ prototype }) => ({ reconstruction: images[prototype] as Float32Array })),
      };
    },
  };
}

describe.each(RADIUS_NORMS)("the rigorous radius in %s", (norm) => {
  const { prototypes, images } = drawn(new Random(7));
  const model = attacked(prototypes);
  const classifier = new PrototypeClassifier(prototypes);

  it("holds against every attack there is, and is not much less than what they find", () => {
    const attacks = attacksFor(model, norm);
    expect(attacks.length).toBeGreaterThan(4);
    for (const image of images) {
      const label = classifier.classify(image);
      const { certified, attained } = classifier.radius(image, norm);
      const { nearest, results } = attackMinimum(model, image, label, { norm, attacks });
      for (const { attack, distance } of results) {
        // The image found is stored in 32 bits.
        expect(distance, attack).toBeGreaterThanOrEqual(certified * (1 - 1e-5));
      }
      expect(certified).toBeGreaterThan(0);
      expect(nearest.distance).toBeLessThanOrEqual(norm === "l0" ? attained + 1 : 1.05 * attained);
    }
  });
});
