import { describe, expect, it } from "vitest";
import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Engine } from "../../src/engine.ts";
import { imageGradients } from "../../src/explanation.ts";
import { preparePrototypes } from "../../src/starts.ts";
import type { Assumptions } from "../../src/weights/model.ts";
import { engineFor } from "../support/module.ts";
import { randomImage, randomModel, uniformNumbers } from "../support/random-model.ts";

// How an image is compared with a redrawing (assembly/inference/comparison.ts), beside a readable reference in double precision.

const LAYERS = [
  { kind: "dense", channels: 4, height: 7, width: 7 },
  { kind: "elu" },
  { kind: "pixel_shuffle_convolution", channels: 4, kernel: 3, upscale: 2 },
  { kind: "elu" },
  { kind: "pixel_shuffle_convolution", channels: 1, kernel: 3, upscale: 2 },
  { kind: "sigmoid" },
];
const REWEIGHTINGS = 4;
const PHOTOMETRY = { gain: 10, offset: 2 };
const CASES: readonly [string, Assumptions][] = [
  ["the paper's", {}],
  ["a response curve", { response: 1.6 }],
  ["gain and offset", { photometry: PHOTOMETRY }],
  ["a tolerance", { tolerance: 0.7 }],
  ["gain, offset and a tolerance", { photometry: PHOTOMETRY, tolerance: 1 }],
  ["the weakest priors", { photometry: { gain: 0.1, offset: 0.1 } }],
  ["everything", { response: 1.8, photometry: { gain: 3, offset: 0.5 }, tolerance: 0.8 }],
];

interface Fit {
  gain: number;
  offset: number;
  /** What it leaves, priors included. */
  error: number;
}

function seen(image: Float32Array, { response = 1 }: Assumptions): number[] {
  return Array.from(image, (value) => Math.min(1, Math.max(0, response * (value - 0.5) + 0.5)));
}

function counted(residual: number, { tolerance }: Assumptions): number {
  return residual ** 2 / (1 + (tolerance === undefined ? 0 : (residual / tolerance) ** 2));
}

function weight(residual: number, { tolerance }: Assumptions): number {
  return tolerance === undefined ? 1 : (1 + (residual / tolerance) ** 2) ** -2;
}

/** Weighted least squares, again and again from gain 1 and offset 0. */
function fitted(image: readonly number[], drawn: Float32Array, assumptions: Assumptions): Fit {
  const { photometry, tolerance } = assumptions;
  let gain = 1;
  let offset = 0;
  const residual = (pixel: number): number => (image[pixel] as number) - gain * (drawn[pixel] as number) - offset;
  for (let round = 0; photometry !== undefined && round < (tolerance === undefined ? 1 : REWEIGHTINGS); ++round) {
    const sums = { squares: photometry.gain, drawn: 0, total: photometry.offset, products: photometry.gain, image: 0 };
    image.forEach((u, pixel) => {
      const g = drawn[pixel] as number;
      const w = weight(residual(pixel), assumptions);
      sums.squares += w * g * g;
      sums.drawn += w * g;
      sums.total += w;
      sums.products += w * g * u;
      sums.image += w * u;
    });
    const determinant = sums.squares * sums.total - sums.drawn ** 2;
    gain = (sums.products * sums.total - sums.image * sums.drawn) / determinant;
    offset = (sums.image * sums.squares - sums.products * sums.drawn) / determinant;
  }
  let error = (photometry?.gain ?? 0) * (gain - 1) ** 2 + (photometry?.offset ?? 0) * offset ** 2;
  for (let pixel = 0; pixel < IMAGE_PIXELS; ++pixel) error += counted(residual(pixel), assumptions);
  return { gain, offset, error };
}

function engineWith(assumptions: Assumptions, prototypes = 0): Engine {
  return engineFor({ ...randomModel(LAYERS, { latents: 6, prototypes }), assumptions });
}

/** A pale and noisy copy of what a class draws: gain and offset settle on such images as they do on digits. */
function nearbyImage(engine: Engine, label: number, seed: number): Float32Array {
  const next = uniformNumbers(seed);
  engine.setLatent(
    label,
    randomLatent(seed).map((value) => value + 0.3 * (next() - 0.5)),
  );
  return engine.reconstruct(label).map((value) => Math.min(1, Math.max(0, 0.2 + 0.6 * value + 0.2 * (next() - 0.5))));
}

function randomLatent(seed: number): Float32Array {
  const next = uniformNumbers(seed);
  return Float32Array.from({ length: 6 }, () => 2 * next() - 1);
}

