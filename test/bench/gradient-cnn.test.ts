import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GradientCnn } from "../../bench/models/gradient-cnn.ts";
import { Random } from "../../src/random.ts";

interface Golden {
  images: number[][];
  logits: number[][];
}

describe.each(["plain", "adversarial"])("the %s network in plain loops", (name) => {
  const cnn = new GradientCnn(`bench/baselines/${name}-cnn.safetensors`);
  const golden = JSON.parse(readFileSync(`bench/baselines/${name}-cnn.golden.json`, "utf8")) as Golden;

  it("computes PyTorch's logits", () => {
    expect(golden.images.length).toBeGreaterThan(0);
    golden.images.forEach((bytes, index) => {
      const logits = cnn.logits(Float32Array.from(bytes, (byte) => byte / 255));
      const wanted = golden.logits[index] as number[];
      const scale = Math.max(...wanted.map(Math.abs));
      logits.forEach((logit, label) => {
        expect(Math.abs(logit - (wanted[label] as number)) / scale).toBeLessThan(2e-6);
      });
    });
  });

  it("has derivatives that add up to the differences of logits along a line", () => {
    const random = new Random(1);
    const [from, to] = [0, 1].map(() => Float32Array.from({ length: 784 }, () => random.uniform())) as [
      Float32Array,
      Float32Array,
    ];
    const steps = 100;
    const sums = new Float64Array(cnn.classes);
    for (let step = 0; step < steps; ++step) {
      const way = (step + 0.5) / steps;
      const { gradients } = cnn.lossAndGradient(from.map((value, at) => value + way * ((to[at] as number) - value)));
      for (let label = 0; label < cnn.classes; ++label) {
        const gradient = gradients[label] as ArrayLike<number>;
        for (let at = 0; at < from.length; ++at) {
          sums[label] =
            (sums[label] as number) + ((gradient[at] as number) * ((to[at] as number) - (from[at] as number))) / steps;
        }
      }
    }
    const [before, after] = [cnn.logits(from), cnn.logits(to)];
    const largest = Math.max(...after.map((logit, label) => Math.abs(logit - (before[label] as number))));
    sums.forEach((sum, label) => {
      const difference = (before[label] as number) - (after[label] as number);
      expect(Math.abs(sum - difference)).toBeLessThan(0.02 * largest);
    });
  });

  it("gives probabilities that add up to 1, the label's the largest", () => {
    const { label, confidence, probabilities } = cnn.classify(new Float32Array(784));
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(probabilities[label]).toBe(confidence);
    expect(Math.max(...probabilities)).toBe(confidence);
  });
});
