import { beforeAll, describe, expect, it } from "vitest";
import { GradientCnn } from "../../bench/models/gradient-cnn.ts";
import type { AttackedModel } from "../../src/attacks/model.ts";
import type { Norm } from "../../src/attacks/norms.ts";
import { ATTACKS } from "../../src/attacks/registry.ts";
import { attack, attackMinimum } from "../../src/attacks/run.ts";
import type { Classifier } from "../../src/classifier.ts";
import { attackedClassifier } from "../../src/cli/attack/attacker.ts";
import { createClassifier } from "../../src/entries/node.ts";

// What attacks must find on the models that they are meant for; images are drawn by ABS, so that no data set is needed.

const DIGITS = [3, 8];
/** Those that step along gradients again and again: each alone has to find what there is on a network. */
const ALONG_GRADIENTS = ["deepfool", "ddn", "fmn", "fab", "pgd", "apgd", "carlini-wagner"];

let abs: Classifier;
let binary: Classifier;
beforeAll(async () => {
  abs = await createClassifier();
  binary = await createClassifier({ variant: "binary-abs" });
});

function drawn(digit: number): Float32Array {
  return abs.sample(digit, { seed: 1 })[0] as Float32Array;
}

describe("the plain CNN", () => {
  const cnn = new GradientCnn("bench/baselines/plain-cnn.safetensors");
  /** What the paper's attacks found on its CNN, as medians over digits of MNIST. */
  const paper: Partial<Record<Norm, number>> = { linf: 0.075, l2: 1.09 };

  it.each(Object.entries(paper) as [Norm, number][])(
    "falls to every attack along gradients, in %s",
    (norm, median) => {
      const attacks = ATTACKS.filter(({ name, norms }) => ALONG_GRADIENTS.includes(name) && norms.includes(norm)).map(
        ({ name }) => name,
      );
      expect(attacks.length).toBeGreaterThan(3);
      for (const digit of DIGITS) {
        const { nearest, results } = attackMinimum(cnn, drawn(digit), digit, { norm, attacks });
        // Single images scatter about the median.
        expect(nearest.distance).toBeLessThan(1.5 * median);
        for (const { attack: name, distance } of results) {
          expect(distance, name).toBeLessThanOrEqual(1.3 * nearest.distance);
        }
      }
    },
    300_000,
  );

  it("falls to few pixels", () => {
    for (const digit of DIGITS) {
      expect(attack("greedy-pixels", cnn, drawn(digit), digit, { norm: "l0" }).distance).toBeLessThanOrEqual(13);
    }
  });
});

describe("the model of black-and-white images", () => {
  it("falls to the attack that knows its threshold for less than to one that follows the gradient through it", () => {
    const model: AttackedModel = attackedClassifier(binary);
    for (const digit of DIGITS) {
      const image = drawn(digit);
      const adapted = attack("curve-crossing", model, image, digit, { norm: "l2" });
      const naive = attack("fmn", model, image, digit, { norm: "l2" });
      expect(adapted.success).toBe(true);
      expect(adapted.distance).toBeLessThan(naive.distance);
    }
  });
});

describe("ABS", () => {
  it("is fooled only by what fools its thorough search, too", async () => {
    const thorough = await createClassifier({ effort: "thorough" });
    const model = attackedClassifier(abs, thorough);
    for (const norm of ["linf", "l2", "l0"] as const) {
      const name = norm === "l0" ? "greedy-pixels" : "fmn";
      for (const digit of DIGITS) {
        const { success, image, label } = attack(name, model, drawn(digit), digit, { norm, budget: 400 });
        expect(success).toBe(true);
        expect(abs.classify(image as Float32Array).label).not.toBe(digit);
        expect(thorough.classify(image as Float32Array).label).toBe(label);
      }
    }
  });
});
