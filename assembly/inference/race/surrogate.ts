// The surrogate of a class: a small network that foretells the decoder's output in the basis. With G(z) = μ + Uᵀg + r
// it gives g and s = ‖r‖² for a latent; y = U(x − μ) and x⊥ are the image's (inference/race/proposals.ts). Then
//
//   loss ≈ (‖y − g‖² + s + ‖x⊥‖² + β ½‖z‖²) / 784,
//
// where only the product of the two remainders, x⊥ · r, is left out.

import * as plan from "../../decoder/plan";
import { allocate } from "../../layout";
import { transformBackward, transformForward } from "../../vector/matrix";
import { sigmoid_f32x4 } from "../../vector/sigmoid";
import { siluSlope_f32x4 } from "../../vector/silu";
import { sum_f32x4 } from "../../vector/sum";
import { beta, prior } from "../loss";
import * as proposals from "./proposals";
import * as tables from "./tables";

/** f32 buffers: the latent padded, both hidden layers' SiLU and its σ, the output, and their derivatives. */
let input: usize = 0;
let firstShare: usize = 0;
let firstValue: usize = 0;
let secondShare: usize = 0;
let secondValue: usize = 0;
let output: usize = 0;
let hiddenGradient: usize = 0;

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  const hidden = (<usize>tables.surrogateFirst.outputs) << 2;
  input = allocate((<usize>tables.surrogateFirst.inputs) << 2);
  firstShare = allocate(hidden);
  firstValue = allocate(hidden);
  secondShare = allocate(hidden);
  secondValue = allocate(hidden);
  output = allocate((<usize>tables.surrogateThird.outputs) << 2);
  hiddenGradient = allocate(hidden);
  return (
    firstShare != 0 && firstValue != 0 && secondShare != 0 && secondValue != 0 && output != 0 && hiddenGradient != 0
  );
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
  transformForward(firstWeights, tables.biasOf(first, classIndex), input, first.inputs, firstValue, first.outputs);
  activate(firstValue, firstShare, first.outputs);
  const secondBias = tables.biasOf(second, classIndex);
  transformForward(secondWeights, secondBias, firstValue, second.inputs, secondValue, second.outputs);
  activate(secondValue, secondShare, second.outputs);
  transformForward(thirdWeights, tables.biasOf(third, classIndex), secondValue, third.inputs, output, third.outputs);
  const error = compareWithImage();
  transformBackward(thirdWeights, output, third.outputs, hiddenGradient, third.inputs);
  applySlope(secondValue, secondShare, hiddenGradient, second.outputs);
  transformBackward(secondWeights, hiddenGradient, second.outputs, secondValue, second.inputs);
  applySlope(firstValue, firstShare, secondValue, first.outputs);
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
  const scale = f32x4.splat(2 / <f32>plan.PIXELS);
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < (<usize>tables.coefficients) << 2; at += 16) {
    const difference = f32x4.sub(v128.load(output + at), v128.load(image + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(output + at, f32x4.mul(scale, difference));
  }
  const sum = load<f32>(remainderAt) + sum_f32x4(squares);
  store<f32>(remainderAt, 1 / <f32>plan.PIXELS);
  return sum;
}

/** SiLU of the sums in `values`, in place; σ goes to `shares`. */
function activate(values: usize, shares: usize, count: i32): void {
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    const sum = v128.load(values + at);
    const share = sigmoid_f32x4(sum);
    v128.store(shares + at, share);
    v128.store(values + at, f32x4.mul(sum, share));
  }
}

function applySlope(values: usize, shares: usize, gradients: usize, count: i32): void {
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    const slope = siluSlope_f32x4(v128.load(shares + at), v128.load(values + at));
    v128.store(gradients + at, f32x4.mul(v128.load(gradients + at), slope));
  }
}
