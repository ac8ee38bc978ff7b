// How an image is compared with what a decoder draws. The image x is seen through a response curve,
// u = clip(s (x − ½) + ½, 0, 1), and explained as a G + b, with a gain and an offset fitted to each redrawing:
//
//   error = min over a, b of Σ ρ(u − a G − b) + λ (a − 1)² + μ b²,   ρ(r) = r² / (1 + r²/τ²).
//
// A model may do without each of these parts: without a curve u = x; without priors of gain and offset a = 1 and b = 0;
// without a tolerance ρ(r) = r², which is the squared error of Schott et al. 2018. training/abs_training/search/assumptions.py is
// the readable reference.
//
// The fit is by least squares, with a tolerance reweighted a fixed number of times from a = 1, b = 0. What it finds counts as
// fixed in derivatives, by the envelope theorem; after four rounds that is right to .5 % of their length on pale and noisy copies
// of redrawings (test/inference/comparison.test.ts).

import { floats } from "../bytes";
import * as sizes from "../sizes";
import { sum_f32x4 } from "../vector/sum";

/** Rounds of least squares of a fit with a tolerance. */
const REWEIGHTINGS: i32 = 4;
const PIXELS: f64 = <f64>sizes.PIXELS;

/** s, the slope of the response curve; 1: none. */
let slope: f32 = 1;
/** λ and μ; 0: no gain and no offset. */
let gainWeight: f64 = 0;
let offsetWeight: f64 = 0;
/** 1/τ²; 0: no tolerance. */
let inverseSquare: f32 = 0;

/** Whether redrawings are fitted with gain and offset. */
export let isFitted: bool = false;
/** Whether the error is the sum of squared differences. */
export let isPlain: bool = true;
/** Whether large errors count less than by their squares. */
export let isTolerant: bool = false;
/** a and b of the last fit. */
export let gain: f32 = 1;
export let offset: f32 = 0;

/** Receives what the model says of it: `tolerance` and both weights are 0 for a model without. */
export function configure(response: f32, gainPrior: f32, offsetPrior: f32, tolerance: f32): void {
  slope = response;
  gainWeight = <f64>gainPrior;
  offsetWeight = <f64>offsetPrior;
  inverseSquare = tolerance > 0 ? 1 / (tolerance * tolerance) : 0;
  isFitted = gainPrior > 0;
  isTolerant = inverseSquare != 0;
  isPlain = !isFitted && !isTolerant;
  gain = 1;
  offset = 0;
}

/** Sees `image`, f32 [784] in [0, 1], through the response curve, in place. */
export function see(image: usize): void {
  if (slope == 1) return;
  const zero = f32x4.splat(0);
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  const steep = f32x4.splat(slope);
  for (let at = image; at < image + floats(sizes.PIXELS); at += 16) {
    const straight = f32x4.add(f32x4.mul(steep, f32x4.sub(v128.load(at), half)), half);
    v128.store(at, f32x4.pmin(f32x4.pmax(straight, zero), one));
  }
}

/** ρ'(r) / 2r, the weight of an error by its square. */
function weightOfSquare_f32x4(square: v128): v128 {
  const share = shareOfSquare_f32x4(square);
  return f32x4.mul(share, share);
}

/** ρ(r) / r², the share of a square that counts. */
function shareOfSquare_f32x4(square: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, f32x4.mul(square, f32x4.splat(inverseSquare))));
}

/** Fits gain and offset of `drawn` to `image` as seen, both f32 [784]. They are 1 and 0 in a model without. */
export function fit(image: usize, drawn: usize): void {
  gain = 1;
  offset = 0;
  if (!isFitted) return;
  if (!isTolerant) {
    fitWeighted(image, drawn, false);
    return;
  }
  for (let round = 0; round < REWEIGHTINGS; ++round) fitWeighted(image, drawn, true);
}

