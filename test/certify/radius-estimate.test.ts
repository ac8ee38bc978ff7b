import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { SHIPPED } from "../../bench/models/shipped.ts";
import { withAssumptions } from "../../bench/models/with-assumptions.ts";
import { estimateRadius } from "../../src/certify/radius-estimate.ts";
import type { Classifier } from "../../src/classifier.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { Random } from "../../src/random.ts";

describe("the estimate of Schott et al.", () => {
  it("is the formula on numbers worked out by hand", () => {
    const image = [0.5, 0.5, 0, 0];
    const own = { reconstruction: [0.5, 0.5, 0, 0.3], penalty: 0.01 };
    const near = { reconstruction: [0.5, 0, 0.5, 0], penalty: 0.14 };
    const far = { reconstruction: [1, 1, 1, 1], penalty: 0 };
    // L_y = .09 + .01, r = .3; the near rival's L = .5 + .14 = .64.
    const { l2, linf } = estimateRadius(image, 1, [near, own, far]);
    expect(l2).toBeCloseTo((0.64 - 0.1) / (2 * (0.3 + 0.8)), 12);
    expect(linf).toBeCloseTo((0.64 - 0.1) / (2 * (0.3 + 2 * 0.8)), 12);
  });

  it("is 0 for a tie, for a rival ahead, and where the label cannot redraw", () => {
    const one = { reconstruction: [0.25, 0], penalty: 1 };
    const other = { reconstruction: [0, 0.25], penalty: 1 };
    expect(estimateRadius([0, 0], 0, [one, other])).toEqual({ l2: 0, linf: 0 });
    expect(estimateRadius([0, 0.25], 0, [one, other])).toEqual({ l2: 0, linf: 0 });
    expect(estimateRadius([0, 0], 0, [undefined, other])).toEqual({ l2: 0, linf: 0 });
  });

  it("leaves out rivals that cannot redraw", () => {
    const own = { reconstruction: [0, 0], penalty: 0 };
    expect(estimateRadius([0, 0], 0, [own, undefined])).toEqual({
      l2: Number.POSITIVE_INFINITY,
      linf: Number.POSITIVE_INFINITY,
    });
  });

  it("bounds the classifier of exactly these redrawings", () => {
    // With one redrawing per class there is no other minimum to miss, so the estimate must hold.
    const random = new Random(2);
    const values = (): number[] => Array.from({ length: 6 }, () => random.uniform());
    for (let trial = 0; trial < 200; ++trial) {
      const redrawings = Array.from({ length: 3 }, () => ({ reconstruction: values(), penalty: random.uniform() / 4 }));
      const lossesOf = (image: readonly number[]): number[] =>
        redrawings.map(({ reconstruction, penalty }) =>
          image.reduce((sum, value, at) => sum + (value - (reconstruction[at] as number)) ** 2, penalty),
        );
      const image = values();
      const losses = lossesOf(image);
      const label = losses.indexOf(Math.min(...losses));
      const { l2, linf } = estimateRadius(image, label, redrawings);
      for (const { reconstruction } of redrawings) {
        const own = redrawings[label] as (typeof redrawings)[number];
        const way = reconstruction.map((value, at) => value - (own.reconstruction[at] as number));
        const norm = Math.hypot(...way);
        if (norm === 0) continue;
        const labelAt = (moved: readonly number[]): number => {
          const found = lossesOf(moved);
          return found.indexOf(Math.min(...found));
        };
        expect(labelAt(image.map((value, at) => value + (0.999 * l2 * (way[at] as number)) / norm))).toBe(label);
        expect(labelAt(image.map((value, at) => value + 0.999 * linf * Math.sign(way[at] as number)))).toBe(label);
      }
    }
  });
});

describe("explain", () => {
  let abs: Classifier;
  let image: Float32Array;
  beforeAll(async () => {
    abs = await createClassifier();
    [image] = abs.sample(4, { seed: 1 }) as [Float32Array];
  });

  it("estimates the radius from its redrawings under the paper's loss, and none in binary-abs", async () => {
    const paper = await createClassifier({ weights: withAssumptions(readFileSync(SHIPPED), {}) });
    const { label, losses, classes, radiusEstimate } = paper.explain(image);
    expect(radiusEstimate).toEqual(
      estimateRadius(
        image,
        label,
        classes.map(({ latent, reconstruction }) => ({
          reconstruction,
          penalty: latent.reduce((sum, value) => sum + value ** 2, 0) / 2,
        })),
      ),
    );
    expect(losses[label]).toBeLessThan(losses[(label + 1) % 10] as number);
    expect(radiusEstimate?.l2).toBeGreaterThan(0);
    const binary = await createClassifier({ variant: "binary-abs" });
    expect("radiusEstimate" in binary.explain(image)).toBe(false);
  });

  it("estimates less, the nearer the image is to another class's redrawing", () => {
    const { classes, runnerUp, radiusEstimate } = abs.explain(image);
    const target = classes[runnerUp]?.reconstruction as Float32Array;
    const moved = image.map((value, pixel) =>
      Math.min(1, Math.max(0, value + 0.3 * ((target[pixel] as number) - value))),
    );
    const nearer = abs.explain(moved).radiusEstimate;
    expect(nearer?.l2).toBeLessThan(radiusEstimate?.l2 as number);
    expect(nearer?.linf).toBeLessThan(radiusEstimate?.linf as number);
  });
});
