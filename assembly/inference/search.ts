// The two searches. Each takes an image and leaves, for every class, a latent and its loss.

import * as plan from "../decoder/plan";
import { descendByAdam } from "./adam";
import { descendByBfgs } from "./bfgs";
import { bestStart, presentImage, Starts } from "./starts";

/** The paper's step size and number of updates: 50 passes, the last of which only evaluates. */
const PAPER_STEP_SIZE: f32 = 0.05;
const PAPER_UPDATES: i32 = 49;

/** The paper's inference (Schott et al. 2018, section 4): best of the shared samples, then Adam, for every class. */
export function searchFromSamples(starts: Starts, image: usize, latents: usize, losses: usize, scratch: usize): void {
  const imageSquare = presentImage(image);
  for (let index = 0; index < plan.classes; ++index) {
    const latent = latents + ((<usize>(index * plan.latents)) << 2);
    bestStart(starts, index, image, imageSquare, latent);
    const loss = descendByAdam(index, image, latent, PAPER_UPDATES, PAPER_STEP_SIZE, scratch);
    store<f32>(losses + ((<usize>index) << 2), loss);
  }
}

/**
 * Best prototype of each class, then at most `evaluations` evaluations of BFGS. The first curvature guess is a
 * typical inverse Hessian of the loss: 784/2 over a reconstruction that moves by `CURVATURE` a unit of latent.
 */
const TYPICAL_CURVATURE: f32 = 8.0;

export function searchFromPrototypes(
  starts: Starts,
  image: usize,
  evaluations: i32,
  latents: usize,
  losses: usize,
  scratch: usize,
): void {
  const imageSquare = presentImage(image);
  const firstScale: f32 = <f32>plan.PIXELS / (2 * TYPICAL_CURVATURE);
  for (let index = 0; index < plan.classes; ++index) {
    const latent = latents + ((<usize>(index * plan.latents)) << 2);
    bestStart(starts, index, image, imageSquare, latent);
    const loss = descendByBfgs(index, image, latent, evaluations, firstScale, scratch);
    store<f32>(losses + ((<usize>index) << 2), loss);
  }
}
