import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GradientCnn } from "../../bench/models/gradient-cnn.ts";
import { Random } from "../../src/attacks/random.ts";

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

  it("has the derivatives that differences show", () => {
    const random = new Random(1);
    const image = Float32Array.from({ length: 784 }, () => random.uniform());
    const { gradients } = cnn.lossAndGradient(image);
    const direction = Float64Array.from({ length: 784 }, () => random.normal());
    // Small, as the network bends at every rectifier; in 32 bits no smaller shows enough. A wrong weight is off by far more.
    const step = 1e-4;
    const moved = (sign: number): Float32Array =>
      cnn.logits(image.map((value, pixel) => value + sign * step * (direction[pixel] as number)));
    const [ahead, behind] = [moved(1), moved(-1)];
    for (let label = 0; label < cnn.classes; ++label) {
      const found = Array.from(gradients[label] as ArrayLike<number>).reduce(
        (sum, value, pixel) => sum + value * (direction[pixel] as number),
        0,
      );
      const wanted = -((ahead[label] as number) - (behind[label] as number)) / (2 * step);
      expect(Math.abs(found - wanted)).toBeLessThan(0.05 * Math.max(1, Math.abs(wanted)));
    }
  });

  it("gives probabilities that add up to 1, the label's the largest", () => {
    const { label, confidence, probabilities } = cnn.classify(new Float32Array(784));
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(probabilities[label]).toBe(confidence);
    expect(Math.max(...probabilities)).toBe(confidence);
  });
});
