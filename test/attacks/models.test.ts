import { beforeAll, describe, expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { attack } from "../../src/attacks/run.ts";
import type { Classifier } from "../../src/classifier.ts";
import { attackedClassifier } from "../../src/cli/attack/attacker.ts";
import { createClassifier } from "../../src/entries/node.ts";

// What attacks must find on ABS; images are drawn by ABS, so that no data set is needed.

const DIGITS = [3, 8];

let abs: Classifier;
let binary: Classifier;
beforeAll(async () => {
  abs = await createClassifier();
  binary = await createClassifier({ variant: "binary-abs" });
});

function drawn(digit: number): Float32Array {
  return abs.sample(digit, { seed: 1 })[0] as Float32Array;
}

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
