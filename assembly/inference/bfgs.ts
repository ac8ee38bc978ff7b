// BFGS on one class's latent (Nocedal and Wright, Numerical Optimization, chapter 6): a running estimate of the
// inverse Hessian, a backtracking line search, and a hard ceiling on evaluations.

import * as plan from "../decoder/plan";
import { evaluateWithGradient, projectOntoSphere } from "./loss";

/** Fraction of the decrease that the slope promises which a step must deliver (Armijo). */
const SUFFICIENT: f32 = 1e-4;
/** Below this fraction of |s||y| the curvature sᵀy is noise and the estimate is left as it is. */
const CURVATURE: f32 = 1e-6;

/** Floats of scratch that a descent needs. */
export function scratchFloats(latents: i32): i32 {
  return latents * latents + 6 * latents;
}

/**
 * Descends `latent` in place from the curvature guess `firstScale` (the inverse Hessian starts as firstScale · I),
 * with at most `evaluations` evaluations, the one at the start included. Returns the loss where it ends.
 */
export function descendByBfgs(
  classIndex: i32,
  image: usize,
  latent: usize,
  evaluations: i32,
  firstScale: f32,
  scratch: usize,
): f32 {
  const n = plan.latents;
  const bytes = (<usize>n) << 2;
  const inverse = scratch;
  const gradient = inverse + bytes * <usize>n;
  const direction = gradient + bytes;
  const trial = direction + bytes;
  const trialGradient = trial + bytes;
  const product = trialGradient + bytes;
  scaledIdentity(inverse, n, firstScale);
  let loss = evaluateWithGradient(classIndex, image, latent, gradient);
  let step: f32 = 1;
  let isFirst = true;
  for (let used = 1; used < evaluations; ++used) {
    multiply(inverse, gradient, direction, n);
    const slope = -dot(direction, gradient, n);
    if (slope >= 0) break;
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(trial + at, load<f32>(latent + at) - step * load<f32>(direction + at));
    }
    projectOntoSphere(trial);
    const trialLoss = evaluateWithGradient(classIndex, image, trial, trialGradient);
    if (trialLoss > loss + SUFFICIENT * step * slope) {
      // The parabola through both losses and the slope says where its minimum is; stay within a tenth and a half.
      const parabola = (-slope * step * step) / (2 * (trialLoss - loss - slope * step));
      step = max<f32>(0.1 * step, min<f32>(0.5 * step, parabola));
      continue;
    }
    update(inverse, latent, trial, gradient, trialGradient, direction, product, n, isFirst);
    isFirst = false;
    memory.copy(latent, trial, bytes);
    memory.copy(gradient, trialGradient, bytes);
    loss = trialLoss;
    step = 1;
  }
  return loss;
}

/**
 * The BFGS update of the inverse Hessian H with s = trial − latent, y = trialGradient − gradient, ρ = 1/sᵀy:
 * H ← H − ρ (s (Hy)ᵀ + (Hy) sᵀ) + ρ (1 + ρ yᵀHy) s sᵀ. Before the first one H is rescaled to (sᵀy / yᵀy) I.
 */
function update(
  inverse: usize,
  latent: usize,
  trial: usize,
  gradient: usize,
  trialGradient: usize,
  s: usize,
  product: usize,
  n: i32,
  isFirst: bool,
): void {
  const bytes = (<usize>n) << 2;
  // The old gradient is not needed again, so y takes its place.
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(s + at, load<f32>(trial + at) - load<f32>(latent + at));
    store<f32>(gradient + at, load<f32>(trialGradient + at) - load<f32>(gradient + at));
  }
  const y = gradient;
  const curvature = dot(s, y, n);
  const squareY = dot(y, y, n);
  if (!(curvature > CURVATURE * sqrt<f32>(dot(s, s, n) * squareY))) return;
  if (isFirst) scaledIdentity(inverse, n, curvature / squareY);
  multiply(inverse, y, product, n);
  const rho: f32 = 1 / curvature;
  const outer = rho * (1 + rho * dot(y, product, n));
  for (let i = 0; i < n; ++i) {
    const row = inverse + bytes * <usize>i;
    const si = load<f32>(s + ((<usize>i) << 2));
    const pi = load<f32>(product + ((<usize>i) << 2));
    for (let at: usize = 0; at < bytes; at += 4) {
      const sj = load<f32>(s + at);
      const change = outer * si * sj - rho * (si * load<f32>(product + at) + pi * sj);
      store<f32>(row + at, load<f32>(row + at) + change);
    }
  }
}

function scaledIdentity(matrix: usize, n: i32, scale: f32): void {
  memory.fill(matrix, 0, (<usize>(n * n)) << 2);
  for (let i = 0; i < n; ++i) store<f32>(matrix + ((<usize>(i * (n + 1))) << 2), scale);
}

function multiply(matrix: usize, vector: usize, result: usize, n: i32): void {
  for (let i = 0; i < n; ++i) {
    store<f32>(result + ((<usize>i) << 2), dot(matrix + ((<usize>(i * n)) << 2), vector, n));
  }
}

function dot(a: usize, b: usize, n: i32): f32 {
  let sum: f32 = 0;
  for (let i = 0; i < n; ++i) {
    const at = (<usize>i) << 2;
    sum += load<f32>(a + at) * load<f32>(b + at);
  }
  return sum;
}
