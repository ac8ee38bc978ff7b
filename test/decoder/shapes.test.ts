import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/weights/model.ts";
import { referenceDecode, referenceLossAndGradient } from "../reference/decoder.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, shapes, uniformNumbers } from "../support/random-model.ts";

/** Largest differences between the module and the double-precision reference. */
function compare(model: Model, seed: number): { decoder: number; loss: number; gradient: number } {
  const engine = engineFor(model);
  const next = uniformNumbers(seed);
  const image = randomImage(seed);
  const worst = { decoder: 0, loss: 0, gradient: 0 };
  model.classes.forEach((_, index) => {
    const latent = Float32Array.from({ length: model.latents }, () => 3 * next() - 1.5);
    engine.setImage(image);
    engine.setLatent(index, latent);
    const { reconstruction } = referenceDecode(model, index, latent);
    const found = engine.reconstruct(index);
    expect(found.length).toBe(784);
    for (const [pixel, value] of reconstruction.entries()) {
      worst.decoder = Math.max(worst.decoder, Math.abs(value - (found[pixel] as number)));
    }
    const wanted = referenceLossAndGradient(model, index, latent, image);
    const { loss, gradient } = engine.evaluateWithGradient(index);
    worst.loss = Math.max(worst.loss, Math.abs(loss - wanted.loss));
    const size = Math.max(...wanted.gradient.map(Math.abs));
    for (const [axis, value] of wanted.gradient.entries()) {
      worst.gradient = Math.max(worst.gradient, Math.abs(value - (gradient[axis] as number)) / size);
    }
  });
  return worst;
}

describe("decoder against the double-precision reference", () => {
  for (const [name, layers] of Object.entries(shapes)) {
    it(`agrees for the shape: ${name}`, () => {
      for (const latents of [2, 8, 13, 32]) {
        const worst = compare(randomModel(layers, { latents, seed: latents }), latents);
        expect(worst.decoder).toBeLessThan(1e-5);
        expect(worst.loss).toBeLessThan(1e-6);
        expect(worst.gradient).toBeLessThan(2e-5);
      }
    });
  }

  it("agrees for 5×5 layers of stride 2 on planes of every size, in pairs of inputs or not", () => {
    for (let side = 1; side <= 12; ++side) {
      const layers = [
        { kind: "dense", channels: 5 + side, height: side, width: side },
        { kind: "elu" },
        { kind: "transposed_convolution", channels: 20 - side, kernel: 5, stride: 2 },
        { kind: "elu" },
        { kind: "transposed_convolution", channels: 1, kernel: 26 - 2 * side, stride: 1 },
        { kind: "sigmoid" },
      ];
      const worst = compare(randomModel(layers, { latents: 6, classes: 2, seed: side }), side);
      expect(worst.decoder, `${side}×${side}`).toBeLessThan(1e-5);
      expect(worst.loss, `${side}×${side}`).toBeLessThan(1e-6);
      expect(worst.gradient, `${side}×${side}`).toBeLessThan(2e-5);
    }
  });

  it("agrees for any layers that reach 28×28", { timeout: 120_000 }, () => {
    const channels = fc.integer({ min: 1, max: 19 });
    const decoder = fc
      .record({
        first: channels,
        second: channels,
        third: channels,
        side: fc.integer({ min: 1, max: 6 }),
        kernel: fc.integer({ min: 1, max: 6 }),
        stride: fc.integer({ min: 1, max: 4 }),
        shuffle: fc.boolean(),
      })
      .map(({ first, second, third, side, kernel, stride, shuffle }) => {
        const list: Record<string, unknown>[] = [
          { kind: "dense", channels: first, height: side, width: side },
          { kind: "elu" },
        ];
        let reached = stride * (side - 1) + kernel;
        list.push({ kind: "transposed_convolution", channels: second, kernel, stride }, { kind: "elu" });
        if (shuffle && reached <= 14) {
          list.push({ kind: "pixel_shuffle_convolution", channels: third, kernel: 3, upscale: 2 }, { kind: "elu" });
          reached *= 2;
        }
        list.push(
          { kind: "transposed_convolution", channels: 1, kernel: 29 - reached, stride: 1 },
          { kind: "sigmoid" },
        );
        return list;
      });
    fc.assert(
      fc.property(decoder, fc.integer({ min: 2, max: 32 }), fc.nat(1000), (layers, latents, seed) => {
        const worst = compare(randomModel(layers, { latents, classes: 2, seed }), seed);
        expect(worst.decoder).toBeLessThan(1e-5);
        expect(worst.loss).toBeLessThan(1e-6);
        expect(worst.gradient).toBeLessThan(1e-4);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("gives the same bits whatever was computed before", () => {
    const model = randomModel(shapes["the paper's"] as never, { latents: 8 });
    const fresh = engineFor(model);
    const used = engineFor(model);
    for (const index of [2, 1, 2]) {
      used.setLatent(index, new Float32Array(8).fill(index - 1));
      used.setImage(randomImage(index));
      used.evaluateWithGradient(index);
    }
    const latent = Float32Array.from({ length: 8 }, (_, axis) => axis / 4 - 1);
    for (const engine of [fresh, used]) {
      engine.setLatent(0, latent);
      engine.setImage(randomImage(9));
    }
    expect(used.evaluateWithGradient(0)).toEqual(fresh.evaluateWithGradient(0));
  });
});
