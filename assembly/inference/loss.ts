// The loss of a class at a latent: ℓ_c(z) = (‖x − G_c(z)‖² + β ½‖z‖²) / 784, the negative ELBO up to constants
// (Schott et al. 2018, section 3), with its gradient with respect to z.

import { IMAGE_SIDE } from "../../format/image";
import * as plan from "../decoder/plan";
import { allocate } from "../layout";
import * as sizes from "../sizes";
import { sigmoid_f32x4 } from "../vector/sigmoid";
import { sum_f32x4 } from "../vector/sum";

const SIDE: usize = IMAGE_SIDE;
const ROW_BYTES: usize = SIDE * 4;

/**
 * Derivatives with respect to a logit up to this count as zero, far below the last digit of any sum of them: on their way
 * back they would become subnormal numbers, which processors are slow with.
 */
const LEAST_DERIVATIVE: f32 = 1e-20;

/** Weight of ½‖z‖² and largest ‖z‖; set when a model is loaded. */
export let beta: f32 = 1;
export let sphereRadius: f32 = 5;
/** Decoder evaluations since the count was last reset. */
export let evaluations: i32 = 0;
/** Gradients among them. */
export let gradients: i32 = 0;
/** f32 [784]: the last reconstruction compared with an image. */
export let compared: usize = 0;

/** Takes in what the model says of its loss; false when memory runs out. */
export function configure(modelBeta: f32, modelSphereRadius: f32): bool {
  beta = modelBeta;
  sphereRadius = modelSphereRadius;
  compared = allocate((<usize>sizes.PIXELS) << 2);
  return compared != 0;
}

export function resetEvaluations(): void {
  evaluations = 0;
  gradients = 0;
}

/** Decodes `latent` (f32 [latents]) with one class's decoder into `reconstruction` (f32 [784], in [0, 1]). */
export function reconstruct(classIndex: i32, latent: usize, reconstruction: usize): void {
  memory.copy(plan.latentAddress(), latent, (<usize>sizes.latents) << 2);
  plan.decode(classIndex);
  ++evaluations;
  const logits = plan.logits();
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = logits.address + y * logits.rowBytes;
    const target = reconstruction + y * ROW_BYTES;
    for (let at: usize = 0; at < ROW_BYTES; at += 16) {
      v128.store(target + at, sigmoid_f32x4(v128.load(row + at)));
    }
  }
}

/** ‖z‖². */
export function squareOf(latent: usize): f32 {
  let sum: f32 = 0;
  for (let index = 0; index < sizes.latents; ++index) {
    const z = load<f32>(latent + ((<usize>index) << 2));
    sum += z * z;
  }
  return sum;
}

/** β ½‖z‖². */
export function prior(latent: usize): f32 {
  return beta * 0.5 * squareOf(latent);
}

/** The loss at `latent` for `image` (f32 [784]), without a gradient. */
export function evaluate(classIndex: i32, image: usize, latent: usize): f32 {
  return decodeAndCompare(classIndex, image, latent, false);
}

/** The loss at `latent` for `image`; the derivative with respect to z goes to `gradient` (f32 [latents]). */
export function evaluateWithGradient(classIndex: i32, image: usize, latent: usize, gradient: usize): f32 {
  const loss = decodeAndCompare(classIndex, image, latent, true);
  plan.backward(classIndex);
  ++gradients;
  const source = plan.latentGradientAddress();
  for (let index = 0; index < sizes.latents; ++index) {
    const at = (<usize>index) << 2;
    store<f32>(gradient + at, load<f32>(source + at) + (beta / <f32>sizes.PIXELS) * load<f32>(latent + at));
  }
  return loss;
}

function decodeAndCompare(classIndex: i32, image: usize, latent: usize, withGradient: bool): f32 {
  memory.copy(plan.latentAddress(), latent, (<usize>sizes.latents) << 2);
  plan.decode(classIndex);
  ++evaluations;
  const logits = plan.logits();
  const gradients = plan.logitsGradient();
  const one = f32x4.splat(1);
  const scale = f32x4.splat(2.0 / <f32>sizes.PIXELS);
  const least = f32x4.splat(LEAST_DERIVATIVE);
  let sum = f32x4.splat(0);
  let target = compared;
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
  return (sum_f32x4(sum) + prior(latent)) / <f32>sizes.PIXELS;
}

/** Pulls `latent` back onto the sphere when it lies outside, with every sign kept. */
export function projectOntoSphere(latent: usize): void {
  const sum = squareOf(latent);
  if (sum <= sphereRadius * sphereRadius) return;
  const factor = sphereRadius / sqrt<f32>(sum);
  for (let index = 0; index < sizes.latents; ++index) {
    const at = latent + ((<usize>index) << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}
