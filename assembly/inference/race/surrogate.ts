// The surrogate of a class: a small network that foretells the decoder's output in the basis. With G(z) = μ + Uᵀg + r
// it gives g and s = ‖r‖² for a latent; y = U(x − μ) and x⊥ are the image's (inference/race/proposals.ts). Then
//
//   loss ≈ (‖y − g‖² + s + ‖x⊥‖² + β ½‖z‖²) / 784,
//
// where only the product of the two remainders, x⊥ · r, is left out.

import * as plan from "../../decoder/plan";
import { allocate } from "../../layout";
import { transformBackward, transformForward } from "../../vector/matrix";
import { silu_f32x4, siluSlope_f32x4 } from "../../vector/silu";
import { beta, prior } from "../loss";
import * as proposals from "./proposals";
import * as tables from "./tables";

/** f32 buffers: the latent padded, both hidden layers before and behind SiLU, the output, and their derivatives. */
let input: usize = 0;
let firstSum: usize = 0;
let firstValue: usize = 0;
let secondSum: usize = 0;
let secondValue: usize = 0;
let output: usize = 0;
let hiddenGradient: usize = 0;

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  const hidden = (<usize>tables.surrogateFirst.outputs) << 2;
  input = allocate((<usize>tables.surrogateFirst.inputs) << 2);
  firstSum = allocate(hidden);
  firstValue = allocate(hidden);
  secondSum = allocate(hidden);
  secondValue = allocate(hidden);
  output = allocate((<usize>tables.surrogateThird.outputs) << 2);
  hiddenGradient = allocate(hidden);
  return firstSum != 0 && firstValue != 0 && secondSum != 0 && secondValue != 0 && output != 0 && hiddenGradient != 0;
}

/** The foretold loss at `latent` for the image last presented; its derivative goes to `gradient`, both f32 [latents]. */
export function foretellWithGradient(classIndex: i32, latent: usize, gradient: usize): f32 {
  const first = tables.surrogateFirst;
  const second = tables.surrogateSecond;
  const third = tables.surrogateThird;
  const latentBytes = (<usize>plan.latents) << 2;
  memory.copy(input, latent, latentBytes);
  const firstWeights = tables.weightsOf(first, classIndex);
  const secondWeights = tables.weightsOf(second, classIndex);
  const thirdWeights = tables.weightsOf(third, classIndex);
  transformForward(firstWeights, tables.biasOf(first, classIndex), input, first.inputs, firstSum, first.outputs);
  activate(firstSum, firstValue, first.outputs);
  transformForward(
    secondWeights,
    tables.biasOf(second, classIndex),
    firstValue,
    second.inputs,
    secondSum,
    second.outputs,
  );
  activate(secondSum, secondValue, second.outputs);
  transformForward(thirdWeights, tables.biasOf(third, classIndex), secondValue, third.inputs, output, third.outputs);
  const error = compareWithImage();
  transformBackward(thirdWeights, output, third.outputs, hiddenGradient, third.inputs);
  applySlope(secondSum, hiddenGradient, second.outputs);
  transformBackward(secondWeights, hiddenGradient, second.outputs, secondValue, second.inputs);
  applySlope(firstSum, secondValue, first.outputs);
  transformBackward(firstWeights, secondValue, first.outputs, input, first.inputs);
  for (let at: usize = 0; at < latentBytes; at += 4) {
    store<f32>(gradient + at, load<f32>(input + at) + (beta / <f32>plan.PIXELS) * load<f32>(latent + at));
  }
  return (error + proposals.outside + prior(latent)) / <f32>plan.PIXELS;
}

/** ‖y − g‖² + s; leaves the loss's derivative with respect to the output in its place. */
function compareWithImage(): f32 {
  const image = proposals.coefficients();
  const remainderAt = output + ((<usize>tables.coefficients) << 2);
  const scale: f32 = 2 / <f32>plan.PIXELS;
  let sum: f32 = load<f32>(remainderAt);
  for (let at: usize = 0; at < (<usize>tables.coefficients) << 2; at += 4) {
    const difference = load<f32>(output + at) - load<f32>(image + at);
    sum += difference * difference;
    store<f32>(output + at, scale * difference);
  }
  store<f32>(remainderAt, 1 / <f32>plan.PIXELS);
  return sum;
}

function activate(sums: usize, values: usize, count: i32): void {
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    v128.store(values + at, silu_f32x4(v128.load(sums + at)));
  }
}

function applySlope(sums: usize, gradients: usize, count: i32): void {
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    v128.store(gradients + at, f32x4.mul(v128.load(gradients + at), siluSlope_f32x4(v128.load(sums + at))));
  }
}
