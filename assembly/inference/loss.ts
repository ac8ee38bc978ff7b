// The loss of a class at a latent: ℓ_c(z) = (error + β ½‖z‖²) / 784, the negative ELBO up to constants (Schott et al. 2018,
// section 3), with its gradient with respect to z. The error is the squared one, or that of comparison.ts.
//
// Every image here is one as seen, through the response curve of a model that has one (comparison.ts).
//
// A loss is a finite number or +∞. The latter says that the decoder cannot redraw the image at this latent: somewhere on the
// way sums of its weights overflowed, or the image holds what is no number. It compares like any other loss, and nothing
// descends from there.

import { IMAGE_SIDE } from "../../format/image";
import { floats } from "../bytes";
import * as plan from "../decoder/plan";
import { allocate } from "../layout";
import * as sizes from "../sizes";
import { sigmoid_f32x4 } from "../vector/sigmoid";
import { sum_f32x4 } from "../vector/sum";
import * as comparison from "./comparison";
import * as trail from "./trail";

const SIDE: usize = IMAGE_SIDE;
const ROW_BYTES: usize = SIDE * 4;

/**
 * Derivatives with respect to a logit up to this count as zero, far below the last digit of any sum of them: on their way
 * back they would become subnormal numbers, which processors are slow with.
 */
const LEAST_DERIVATIVE: f32 = 1e-20;

/** Weight of ½‖z‖², set when a model is loaded. */
export let beta: f32 = 1;
/** Largest ‖z‖ that a descent may reach, likewise. */
export let sphereRadius: f32 = 5;
/** Evaluations of decoders since the count was last reset. */
export let evaluations: i32 = 0;
/** Gradients among them. */
export let gradients: i32 = 0;
/** f32 [classes]: what a search multiplies each class's loss by before it leaves it; all 1 until the caller says otherwise. */
export let classScales: usize = 0;

/** Receives what the model says of its loss; false when memory runs out. */
export function configure(modelBeta: f32, modelSphereRadius: f32): bool {
  beta = modelBeta;
  sphereRadius = modelSphereRadius;
  classScales = allocate(floats(sizes.classes));
  if (classScales == 0) return false;
  for (let index = 0; index < sizes.classes; ++index) store<f32>(classScales + floats(index), 1);
  return true;
}

/** What the loaded variant multiplies the class's loss by. */
export function scaleOf(classIndex: i32): f32 {
  return load<f32>(classScales + floats(classIndex));
}

/** A loss as computed, or +∞ where that is no finite number. */
export function asLoss(value: f32): f32 {
  return isFinite<f32>(value) ? value : Infinity;
}

/** Begins both counts anew. */
export function resetEvaluations(): void {
  evaluations = 0;
  gradients = 0;
}

/** Begins a search: nothing is counted and no loss known of it yet. */
export function beginSearch(): void {
  resetEvaluations();
  trail.clear();
}

/**
 * Decodes `latent`, f32 [latents], with one class's decoder into `reconstruction`, f32 [784] in [0, 1]. A pixel for which
 * the decoder computes no number is left 0; returns false when there is one.
 */
export function reconstruct(classIndex: i32, latent: usize, reconstruction: usize): bool {
  memory.copy(plan.latentAddress(), latent, floats(sizes.latents));
  plan.decode(classIndex);
  ++evaluations;
  const logits = plan.logits();
  let areNumbers = i32x4.splat(-1);
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = logits.address + y * logits.rowBytes;
    const target = reconstruction + y * ROW_BYTES;
    for (let at: usize = 0; at < ROW_BYTES; at += 16) {
      const g = sigmoid_f32x4(v128.load(row + at));
      const isNumber = f32x4.eq(g, g);
      areNumbers = v128.and(areNumbers, isNumber);
      v128.store(target + at, v128.and(g, isNumber));
    }
  }
  return i32x4.all_true(areNumbers);
}

/** ‖z‖² of `latent`, f32 [latents]. */
export function squareOf(latent: usize): f32 {
  let sum: f32 = 0;
  for (let index = 0; index < sizes.latents; ++index) {
    const z = load<f32>(latent + floats(index));
    sum += z * z;
  }
  return sum;
}

/** β ½‖z‖² of `latent`, f32 [latents]: its share of the loss, before the division by 784. */
export function prior(latent: usize): f32 {
  return beta * 0.5 * squareOf(latent);
}

/**
 * `reconstruct`, with the gain and the offset that fit it to `image`, f32 [784] as seen. They are left in comparison.ts. A
 * pixel for which there is no number is 0.
 */
export function redraw(classIndex: i32, image: usize, latent: usize, reconstruction: usize): void {
  reconstruct(classIndex, latent, reconstruction);
  comparison.fit(image, reconstruction);
  comparison.apply(reconstruction);
}

/**
 * The loss at `latent`, f32 [latents], for `image`, f32 [784] as seen, before the class's scale. What it compared, the
 * decoder's reconstruction with gain and offset, goes to `reconstruction`, f32 [784]; where the loss is +∞ it may hold NaN.
 */
export function evaluate(classIndex: i32, image: usize, latent: usize, reconstruction: usize): f32 {
  const loss = decodeAndCompare(classIndex, image, latent, reconstruction, false);
  trail.note(classIndex, loss);
  return loss;
}

