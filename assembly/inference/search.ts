// Searches of every class for itself. Each takes an image and leaves, for every class, a latent and its loss.

import * as sizes from "../sizes";
import { descendByAdam } from "./adam";
import { beginWithScale, Descent, judge, propose } from "./bfgs";
import { evaluateWithGradient } from "./loss";
import { bestStart, presentImage, Starts } from "./starts";

/** The paper's step size and number of updates: 50 passes, the last of which only evaluates. */
const PAPER_STEP_SIZE: f32 = 0.05;
const PAPER_UPDATES: i32 = 49;

/** The paper's inference (Schott et al. 2018, section 4): best of the shared samples, then Adam, for every class. */
export function searchFromSamples(starts: Starts, image: usize, latents: usize, losses: usize, scratch: usize): void {
  const imageSquare = presentImage(image);
  for (let index = 0; index < sizes.classes; ++index) {
    const latent = latents + ((<usize>(index * sizes.latents)) << 2);
    bestStart(starts, index, image, imageSquare, latent);
    const loss = descendByAdam(index, image, latent, PAPER_UPDATES, PAPER_STEP_SIZE, scratch);
    store<f32>(losses + ((<usize>index) << 2), loss);
  }
}

/**
 * Squared change of a reconstruction for a unit of latent, a round number: it sets only the length of the first step,
 * after which BFGS measures the curvature itself.
 */
const TYPICAL_CURVATURE: f32 = 8.0;

/** Best prototype of each class, then BFGS with at most `evaluations` evaluations, for every class. */
export function searchFromPrototypes(
  starts: Starts,
  image: usize,
  evaluations: i32,
  latents: usize,
  losses: usize,
  descent: Descent,
): void {
  const imageSquare = presentImage(image);
  const bytes = (<usize>sizes.latents) << 2;
  for (let index = 0; index < sizes.classes; ++index) {
    bestStart(starts, index, image, imageSquare, descent.latent);
    const loss = descendFromGuess(index, image, evaluations, descent);
    memory.copy(latents + bytes * <usize>index, descent.latent, bytes);
    store<f32>(losses + ((<usize>index) << 2), loss);
  }
}

/** Descends from `descent.latent` with at most `evaluations` evaluations, the first one included; returns the loss. */
export function descendFromGuess(classIndex: i32, image: usize, evaluations: i32, descent: Descent): f32 {
  // The loss is the squared error over 784, so its second derivative is about 2 · curvature / 784.
  const scale: f32 = <f32>sizes.PIXELS / (2 * TYPICAL_CURVATURE);
  beginWithScale(descent, evaluateWithGradient(classIndex, image, descent.latent, descent.gradient), scale);
  continueDescent(classIndex, image, evaluations - 1, descent);
  return descent.loss;
}

/** Goes on with a descent for at most `evaluations` evaluations. */
export function continueDescent(classIndex: i32, image: usize, evaluations: i32, descent: Descent): void {
  for (let used = 0; used < evaluations; ++used) {
    if (!propose(descent)) return;
    judge(descent, evaluateWithGradient(classIndex, image, descent.trial, descent.trialGradient));
  }
}