describe.each(CASES)("with %s", (_, assumptions) => {
  const engine = engineWith(assumptions);
  const images = Array.from({ length: 8 }, (_unused, seed) => randomImage(seed).map((value) => 0.15 + 0.7 * value));

  it("losses, redrawings, gain and offset are those of the reference", () => {
    images.forEach((image, index) => {
      const latent = randomLatent(index);
      engine.setImage(image);
      engine.setLatent(1, latent);
      const drawn = engine.reconstruct(1);
      const expected = fitted(seen(image, assumptions), drawn, assumptions);
      const prior = latent.reduce((sum, value) => sum + value ** 2, 0) / 2;
      expect(engine.evaluateWithGradient(1).loss).toBeCloseTo((expected.error + prior) / IMAGE_PIXELS, 6);
      const { reconstruction, gain, offset } = engine.redraw(1);
      expect(gain).toBeCloseTo(expected.gain, 4);
      expect(offset).toBeCloseTo(expected.offset, 4);
      reconstruction.forEach((value, pixel) => {
        expect(Math.abs(value - gain * (drawn[pixel] as number) - offset)).toBeLessThan(1e-6);
      });
      engine.image().forEach((value, pixel) => {
        expect(Math.abs(value - (seen(image, assumptions)[pixel] as number))).toBeLessThan(1e-6);
      });
    });
  });

  it("the derivative with respect to the latent is that of the loss", () => {
    const step = 1 / 64;
    images.forEach((_image, index) => {
      engine.setImage(nearbyImage(engine, 0, index));
      const latent = randomLatent(index);
      const at = (axis: number, change: number): number => {
        engine.setLatent(
          0,
          latent.map((value, place) => (place === axis ? value + change : value)),
        );
        return engine.evaluateWithGradient(0).loss;
      };
      engine.setLatent(0, latent);
      const { gradient } = engine.evaluateWithGradient(0);
      const length = Math.hypot(...gradient);
      gradient.forEach((value, axis) => {
        expect(Math.abs((at(axis, step) - at(axis, -step)) / (2 * step) - value)).toBeLessThan(0.02 * length);
      });
    });
  });

  it("the derivative with respect to the image as seen is that of the error", () => {
    images.forEach((_image, index) => {
      const image = nearbyImage(engine, 2, index);
      engine.setImage(image);
      for (let label = 0; label < engine.classes; ++label) engine.setLatent(label, randomLatent(index));
      const found = imageGradients(engine, image)[2] as Float32Array;
      const drawn = engine.reconstruct(2);
      const before = seen(image, assumptions);
      const next = uniformNumbers(index);
      const direction = before.map(() => next() - 0.5);
      const moved = (step: number): number =>
        fitted(
          before.map((value, pixel) => value + step * (direction[pixel] as number)),
          drawn,
          assumptions,
        ).error;
      const slope = found.reduce((sum, value, pixel) => sum + value * (direction[pixel] as number), 0);
      const expected = (moved(1e-5) - moved(-1e-5)) / 2e-5 / IMAGE_PIXELS;
      const scale = Math.hypot(...found) * Math.hypot(...direction);
      expect(Math.abs(slope - expected)).toBeLessThan(5e-3 * scale);
    });
  });

  it("a search begins at the best prototype, as far as squares tell", () => {
    const searching = engineWith(assumptions, 40);
    preparePrototypes(searching);
    const { tolerance: _left, ...squares } = assumptions;
    for (const image of images) {
      searching.setImage(image);
      searching.searchPrototypes(1);
      const losses = searching.losses();
      for (let label = 0; label < searching.classes; ++label) {
        const errors = Array.from({ length: 40 }, (_unused, index) => {
          const place = label * 40 + index;
          const latent = searching.prototypes.subarray(6 * place, 6 * place + 6);
          searching.setLatent(label, latent);
          const { error } = fitted(seen(image, assumptions), searching.reconstruct(label), squares);
          searching.setLatent(label, latent);
          return { error: error + latent.reduce((sum, value) => sum + value ** 2, 0) / 2, latent };
        });
        const best = errors.reduce((one, other) => (other.error < one.error ? other : one));
        searching.setLatent(label, best.latent);
        const atBest = searching.evaluateWithGradient(label).loss;
        expect(losses[label]).toBeLessThanOrEqual(atBest * 1.01);
      }
    }
  });
});

describe("an image that says nothing", () => {
  it("is finite under every part", () => {
    for (const [, assumptions] of CASES) {
      const engine = engineWith(assumptions);
      for (const value of [0, 0.2, 0.5, 0.9, 1]) {
        engine.setImage(new Float32Array(IMAGE_PIXELS).fill(value));
        engine.setLatent(0, new Float32Array(6));
        const { loss, gradient } = engine.evaluateWithGradient(0);
        expect(Number.isFinite(loss)).toBe(true);
        expect(gradient.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe("a redrawing without contrast", () => {
  it("has a gain and an offset under the weakest and the strongest priors", () => {
    const flat = randomModel(LAYERS, { latents: 6 });
    // Without weights in the last layer, every pixel is the sigmoid of its bias.
    const last = flat.weights.at(-1) as (typeof flat.weights)[number];
    last.weight.values.fill(0);
    last.bias.values.fill(0.85);
    for (const weight of [0.1, 1, 1_000_000]) {
      const engine = engineFor({ ...flat, assumptions: { photometry: { gain: weight, offset: weight } } });
      for (const value of [0, 0.3, 0.7, 1]) {
        const image = new Float32Array(IMAGE_PIXELS).fill(value);
        engine.setImage(image);
        engine.setLatent(0, new Float32Array(6));
        const { gain, offset, reconstruction } = engine.redraw(0);
        const expected = fitted(Array.from(image), engine.reconstruct(0), {
          photometry: { gain: weight, offset: weight },
        });
        expect(Math.abs(gain - expected.gain)).toBeLessThan(0.02);
        expect(Math.abs(offset - expected.offset)).toBeLessThan(0.02);
        expect(reconstruction.every(Number.isFinite)).toBe(true);
      }
    }
  });
});
