// The surrogate of a class: a small network that foretells the decoder's output in the basis. With G(z) = μ + Uᵀg + r
// it gives g for a latent, and the remainder s; y = U(u − μ) and u⊥ are the image's (inference/race/proposals.ts). Then
//
//   loss ≈ (‖y − g‖² + s + ‖u⊥‖² + β ½‖z‖²) / 784,
//
// where s makes up, on average over images, for what the basis does not hold. A tolerance is left out (training/ tells why).
// As with a true loss, what is no finite number is +∞.

import { IMAGE_SIDE } from "../../../format/image";
import { doubles, floats } from "../../bytes";
import { allocate } from "../../layout";
import * as sizes from "../../sizes";
import { transformBackward, transformForward, transformForwardPair } from "../../vector/matrix";
import { sigmoid_f32x4 } from "../../vector/sigmoid";
import { siluSlope_f32x4 } from "../../vector/silu";
import { sum_f32x4 } from "../../vector/sum";
import * as comparison from "../comparison";
import { asLoss, beta, prior } from "../loss";
import * as proposals from "./proposals";
import * as tables from "./tables";

/**
 * What a surrogate computed for one latent and its gradient needs, f32: both hidden layers' SiLU and its σ, and the loss's
 * derivative with respect to the output.
 */
@unmanaged
export class Activations {
  firstShare: usize;
  firstValue: usize;
  secondShare: usize;
  secondValue: usize;
  output: usize;
}

/** Of the constant image of ones, √784. */
const CONSTANT_LENGTH: f64 = <f64>IMAGE_SIDE;

/** Losses foretold so far, for benches; it wraps. */
export let evaluations: i32 = 0;
/** Gradients of them taken so far, likewise. */
export let gradients: i32 = 0;
/** Two latents padded with zeros, and the derivatives of latent and hidden layers, f32. */
let padded: usize = 0;
let latentGradient: usize = 0;
let firstGradient: usize = 0;
let secondGradient: usize = 0;

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  padded = allocate(doubles(tables.surrogateFirst.inputs));
  latentGradient = allocate(floats(tables.surrogateFirst.inputs));
  firstGradient = allocate(floats(tables.surrogateFirst.outputs));
  secondGradient = allocate(floats(tables.surrogateSecond.outputs));
  return padded != 0 && latentGradient != 0 && firstGradient != 0 && secondGradient != 0;
}

/** Reserves activations; a null reference when memory runs out. */
export function allocateActivations(): Activations {
  const none = changetype<Activations>(0);
  const activations = changetype<Activations>(allocate(offsetof<Activations>()));
  if (activations == none) return none;
  const hidden = floats(tables.surrogateFirst.outputs);
  const buffer = allocate(4 * hidden + floats(tables.surrogateThird.outputs));
  if (buffer == 0) return none;
  activations.firstShare = buffer;
  activations.firstValue = buffer + hidden;
  activations.secondShare = buffer + 2 * hidden;
  activations.secondValue = buffer + 3 * hidden;
  activations.output = buffer + 4 * hidden;
  return activations;
}

/** The loss foretold at `latent`, f32 [latents], for the image that proposals.ts has presented; before the class's scale. */
export function foretell(classIndex: i32, latent: usize, activations: Activations): f32 {
  memory.copy(padded, latent, floats(sizes.latents));
  apply(tables.surrogateFirst, classIndex, padded, activations.firstValue);
  activate(activations.firstValue, activations.firstShare, tables.surrogateFirst.outputs);
  apply(tables.surrogateSecond, classIndex, activations.firstValue, activations.secondValue);
  activate(activations.secondValue, activations.secondShare, tables.surrogateSecond.outputs);
  apply(tables.surrogateThird, classIndex, activations.secondValue, activations.output);
  return foretoldLoss(latent, activations);
}

/** `foretell` for two latents of a class at once; their losses go to `losses`, f32 [2]. The same bits. */
export function foretellPair(
  classIndex: i32,
  latent0: usize,
  latent1: usize,
  activations0: Activations,
  activations1: Activations,
  losses: usize,
): void {
  const first = tables.surrogateFirst;
  const second = tables.surrogateSecond;
  const other = padded + floats(first.inputs);
  memory.copy(padded, latent0, floats(sizes.latents));
  memory.copy(other, latent1, floats(sizes.latents));
  applyToPair(first, classIndex, padded, other, activations0.firstValue, activations1.firstValue);
  activate(activations0.firstValue, activations0.firstShare, first.outputs);
  activate(activations1.firstValue, activations1.firstShare, first.outputs);
  const value0 = activations0.firstValue;
  const value1 = activations1.firstValue;
  applyToPair(second, classIndex, value0, value1, activations0.secondValue, activations1.secondValue);
  activate(activations0.secondValue, activations0.secondShare, second.outputs);
  activate(activations1.secondValue, activations1.secondShare, second.outputs);
  const last0 = activations0.secondValue;
  const last1 = activations1.secondValue;
  applyToPair(tables.surrogateThird, classIndex, last0, last1, activations0.output, activations1.output);
  store<f32>(losses, foretoldLoss(latent0, activations0));
  store<f32>(losses, foretoldLoss(latent1, activations1), 4);
}

/** One dense layer of a class. */
function apply(layer: tables.Transform, classIndex: i32, input: usize, output: usize): void {
  const weights = tables.weightsOf(layer, classIndex);
  transformForward(weights, tables.biasOf(layer, classIndex), input, layer.inputs, output, layer.outputs);
}

