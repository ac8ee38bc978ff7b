import { beforeAll, describe, expect, it } from "vitest";
import { GradientCnn } from "../../bench/models/gradient-cnn.ts";
import { ATTACKS } from "../../src/attacks/registry.ts";
import { attack, attackMinimum } from "../../src/attacks/run.ts";
import type { Classifier } from "../../src/classifier.ts";
import { createClassifier } from "../../src/entries/node.ts";

// What attacks must find on the network that ABS is compared with; images are drawn by ABS, so that no data set is needed.

/** Those that step along gradients again and again: each alone has to find what there is on a network. */
const ALONG_GRADIENTS = ["deepfool", "ddn", "fmn", "fab", "pgd", "apgd", "carlini-wagner"];

/** Questions that an attack may ask. Without bounds none finds less than nine tenths of what it finds by these, in more than twice the time. */
const BUDGET = 300;

let abs: Classifier;
beforeAll(async () => {
  abs = await createClassifier();
});

function drawn(digit: number): Float32Array {
  return abs.sample(digit, { seed: 1 })[0] as Float32Array;
}

describe("the plain CNN", () => {
  const cnn = new GradientCnn("bench/baselines/plain-cnn.safetensors");
  it.each([
    ["linf", 3, 0.075],
    ["l2", 8, 1.09],
  ] as const)(
    "falls to every attack along gradients, in %s",
    (norm, digit, median) => {
      const attacks = ATTACKS.filter(({ name, norms }) => ALONG_GRADIENTS.includes(name) && norms.includes(norm)).map(
        ({ name }) => name,
      );
      expect(attacks.length).toBeGreaterThan(3);
      const { nearest, results } = attackMinimum(cnn, drawn(digit), digit, { norm, attacks, budget: BUDGET });
      // The paper's attacks found these medians over digits of MNIST on its CNN; single images scatter about them.
      expect(nearest.distance).toBeLessThan(1.5 * median);
      for (const { attack: name, distance } of results) {
        expect(distance, name).toBeLessThanOrEqual(1.3 * nearest.distance);
      }
    },
    300_000,
  );

  it("falls to few pixels", () => {
    for (const digit of [3, 8]) {
      expect(attack("greedy-pixels", cnn, drawn(digit), digit, { norm: "l0" }).distance).toBeLessThanOrEqual(13);
    }
  });
});
