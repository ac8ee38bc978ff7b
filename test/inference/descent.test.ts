import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { preparePrototypes } from "../../src/starts.ts";
import { decoderShape } from "../../src/weights/decoder-shape.ts";
import type { Model } from "../../src/weights/model.ts";
import { engineFor } from "../support/module.ts";

// The module's BFGS beside the trainer's, which fits the confidence to what a search finds: the same latents and losses
// after each evaluation, and so the same constants. training/tests/golden_descent.py wrote the numbers in double
// precision; training/tests/test_descent.py holds the trainer to them.

interface Golden {
  readonly latents: number;
  readonly layers: readonly Record<string, unknown>[];
  readonly weights: readonly { readonly weight: number[]; readonly bias: number[] }[];
  readonly beta: number;
  readonly sphere_radius: number;
  readonly image: number[];
  /** Of each start, the best latent and its loss after 1, 2, … evaluations. */
  readonly descents: readonly (readonly { readonly latent: number[]; readonly loss: number }[])[];
}

/**
 * Single precision differs by up to 2e-5 over these 12 evaluations; a rule or a constant moved changes some latent by far
 * more. Only the value of `CURVATURE`, which tells a curvature from its rounding error, does not show in them: its sign does.
 */
const LATENT_TOLERANCE = 1e-4;
const LOSS_TOLERANCE = 1e-5;

const golden = JSON.parse(readFileSync(new URL("../golden/descent.json", import.meta.url), "utf8")) as Golden;

/** The decoder once for each descent, whose start is the only prototype of its class. */
function modelOf({ latents, layers, weights, beta, sphere_radius: sphereRadius, descents }: Golden): Model {
  const repeated = (values: number[]) => ({
    element: "F32" as const,
    values: Float32Array.from(descents.flatMap(() => values)),
  });
  return {
    classes: descents.map((_, index) => `descent ${index}`),
    latents,
    layers: decoderShape(layers, latents),
    weights: weights.map(({ weight, bias }) => ({ weight: repeated(weight), bias: repeated(bias) })),
    beta,
    sphereRadius,
    confidence: { paper: { scale: 440, floor: 4e-5, rejectBelow: 0.5 }, calibrated: undefined },
    prototypes: {
      count: 1,
      latents: {
        element: "F32",
        values: Float32Array.from(descents.flatMap((states) => (states[0] as (typeof states)[number]).latent)),
      },
    },
  };
}

describe("the descent by BFGS", () => {
  const engine = engineFor(modelOf(golden));
  preparePrototypes(engine);
  engine.setImage(Float32Array.from(golden.image));
  const evaluations = golden.descents[0]?.length ?? 0;

  it("is compared over the evaluations of the standard search from prototypes", () => {
    expect(evaluations).toBe(12);
  });

  it.each(Array.from({ length: evaluations }, (_, index) => index + 1))(
    "is where the trainer's is after %i evaluations",
    (count) => {
      engine.searchPrototypes(count);
      const losses = engine.losses();
      golden.descents.forEach((states, index) => {
        const expected = states[count - 1] as (typeof states)[number];
        const found = engine.latent(index);
        expected.latent.forEach((value, axis) => {
          expect(Math.abs((found[axis] as number) - value)).toBeLessThanOrEqual(LATENT_TOLERANCE);
        });
        expect(Math.abs((losses[index] as number) - expected.loss)).toBeLessThanOrEqual(LOSS_TOLERANCE);
      });
    },
  );
});
