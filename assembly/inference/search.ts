// Searches of every class for itself. Each receives an image and leaves, for every class, a latent and its loss, times the
// class's scale.

import { floats } from "../bytes";
import * as sizes from "../sizes";
import { descendByAdam } from "./adam";
import { beginWithScale, clear, Descent, judge, propose } from "./bfgs";
import { evaluateWithGradient, scaleOf } from "./loss";
import { bestStart, quantiseImage, Starts } from "./starts";

/** The paper's step size and number of updates: 50 passes, the last of which only evaluates. */
const PAPER_STEP_SIZE: f32 = 0.05;
const PAPER_UPDATES: i32 = 49;

/**
 * The paper's inference (Schott et al. 2018, section 4): best of the shared samples, then Adam, for every class. `image`
 * f32 [784] in [0, 1] → `latents` f32 [classes][latents], `losses` f32 [classes]. `reconstruction` f32 [784] and `scratch`
 * f32 [3][latents] are overwritten.
 */
export function searchFromSamples(
  starts: Starts,
  image: usize,
  latents: usize,
  losses: usize,
  reconstruction: usize,
  scratch: usize,
): void {
  const imageSquare = quantiseImage(image);
  for (let index = 0; index < sizes.classes; ++index) {
    const latent = latents + floats(index * sizes.latents);
    bestStart(starts, index, image, imageSquare, latent);
    const loss = descendByAdam(index, image, latent, reconstruction, PAPER_UPDATES, PAPER_STEP_SIZE, scratch);
    store<f32>(losses + floats(index), scaleOf(index) * loss);
  }
}

/**
 * Squared change of a reconstruction for a unit of latent, a round number: it sets only the length of the first step,
 * after which BFGS measures the curvature itself.
 */
const TYPICAL_CURVATURE: f32 = 8.0;

/**
 * Best prototype of each class, then BFGS with at most `evaluations` evaluations, for every class. `image` f32 [784] in
 * [0, 1] → `latents` f32 [classes][latents], `losses` f32 [classes]. `reconstruction` f32 [784] and `descent` are
 * overwritten.
 */
export function searchFromPrototypes(
  starts: Starts,
  image: usize,
  evaluations: i32,
  latents: usize,
  losses: usize,
  reconstruction: usize,
  descent: Descent,
): void {
  const imageSquare = quantiseImage(image);
  const bytes = floats(sizes.latents);
  for (let index = 0; index < sizes.classes; ++index) {
    clear(descent);
    bestStart(starts, index, image, imageSquare, descent.latent);
    descend(index, image, evaluations, reconstruction, descent);
    memory.copy(latents + bytes * <usize>index, descent.latent, bytes);
    store<f32>(losses + floats(index), scaleOf(index) * descent.loss);
  }
}

/** Descends from `descent.latent` with at most `evaluations` evaluations, the first one included. */
function descend(classIndex: i32, image: usize, evaluations: i32, reconstruction: usize, descent: Descent): void {
  // The loss is the squared error over 784, so its second derivative is about 2 · curvature / 784.
  const scale: f32 = <f32>sizes.PIXELS / (2 * TYPICAL_CURVATURE);
  beginWithScale(
    descent,
    evaluateWithGradient(classIndex, image, descent.latent, reconstruction, descent.gradient),
    scale,
  );
  for (let used = 1; used < evaluations; ++used) {
    if (!propose(descent)) return;
    judge(descent, evaluateWithGradient(classIndex, image, descent.trial, reconstruction, descent.trialGradient));
  }
}
