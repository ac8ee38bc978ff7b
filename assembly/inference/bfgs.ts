// BFGS (Nocedal and Wright, Numerical Optimization, chapter 6) as a descent that its caller drives: a running estimate
// of the inverse Hessian and a backtracking line search. It proposes a latent, the caller evaluates it, by whatever
// model of the loss, and the descent moves there or shortens its step. So several descents can race side by side.

import { floats } from "../bytes";
import { allocate } from "../layout";
import * as sizes from "../sizes";
import { sum_f32x4 } from "../vector/sum";
import { projectOntoSphere } from "./loss";

/** Fraction of the decrease that the slope promises which a step must deliver (Armijo). */
const SUFFICIENT: f32 = 1e-4;
/** Below this fraction of |s||y| the curvature sᵀy is noise and the estimate is left as it is. */
const CURVATURE: f32 = 1e-6;

/**
 * One descent. Vectors are f32 [latents], padded with zeros to a multiple of 4 for the lanes; `inverse` has as many rows
 * as there are latents, padded likewise.
 */
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
  const bytes = vectorBytes();
  const matrixBytes = bytes * <usize>sizes.latents;
  const buffer = allocate(matrixBytes + 6 * bytes);
  if (buffer == 0) return none;
  descent.inverse = buffer;
  descent.latent = buffer + matrixBytes;
  descent.gradient = descent.latent + bytes;
  descent.trial = descent.gradient + bytes;
  descent.trialGradient = descent.trial + bytes;
  descent.direction = descent.trialGradient + bytes;
  descent.product = descent.direction + bytes;
  return descent;
}

/** Zeroes a descent, its padding included, in which overflows of an earlier one may have left what is no number. */
export function clear(descent: Descent): void {
  const bytes = vectorBytes();
  memory.fill(descent.inverse, 0, bytes * <usize>sizes.latents + 6 * bytes);
}

/** Bytes of a padded vector. */
function vectorBytes(): usize {
  return floats((sizes.latents + 3) & ~3);
}

/** Copies `matrix`, f32 [latents][latents], into the estimate of a descent that was cleared. */
export function setInverse(descent: Descent, matrix: usize): void {
  const row = floats(sizes.latents);
  const bytes = vectorBytes();
  for (let index: usize = 0; index < <usize>sizes.latents; ++index) {
    memory.copy(descent.inverse + index * bytes, matrix + index * row, row);
  }
}

/**
 * Begins at `descent.latent`, where the caller has evaluated `loss` and `descent.gradient`, with scale · I as the inverse
 * Hessian.
 */
export function beginWithScale(descent: Descent, loss: f32, scale: f32): void {
  scaledIdentity(descent.inverse, scale);
  begin(descent, loss);
  descent.rescales = true;
}

/** The same with what `descent.inverse` holds. */
export function begin(descent: Descent, loss: f32): void {
  descent.loss = loss;
  descent.step = 1;
  descent.rescales = false;
}

/**
 * Fills `descent.trial`, which lies within the sphere. False when there is no way down: the gradient vanishes, or loss or
 * slope are not finite and do not tell where down is.
 */
export function propose(descent: Descent): bool {
  if (descent.loss == Infinity) return false;
  multiply(descent.inverse, descent.gradient, descent.direction);
  descent.slope = -dot(descent.direction, descent.gradient);
  if (!(descent.slope < 0 && descent.slope > -Infinity)) return false;
  const bytes = vectorBytes();
  const step = f32x4.splat(descent.step);
  for (let at: usize = 0; at < bytes; at += 16) {
    const move = f32x4.mul(step, v128.load(descent.direction + at));
    v128.store(descent.trial + at, f32x4.sub(v128.load(descent.latent + at), move));
  }
  projectOntoSphere(descent.trial);
  return true;
}

/** Moves to the trial, whose gradient the caller has filled in, or shortens the step. */
export function judge(descent: Descent, trialLoss: f32): void {
  if (accepts(descent, trialLoss)) moveWithGradient(descent);
}

