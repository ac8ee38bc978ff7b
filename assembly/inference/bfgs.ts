// BFGS (Nocedal and Wright, Numerical Optimization, chapter 6) as a descent that its caller drives: a running estimate
// of the inverse Hessian and a backtracking line search. It proposes a latent, the caller evaluates it, by whatever
// model of the loss, and the descent takes it or shortens its step. So several descents can race side by side.

import * as plan from "../decoder/plan";
import { allocate } from "../layout";
import { projectOntoSphere } from "./loss";

/** Fraction of the decrease that the slope promises which a step must deliver (Armijo). */
const SUFFICIENT: f32 = 1e-4;
/** Below this fraction of |s||y| the curvature sᵀy is noise and the estimate is left as it is. */
const CURVATURE: f32 = 1e-6;

/** One descent. All addresses are f32 [latents], `inverse` is [latents][latents]. */
@unmanaged
export class Descent {
  /** The best latent so far, the loss there and its derivative. */
  latent: usize;
  loss: f32;
  gradient: usize;
  /** The latent proposed, and the derivative there for the caller to fill in. */
  trial: usize;
  trialGradient: usize;
  /** The estimate of the inverse Hessian. */
  inverse: usize;
  direction: usize;
  product: usize;
  step: f32;
  slope: f32;
  /** Whether the first update shall rescale the estimate, because only a guess of its size was given. */
  rescales: bool;
}

/** Reserves a descent; a null reference when memory runs out. */
export function allocateDescent(): Descent {
  const none = changetype<Descent>(0);
  const descent = changetype<Descent>(allocate(offsetof<Descent>()));
  if (descent == none) return none;
  const n = <usize>plan.latents;
  const bytes = n << 2;
  const buffer = allocate(bytes * (n + 6));
  if (buffer == 0) return none;
  descent.inverse = buffer;
  descent.latent = buffer + bytes * n;
  descent.gradient = descent.latent + bytes;
  descent.trial = descent.gradient + bytes;
  descent.trialGradient = descent.trial + bytes;
  descent.direction = descent.trialGradient + bytes;
  descent.product = descent.direction + bytes;
  return descent;
}

/** Begins at `descent.latent`, evaluated by the caller, with scale · I as the inverse Hessian. */
export function beginWithScale(descent: Descent, loss: f32, scale: f32): void {
  scaledIdentity(descent.inverse, plan.latents, scale);
  begin(descent, loss);
  descent.rescales = true;
}

/** The same with what `descent.inverse` holds. */
export function begin(descent: Descent, loss: f32): void {
  descent.loss = loss;
  descent.step = 1;
  descent.rescales = false;
}

/** Fills `descent.trial`. False when there is no way down. */
export function propose(descent: Descent): bool {
  const n = plan.latents;
  multiply(descent.inverse, descent.gradient, descent.direction, n);
  descent.slope = -dot(descent.direction, descent.gradient, n);
  if (descent.slope >= 0) return false;
  const bytes = (<usize>n) << 2;
  const step = descent.step;
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(descent.trial + at, load<f32>(descent.latent + at) - step * load<f32>(descent.direction + at));
  }
  projectOntoSphere(descent.trial);
  return true;
}

/** Takes the trial, whose gradient the caller has filled in, or shortens the step. */
export function judge(descent: Descent, trialLoss: f32): void {
  const step = descent.step;
  const slope = descent.slope;
  if (trialLoss > descent.loss + SUFFICIENT * step * slope) {
    // The parabola through both losses and the slope says where its minimum is; stay within a tenth and a half.
    const parabola = (-slope * step * step) / (2 * (trialLoss - descent.loss - slope * step));
    descent.step = max<f32>(0.1 * step, min<f32>(0.5 * step, parabola));
    return;
  }
  update(descent);
  const bytes = (<usize>plan.latents) << 2;
  memory.copy(descent.latent, descent.trial, bytes);
  memory.copy(descent.gradient, descent.trialGradient, bytes);
  descent.loss = trialLoss;
  descent.step = 1;
}

/**
 * The BFGS update of the inverse Hessian H with s = trial − latent, y = trialGradient − gradient, ρ = 1/sᵀy:
 * H ← H − ρ (s (Hy)ᵀ + (Hy) sᵀ) + ρ (1 + ρ yᵀHy) s sᵀ. A guessed H is first rescaled to (sᵀy / yᵀy) I.
 */
function update(descent: Descent): void {
  const n = plan.latents;
  const bytes = (<usize>n) << 2;
  // Neither the direction nor the old gradient is needed again, so s and y take their places.
  const s = descent.direction;
  const y = descent.gradient;
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(s + at, load<f32>(descent.trial + at) - load<f32>(descent.latent + at));
    store<f32>(y + at, load<f32>(descent.trialGradient + at) - load<f32>(y + at));
  }
  const curvature = dot(s, y, n);
  const squareY = dot(y, y, n);
  if (!(curvature > CURVATURE * sqrt<f32>(dot(s, s, n) * squareY))) return;
  if (descent.rescales) scaledIdentity(descent.inverse, n, curvature / squareY);
  descent.rescales = false;
  const product = descent.product;
  multiply(descent.inverse, y, product, n);
  const rho: f32 = 1 / curvature;
  const outer = rho * (1 + rho * dot(y, product, n));
  for (let i = 0; i < n; ++i) {
    const row = descent.inverse + bytes * <usize>i;
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