/** The same for two inputs at once. */
function applyToPair(
  layer: tables.Transform,
  classIndex: i32,
  input0: usize,
  input1: usize,
  output0: usize,
  output1: usize,
): void {
  const weights = tables.weightsOf(layer, classIndex);
  const bias = tables.biasOf(layer, classIndex);
  transformForwardPair(weights, bias, input0, input1, layer.inputs, output0, output1, layer.outputs);
}

/** The loss at `latent` from the output that its activations hold. */
function foretoldLoss(latent: usize, activations: Activations): f32 {
  ++evaluations;
  return asLoss((compareWithImage(activations.output) + proposals.outside() + prior(latent)) / <f32>sizes.PIXELS);
}

/**
 * The derivative of what `foretell` found at `latent` with these activations, which it overwrites; `latent` and `gradient`
 * are f32 [latents]. It means nothing where that loss is +∞.
 */
export function foretellGradient(classIndex: i32, latent: usize, activations: Activations, gradient: usize): void {
  ++gradients;
  const first = tables.surrogateFirst;
  const second = tables.surrogateSecond;
  const third = tables.surrogateThird;
  const thirdWeights = tables.weightsOf(third, classIndex);
  transformBackward(thirdWeights, activations.output, third.outputs, secondGradient, third.inputs);
  applySlope(activations.secondValue, activations.secondShare, secondGradient, second.outputs);
  const secondWeights = tables.weightsOf(second, classIndex);
  transformBackward(secondWeights, secondGradient, second.outputs, firstGradient, second.inputs);
  applySlope(activations.firstValue, activations.firstShare, firstGradient, first.outputs);
  transformBackward(tables.weightsOf(first, classIndex), firstGradient, first.outputs, latentGradient, first.inputs);
  for (let at: usize = 0; at < floats(sizes.latents); at += 4) {
    store<f32>(gradient + at, load<f32>(latentGradient + at) + (beta / <f32>sizes.PIXELS) * load<f32>(latent + at));
  }
}

/** ‖y − g‖² + s; leaves the loss's derivative with respect to the output in its place. */
function compareWithImage(output: usize): f32 {
  const image = proposals.coefficients();
  const remainderAt = output + floats(tables.coefficients);
  const scale = f32x4.splat(2 / <f32>sizes.PIXELS);
  if (comparison.isFitted) return fitAndCompare(image, output, remainderAt);
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < floats(tables.coefficients); at += 16) {
    const difference = f32x4.sub(v128.load(output + at), v128.load(image + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(output + at, f32x4.mul(scale, difference));
  }
  const sum = load<f32>(remainderAt) + sum_f32x4(squares);
  store<f32>(remainderAt, 1 / <f32>sizes.PIXELS);
  return sum;
}

/**
 * The same with the gain and the offset that fit g to y: min over a, b of ‖y − a g − b √784 e₁‖² + λ (a − 1)² + μ b² + s, as
 * the basis is centred on nothing and its first row is the constant image.
 */
function fitAndCompare(image: usize, output: usize, remainderAt: usize): f32 {
  let drawnSquares = f32x4.splat(0);
  let products = f32x4.splat(0);
  for (let at: usize = 0; at < floats(tables.coefficients); at += 16) {
    const g = v128.load(output + at);
    drawnSquares = f32x4.add(drawnSquares, f32x4.mul(g, g));
    products = f32x4.add(products, f32x4.mul(g, v128.load(image + at)));
  }
  comparison.solve(
    <f64>sizes.PIXELS,
    CONSTANT_LENGTH * <f64>load<f32>(output),
    <f64>sum_f32x4(drawnSquares),
    CONSTANT_LENGTH * <f64>load<f32>(image),
    <f64>sum_f32x4(products),
  );
  const gain = f32x4.splat(comparison.gain);
  const scale = f32x4.splat((2 * comparison.gain) / <f32>sizes.PIXELS);
  let squares = f32x4.splat(0);
  let constant = f32x4.replace_lane(f32x4.splat(0), 0, <f32>CONSTANT_LENGTH * comparison.offset);
  for (let at: usize = 0; at < floats(tables.coefficients); at += 16) {
    const fitted = f32x4.add(f32x4.mul(gain, v128.load(output + at)), constant);
    const difference = f32x4.sub(fitted, v128.load(image + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(output + at, f32x4.mul(scale, difference));
    constant = f32x4.splat(0);
  }
  const sum = load<f32>(remainderAt) + sum_f32x4(squares) + comparison.photometricError();
  store<f32>(remainderAt, 1 / <f32>sizes.PIXELS);
  return sum;
}

/** SiLU of the sums in `values`, in place; σ goes to `shares`. */
function activate(values: usize, shares: usize, count: i32): void {
  for (let at: usize = 0; at < floats(count); at += 16) {
    const sum = v128.load(values + at);
    const share = sigmoid_f32x4(sum);
    v128.store(shares + at, share);
    v128.store(values + at, f32x4.mul(sum, share));
  }
}

/** Multiplies `gradients` by SiLU's slope, from what `activate` left. */
function applySlope(values: usize, shares: usize, gradients: usize, count: i32): void {
  for (let at: usize = 0; at < floats(count); at += 16) {
    const slope = siluSlope_f32x4(v128.load(shares + at), v128.load(values + at));
    v128.store(gradients + at, f32x4.mul(v128.load(gradients + at), slope));
  }
}