/**
 * Judges the trial by its loss alone, before its gradient is known: shortens the step, or notes the loss. The caller
 * moves a descent that accepts, by one of the two functions below, before it proposes again. A loss of +∞ is never accepted.
 */
export function accepts(descent: Descent, trialLoss: f32): bool {
  const step = descent.step;
  const slope = descent.slope;
  if (!(trialLoss <= descent.loss + SUFFICIENT * step * slope)) {
    // The parabola through both losses and the slope says where its minimum is; stay within a tenth and a half.
    const parabola = (-slope * step * step) / (2 * (trialLoss - descent.loss - slope * step));
    descent.step = max<f32>(0.1 * step, min<f32>(0.5 * step, parabola));
    return false;
  }
  descent.loss = trialLoss;
  descent.step = 1;
  return true;
}

/** Moves to the accepted trial and learns the curvature from the gradient there. */
export function moveWithGradient(descent: Descent): void {
  update(descent);
  memory.copy(descent.gradient, descent.trialGradient, vectorBytes());
  move(descent);
}

/** Moves to the accepted trial; the gradient stays where it was, so that the descent must begin anew if it is to go on. */
export function move(descent: Descent): void {
  memory.copy(descent.latent, descent.trial, vectorBytes());
}

/**
 * The BFGS update of the inverse Hessian H with s = trial − latent, y = trialGradient − gradient, ρ = 1/sᵀy:
 * H ← H − ρ (s (Hy)ᵀ + (Hy) sᵀ) + ρ (1 + ρ yᵀHy) s sᵀ. A guessed H is first rescaled to (sᵀy / yᵀy) I.
 */
function update(descent: Descent): void {
  const bytes = vectorBytes();
  // Neither the direction nor the old gradient is needed again, so s and y take their places.
  const s = descent.direction;
  const y = descent.gradient;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(s + at, f32x4.sub(v128.load(descent.trial + at), v128.load(descent.latent + at)));
    v128.store(y + at, f32x4.sub(v128.load(descent.trialGradient + at), v128.load(y + at)));
  }
  const curvature = dot(s, y);
  const squareY = dot(y, y);
  if (!(curvature > CURVATURE * sqrt<f32>(dot(s, s) * squareY))) return;
  if (descent.rescales) scaledIdentity(descent.inverse, curvature / squareY);
  descent.rescales = false;
  const product = descent.product;
  multiply(descent.inverse, y, product);
  const rho: f32 = 1 / curvature;
  const outer = rho * (1 + rho * dot(y, product));
  for (let i: usize = 0; i < <usize>sizes.latents; ++i) {
    const row = descent.inverse + bytes * i;
    const si = load<f32>(s + (i << 2));
    // H_ij + (outer s_i − ρ (Hy)_i) s_j − ρ s_i (Hy)_j
    const alongS = f32x4.splat(outer * si - rho * load<f32>(product + (i << 2)));
    const alongProduct = f32x4.splat(rho * si);
    for (let at: usize = 0; at < bytes; at += 16) {
      const added = f32x4.mul(alongS, v128.load(s + at));
      const taken = f32x4.mul(alongProduct, v128.load(product + at));
      v128.store(row + at, f32x4.add(v128.load(row + at), f32x4.sub(added, taken)));
    }
  }
}

function scaledIdentity(matrix: usize, scale: f32): void {
  const bytes = vectorBytes();
  memory.fill(matrix, 0, bytes * <usize>sizes.latents);
  for (let i: usize = 0; i < <usize>sizes.latents; ++i) store<f32>(matrix + i * (bytes + 4), scale);
}

function multiply(matrix: usize, vector: usize, result: usize): void {
  const bytes = vectorBytes();
  for (let i: usize = 0; i < <usize>sizes.latents; ++i) store<f32>(result + (i << 2), dot(matrix + i * bytes, vector));
}

function dot(a: usize, b: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < vectorBytes(); at += 16) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
  return sum_f32x4(sum);
}
