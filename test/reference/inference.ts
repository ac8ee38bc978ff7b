import type { Engine } from "../../src/engine.ts";

// The paper's descent in double precision, over the module's losses and gradients (which test/decoder compares with
// the double-precision decoder): Adam as PyTorch writes it, with the projection either right or as published.

export interface Descent {
  loss: number;
  latent: Float64Array;
  /** True when an update had to be pulled back onto the sphere. */
  touchedSphere: boolean;
}

const STEP_SIZE = 0.05;
const DECAY_FIRST = 0.9;
const DECAY_SECOND = 0.999;
const EPSILON = 1e-8;

/** @param losesSigns projects as the published code does, which returns √(z²) for every latent that it projects */
export function referencePaperDescent(
  engine: Engine,
  classIndex: number,
  start: Float32Array,
  { updates = 49, radius = 5, losesSigns = false } = {},
): Descent {
  const latent = Float64Array.from(start);
  const first = new Float64Array(latent.length);
  const second = new Float64Array(latent.length);
  let touchedSphere = false;
  for (let update = 1; update <= updates; ++update) {
    engine.setLatent(classIndex, latent);
    engine.evaluateWithGradient(classIndex).gradient.forEach((g, axis) => {
      const m = DECAY_FIRST * (first[axis] as number) + (1 - DECAY_FIRST) * g;
      const v = DECAY_SECOND * (second[axis] as number) + (1 - DECAY_SECOND) * g * g;
      first[axis] = m;
      second[axis] = v;
      const unbiased = m / (1 - DECAY_FIRST ** update);
      const spread = Math.sqrt(v / (1 - DECAY_SECOND ** update));
      latent[axis] = (latent[axis] as number) - (STEP_SIZE * unbiased) / (spread + EPSILON);
    });
    const norm = Math.hypot(...latent);
    if (norm > radius) {
      touchedSphere = true;
      for (const [axis, z] of latent.entries()) latent[axis] = ((losesSigns ? Math.abs(z) : z) * radius) / norm;
    }
  }
  engine.setLatent(classIndex, latent);
  return { loss: engine.evaluateWithGradient(classIndex).loss, latent, touchedSphere };
}

/** The best of the samples by decoding every one: what the module's scan must find. */
export function referenceBestStart(
  engine: Engine,
  classIndex: number,
  samples: Float32Array,
): { latent: Float32Array; loss: number } {
  let best = { latent: new Float32Array(engine.latents), loss: Number.POSITIVE_INFINITY };
  for (let from = 0; from < samples.length; from += engine.latents) {
    const latent = samples.subarray(from, from + engine.latents);
    engine.setLatent(classIndex, latent);
    const { loss } = engine.evaluateWithGradient(classIndex);
    if (loss < best.loss) best = { latent: latent.slice(), loss };
  }
  return best;
}
