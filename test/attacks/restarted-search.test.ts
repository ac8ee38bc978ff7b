import { expect, it } from "vitest";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { attack, attacksFor } from "../../src/attacks/run.ts";
import { linearCase } from "../support/linear-model.ts";

/** A model whose own search ends in poor minima, the gradients of which lead away from the boundary. */
function misled(seed: number): { model: AttackedModel; image: Float32Array } {
  const { model, image } = linearCase(seed);
  return {
    image,
    model: {
      classify: model.classify,
      lossAndGradient: (trial) => {
        const { losses, gradients } = model.lossAndGradient(trial);
        return {
          losses: Array.from(losses, (loss) => loss + 10),
          gradients: Array.from(gradients, (gradient) => Array.from(gradient, (slope) => -slope)),
        };
      },
      searches: [model.lossAndGradient],
    },
  };
}

it.each(["l2", "linf"] as const)("finds in %s what a gradient that leads astray does not", (norm) => {
  for (let seed = 0; seed < 3; ++seed) {
    const { model, image } = misled(seed);
    const alone = attack("fmn", model, image, 0, { norm });
    const together = attack("restarted-search", model, image, 0, { norm });
    expect(together.success).toBe(true);
    expect(together.distance).toBeLessThan(0.8 * alone.distance);
  }
});

it("is left out where there is no other search", () => {
  const { model } = misled(0);
  expect(attacksFor(model, "l2")).toContain("restarted-search");
  expect(attacksFor({ ...model, searches: [] }, "l2")).not.toContain("restarted-search");
});

it("counts every search that it asks, and keeps to its budget", () => {
  const { model, image } = misled(1);
  let asked = 0;
  const counted = <Answer>(ask: (trial: Float32Array) => Answer) => {
    return (trial: Float32Array): Answer => {
      ++asked;
      return ask(trial);
    };
  };
  const { classify, lossAndGradient, searches } = model as Required<AttackedModel>;
  const watched = {
    classify: counted(classify),
    lossAndGradient: counted(lossAndGradient),
    searches: searches.map(counted),
  };
  const { queries } = attack("restarted-search", watched, image, 0, { norm: "l2", budget: 101 });
  expect(asked).toBeLessThanOrEqual(101);
  expect(queries - asked).toBeLessThanOrEqual(1);
});