/** The same; the loss's derivative with respect to z goes to `gradient`, f32 [latents], and means nothing where it is +∞. */
export function evaluateWithGradient(
  classIndex: i32,
  image: usize,
  latent: usize,
  reconstruction: usize,
  gradient: usize,
): f32 {
  const loss = decodeAndCompare(classIndex, image, latent, reconstruction, true);
  trail.note(classIndex, loss);
  plan.backward(classIndex);
  ++gradients;
  const source = plan.latentGradientAddress();
  for (let index = 0; index < sizes.latents; ++index) {
    const at = floats(index);
    store<f32>(gradient + at, load<f32>(source + at) + (beta / <f32>sizes.PIXELS) * load<f32>(latent + at));
  }
  return loss;
}

function decodeAndCompare(
  classIndex: i32,
  image: usize,
  latent: usize,
  reconstruction: usize,
  withGradient: bool,
): f32 {
  memory.copy(plan.latentAddress(), latent, floats(sizes.latents));
  plan.decode(classIndex);
  ++evaluations;
  const logits = plan.logits();
  const gradients = plan.logitsGradient();
  const one = f32x4.splat(1);
  const scale = f32x4.splat(2.0 / <f32>sizes.PIXELS);
  const least = f32x4.splat(LEAST_DERIVATIVE);
  if (!comparison.isPlain) return decodedLoss(image, latent, reconstruction, withGradient);
  let sum = f32x4.splat(0);
  let target = reconstruction;
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = logits.address + y * logits.rowBytes;
    const gradientRow = gradients.address + y * gradients.rowBytes;
    const imageRow = image + y * ROW_BYTES;
    for (let at: usize = 0; at < ROW_BYTES; at += 16) {
      const g = sigmoid_f32x4(v128.load(row + at));
      v128.store(target, g);
      target += 16;
      const difference = f32x4.sub(g, v128.load(imageRow + at));
      sum = f32x4.add(sum, f32x4.mul(difference, difference));
      if (withGradient) {
        const slope = f32x4.mul(g, f32x4.sub(one, g));
        const derivative = f32x4.mul(scale, f32x4.mul(difference, slope));
        const counts = f32x4.gt(f32x4.abs(derivative), least);
        v128.store(gradientRow + at, v128.and(derivative, counts));
      }
    }
  }
  return asLoss((sum_f32x4(sum) + prior(latent)) / <f32>sizes.PIXELS);
}

/** `decodeAndCompare` from the logits on, for a model whose error is not the squared one. */
function decodedLoss(image: usize, latent: usize, reconstruction: usize, withGradient: bool): f32 {
  const logits = plan.logits();
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = logits.address + y * logits.rowBytes;
    const target = reconstruction + y * ROW_BYTES;
    for (let at: usize = 0; at < ROW_BYTES; at += 16) v128.store(target + at, sigmoid_f32x4(v128.load(row + at)));
  }
  comparison.fit(image, reconstruction);
  const gradients = plan.logitsGradient();
  const one = f32x4.splat(1);
  const gain = f32x4.splat(comparison.gain);
  const offset = f32x4.splat(comparison.offset);
  const scale = f32x4.splat((-2 * comparison.gain) / <f32>sizes.PIXELS);
  const least = f32x4.splat(LEAST_DERIVATIVE);
  let sum = f32x4.splat(0);
  for (let y: usize = 0; y < SIDE; ++y) {
    const gradientRow = gradients.address + y * gradients.rowBytes;
    const rowStart = y * ROW_BYTES;
    for (let at: usize = rowStart; at < rowStart + ROW_BYTES; at += 16) {
      const g = v128.load(reconstruction + at);
      const fitted = f32x4.add(f32x4.mul(gain, g), offset);
      v128.store(reconstruction + at, fitted);
      const residual = f32x4.sub(v128.load(image + at), fitted);
      sum = f32x4.add(sum, comparison.counted_f32x4(residual));
      if (withGradient) {
        const slope = f32x4.mul(g, f32x4.sub(one, g));
        const derivative = f32x4.mul(scale, f32x4.mul(comparison.pull_f32x4(residual), slope));
        const counts = f32x4.gt(f32x4.abs(derivative), least);
        v128.store(gradientRow + (at - rowStart), v128.and(derivative, counts));
      }
    }
  }
  const error = sum_f32x4(sum) + comparison.photometricError();
  return asLoss((error + prior(latent)) / <f32>sizes.PIXELS);
}

/**
 * Pulls `latent`, f32 [latents], back onto the sphere when it lies outside, with every sign kept. One that is not finite has
 * no direction left and becomes the likeliest latent, the origin.
 */
export function projectOntoSphere(latent: usize): void {
  const sum = squareOf(latent);
  if (sum <= sphereRadius * sphereRadius) return;
  if (!isFinite<f32>(sum)) {
    memory.fill(latent, 0, floats(sizes.latents));
    return;
  }
  const factor = sphereRadius / sqrt<f32>(sum);
  for (let index = 0; index < sizes.latents; ++index) {
    const at = latent + floats(index);
    store<f32>(at, load<f32>(at) * factor);
  }
}