/** One least squares; weighted by the residuals that gain and offset leave so far. */
function fitWeighted(image: usize, drawn: usize, isWeighted: bool): void {
  const zero = f32x4.splat(0);
  const a = f32x4.splat(gain);
  const b = f32x4.splat(offset);
  let weights = zero;
  let drawnSum = zero;
  let drawnSquares = zero;
  let imageSum = zero;
  let products = zero;
  for (let at: usize = 0; at < floats(sizes.PIXELS); at += 16) {
    const u = v128.load(image + at);
    const g = v128.load(drawn + at);
    let weightedImage = u;
    let weightedDrawn = g;
    if (isWeighted) {
      const residual = f32x4.sub(f32x4.sub(u, f32x4.mul(a, g)), b);
      const weight = weightOfSquare_f32x4(f32x4.mul(residual, residual));
      weights = f32x4.add(weights, weight);
      weightedImage = f32x4.mul(weight, u);
      weightedDrawn = f32x4.mul(weight, g);
    }
    drawnSum = f32x4.add(drawnSum, weightedDrawn);
    drawnSquares = f32x4.add(drawnSquares, f32x4.mul(weightedDrawn, g));
    imageSum = f32x4.add(imageSum, weightedImage);
    products = f32x4.add(products, f32x4.mul(weightedDrawn, u));
  }
  solve(
    isWeighted ? <f64>sum_f32x4(weights) : PIXELS,
    <f64>sum_f32x4(drawnSum),
    <f64>sum_f32x4(drawnSquares),
    <f64>sum_f32x4(imageSum),
    <f64>sum_f32x4(products),
  );
}

/**
 * Gain and offset from the sums over pixels of 1, G, G², u and uG, each with its pixel's weight: the normal equations
 * [ΣG² + λ, ΣG; ΣG, Σ1 + μ] (a, b) = (ΣuG + λ, Σu), whose determinant is positive by Cauchy–Schwarz.
 */
export function solve(count: f64, drawnSum: f64, drawnSquares: f64, imageSum: f64, products: f64): void {
  const squares = drawnSquares + gainWeight;
  const total = count + offsetWeight;
  const wanted = products + gainWeight;
  const determinant = squares * total - drawnSum * drawnSum;
  gain = <f32>((wanted * total - imageSum * drawnSum) / determinant);
  offset = <f32>((imageSum * squares - wanted * drawnSum) / determinant);
}

/** λ (a − 1)² + μ b² of the last fit. */
export function photometricError(): f32 {
  const change = <f64>gain - 1;
  return <f32>(gainWeight * change * change + offsetWeight * <f64>offset * <f64>offset);
}

/** Fits gain and offset to the same sums without weights; what they leave: Σ (u − aG − b)² + λ (a − 1)² + μ b². */
export function profiledError(imageSquares: f64, drawnSum: f64, drawnSquares: f64, imageSum: f64, products: f64): f32 {
  solve(PIXELS, drawnSum, drawnSquares, imageSum, products);
  const explained = <f64>gain * (products + gainWeight) + <f64>offset * imageSum;
  return <f32>(imageSquares + gainWeight - explained);
}

/** Turns `drawn`, f32 [784], into a G + b of the last fit, in place. */
export function apply(drawn: usize): void {
  if (!isFitted) return;
  const a = f32x4.splat(gain);
  const b = f32x4.splat(offset);
  for (let at = drawn; at < drawn + floats(sizes.PIXELS); at += 16) {
    v128.store(at, f32x4.add(f32x4.mul(a, v128.load(at)), b));
  }
}

/** The counted error of four pixels: ρ of their residuals. */
export function counted_f32x4(residual: v128): v128 {
  const square = f32x4.mul(residual, residual);
  return f32x4.mul(square, shareOfSquare_f32x4(square));
}

/** ρ'(r) / 2 of four residuals. */
export function pull_f32x4(residual: v128): v128 {
  return f32x4.mul(residual, weightOfSquare_f32x4(f32x4.mul(residual, residual)));
}
