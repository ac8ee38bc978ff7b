// Bench entry: the module with all its exports, and besides its kernels one at a time, the processor's peak, and the paper's
// search cut short.

import * as plan from "../../assembly/decoder/plan";
import { imageAddress, latentsAddress, lossesAddress } from "../../assembly/index";
import { descendByAdam } from "../../assembly/inference/adam";
import * as loss from "../../assembly/inference/loss";
import * as proposals from "../../assembly/inference/race/proposals";
import * as surrogate from "../../assembly/inference/race/surrogate";
import { allocateStarts, bestStart, fillStarts, presentImage, Starts } from "../../assembly/inference/starts";
import { allocate } from "../../assembly/layout";
import * as sizes from "../../assembly/sizes";

export * from "../../assembly/index";

const FACTOR: f32 = 0.999;
const ADDED: f32 = 0.001;

/** Two links of a chain: twice a multiplication and an addition. */
function twoLinks(value: v128): v128 {
  const once = f32x4.add(f32x4.mul(value, f32x4.splat(FACTOR)), f32x4.splat(ADDED));
  return f32x4.add(f32x4.mul(once, f32x4.splat(FACTOR)), f32x4.splat(ADDED));
}

/**
 * Thirteen independent chains of four lanes, all in registers: 208 operations per pass. Enough chains cover the latency of
 * multiplication and addition, so the throughput of the arithmetic units is what is left.
 */
export function runPeak(passes: i32): f32 {
  let s0 = f32x4.splat(0.5);
  let s1 = f32x4.splat(0.6);
  let s2 = f32x4.splat(0.7);
  let s3 = f32x4.splat(0.8);
  let s4 = f32x4.splat(0.9);
  let s5 = f32x4.splat(1.0);
  let s6 = f32x4.splat(1.1);
  let s7 = f32x4.splat(1.2);
  let s8 = f32x4.splat(1.3);
  let s9 = f32x4.splat(1.4);
  let s10 = f32x4.splat(1.5);
  let s11 = f32x4.splat(1.6);
  let s12 = f32x4.splat(1.7);
  for (let pass = 0; pass < passes; ++pass) {
    s0 = twoLinks(s0);
    s1 = twoLinks(s1);
    s2 = twoLinks(s2);
    s3 = twoLinks(s3);
    s4 = twoLinks(s4);
    s5 = twoLinks(s5);
    s6 = twoLinks(s6);
    s7 = twoLinks(s7);
    s8 = twoLinks(s8);
    s9 = twoLinks(s9);
    s10 = twoLinks(s10);
    s11 = twoLinks(s11);
    s12 = twoLinks(s12);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(s4, s5));
  const high = f32x4.add(f32x4.add(f32x4.add(s6, s7), f32x4.add(s8, s9)), f32x4.add(s10, s11));
  return f32x4.extract_lane(f32x4.add(f32x4.add(low, high), s12), 0);
}

/** Runs one layer forward; `evaluateWithGradient` has filled its input. */
export function runForward(index: i32, classIndex: i32, times: i32): void {
  for (let time = 0; time < times; ++time) plan.forwardLayer(index, classIndex);
}

/** Runs one layer's gradient, likewise. */
export function runGradient(index: i32, classIndex: i32, times: i32): void {
  for (let time = 0; time < times; ++time) plan.gradientLayer(index, classIndex);
}

/** How a convolution is run: a constant of assembly/decoder/convolution/convolution.ts. */
export function algorithm(index: i32): i32 {
  return plan.algorithmOfLayer(index);
}

/** Finds the image's coefficients and the latents proposed for all classes. */
export function runProposals(times: i32): void {
  for (let time = 0; time < times; ++time) proposals.propose(imageAddress());
}

let activations: surrogate.Activations = changetype<surrogate.Activations>(0);

/** Foretells a class's loss and gradient at its latent; `runProposals` comes first. */
export function runSurrogate(classIndex: i32, gradient: usize, times: i32): void {
  if (changetype<usize>(activations) == 0) activations = surrogate.allocateActivations();
  const latent = latentsAddress() + ((<usize>(classIndex * sizes.latents)) << 2);
  for (let time = 0; time < times; ++time) {
    surrogate.foretell(classIndex, latent, activations);
    surrogate.foretellGradient(classIndex, latent, activations, gradient);
  }
}

/** Losses foretold by surrogates and gradients taken of them so far; they wrap. */
export function foretold(): i32 {
  return surrogate.evaluations;
}

export function foretoldGradients(): i32 {
  return surrogate.gradients;
}

/** Gradients of true decoders that the last search took. */
export function gradients(): i32 {
  return loss.gradients;
}

let starts: Starts = changetype<Starts>(0);
let scratch: usize = 0;

/** Reserves `count` samples and returns the address of their latents; `dropStarts` comes first. 0: out of memory. */
export function reserveCutSamples(count: i32): usize {
  starts = allocateStarts(count, true);
  scratch = allocate((<usize>(3 * sizes.latents)) << 2);
  return changetype<usize>(starts) == 0 || scratch == 0 ? 0 : starts.latents;
}

export function fillCutSamples(classIndex: i32): void {
  fillStarts(starts, classIndex, 0, starts.count);
}

/**
 * The paper's search with these samples and any number of updates; fills latents and losses. Returns the evaluations of
 * decoders, of which `updates` per class came with a gradient.
 */
export function searchCut(updates: i32, stepSize: f32): i32 {
  loss.resetEvaluations();
  const image = imageAddress();
  const imageSquare = presentImage(image);
  for (let index = 0; index < sizes.classes; ++index) {
    const latent = latentsAddress() + ((<usize>(index * sizes.latents)) << 2);
    bestStart(starts, index, image, imageSquare, latent);
    const found = descendByAdam(index, image, latent, updates, stepSize, scratch);
    store<f32>(lossesAddress() + ((<usize>index) << 2), found);
  }
  return loss.evaluations;
}
