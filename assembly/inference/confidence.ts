// From losses to probabilities, by one of two models. The exponentials are compiled into the module, so that every host
// gives the same bits.

import {
  BLURRED_ERROR_UNIT,
  ERROR_UNIT,
  Feature,
  LATENT_UNIT,
  LOG_SQUARES_UNIT,
  MAP_PLACE_COUNT,
  MARGIN_FLOOR,
  MOST_CONTRAST,
  PENALTY_COUNT,
  Penalty,
  SINGLE_FEATURE_COUNT,
  SMALL,
  UNEXPLAINED_FLOOR,
} from "../../format/confidence-features";
import { doubles, floats } from "../bytes";
import { allocate } from "../layout";
import { PIXELS } from "../sizes";
import { Evidence } from "./evidence";

/**
 * The paper's: p_c = (e^(−s ℓ_c) + η) / Σ_k (e^(−s ℓ_k) + η) (Schott et al. 2018, section 4). Far from the data every
 * exponential vanishes and p becomes uniform. `losses` f32 [classes] → `probabilities` f64 [classes], for scale s ≥ 0 and
 * floor η ≥ 0. A loss of +∞ has no exponential; where all are so, p is uniform.
 */
export function paperProbabilities(losses: usize, classes: i32, scale: f64, floor: f64, probabilities: usize): void {
  if (!isRedrawn(losses, classes)) {
    uniformProbabilities(classes, probabilities);
    return;
  }
  let total: f64 = 0;
  for (let index = 0; index < classes; ++index) {
    const loss = lossOf(losses, index);
    const value = (loss < Infinity ? NativeMath.exp(-scale * loss) : 0) + floor;
    store<f64>(probabilities + doubles(index), value);
    total += value;
  }
  for (let index = 0; index < classes; ++index) {
    const at = probabilities + doubles(index);
    // With no floor and hopeless losses nothing is left to divide by; then no class is likelier than another.
    store<f64>(at, total > 0 ? load<f64>(at) / total : 1.0 / <f64>classes);
  }
}

/** Whether any class can redraw the image: whether any of `losses`, f32 [classes], is finite. */
export function isRedrawn(losses: usize, classes: i32): bool {
  return lossOf(losses, lowest(losses, classes)) < Infinity;
}

/** 1/classes for every class: `probabilities` f64 [classes]. */
export function uniformProbabilities(classes: i32, probabilities: usize): void {
  for (let index = 0; index < classes; ++index) {
    store<f64>(probabilities + doubles(index), 1.0 / <f64>classes);
  }
}

// The fitted model: p = g · softmax(−s · 784 ℓ / (1 + E/v)) + (1 − g)/classes. E is the winner's squared error: noise
// widens the likelihood. The gate g = 1/(1 + e^(−a)) is how likely the image is one of the classes at all, with
//   a = bias + Σ_j w_j tanh(b_j + ⟨W_j, (features − centres)/spreads⟩) − ⟨penalties, penalty features⟩.
//
// Far from the data p is uniform, whatever the other parameters: a tanh is at most 1, so a ≤ bias + Σ|w_j| −
// penalty · Σ(Sr)², which falls without bound as the blurred residual grows; then g → 0 and every p_c → 1/classes.

/** Parameters, f64: scale, widening, bias, penalties, centres, spreads; then for each hidden unit w, b, W. */
let parameters: usize = 0;
let hiddenUnits: i32 = 0;
/** How many features there are: the single ones, one per class, and those of all blocks. */
let featureCount: i32 = 0;
/** f64 [featureCount + PENALTY_COUNT]. */
let features: usize = 0;
/** (features − centres)/spreads, f64 [featureCount]. */
let standardised: usize = 0;
/** a of the last probabilities. */
let lastLogit: f64 = 0;

/** Forgets the parameters, for another model takes the memory. */
export function resetCalibration(): void {
  parameters = 0;
  features = 0;
  standardised = 0;
}

/** Whether parameters are reserved. */
export function isCalibrated(): bool {
  return standardised != 0;
}

/** Reserves the parameters of a fitted model and returns their address; 0 when memory runs out. */
export function allocateCalibration(units: i32, classes: i32): usize {
  hiddenUnits = units;
  featureCount = SINGLE_FEATURE_COUNT + classes + MAP_PLACE_COUNT;
  const count = 3 + PENALTY_COUNT + 2 * featureCount + units * (2 + featureCount);
  parameters = allocate(doubles(count));
  features = allocate(doubles(featureCount + PENALTY_COUNT));
  standardised = allocate(doubles(featureCount));
  return standardised == 0 ? 0 : parameters;
}

/** f64 [features + penalties], margins of all classes and maps among them, in the order of format/confidence-features.ts: what the last gate looked at. */
export function featuresAddress(): usize {
  return features;
}

/** Makes them all 0, and closes the gate: it looked at nothing. */
export function clearFeatures(): void {
  memory.fill(features, 0, doubles(featureCount + PENALTY_COUNT));
  lastLogit = -Infinity;
}

/** a of the last calibrated probabilities: ln g/(1 − g), g how likely the image is one of the classes at all. */
export function gateLogit(): f64 {
  return lastLogit;
}

/** Index of the lowest of `losses` f32 [classes], the first of equals, leaving out `except`. */
export function lowest(losses: usize, classes: i32, except: i32 = -1): i32 {
  let best = -1;
  for (let index = 0; index < classes; ++index) {
    if (index != except && (best < 0 || lossOf(losses, index) < lossOf(losses, best))) best = index;
  }
  return best;
}

/**
 * `losses` f32 [classes], one of them at least finite → `probabilities` f64 [classes]. `evidence` compares the image with the
 * winner's reconstruction; `latentSquare` is ‖z‖² of the winner, `gain` and `offset` are those of its reconstruction.
 */
export function calibratedProbabilities(
  losses: usize,
  classes: i32,
  evidence: Evidence,
  latentSquare: f64,
  gain: f64,
  offset: f64,
  probabilities: usize,
): void {
  const winner = lowest(losses, classes);
  const least = lossOf(losses, winner);
  describe(least, lossOf(losses, lowest(losses, classes, winner)), evidence, latentSquare);
  putFeature(Feature.gain, gain);
  putFeature(Feature.offset, offset);
  for (let index = 0; index < classes; ++index) {
    store<f64>(features + doubles(Feature.class_margins + index), logMargin(marginOf(least, lossOf(losses, index))));
  }
  memory.copy(features + doubles(Feature.class_margins + classes), evidence.maps, doubles(MAP_PLACE_COUNT));
  lastLogit = judge();
  const gate = 1 / (1 + NativeMath.exp(-lastLogit));
  const sharpness = (load<f64>(parameters) * <f64>PIXELS) / (1 + evidence.error / load<f64>(parameters, 8));
  let total: f64 = 0;
  for (let index = 0; index < classes; ++index) {
    const value = NativeMath.exp(-sharpness * (lossOf(losses, index) - least));
    store<f64>(probabilities + doubles(index), value);
    total += value;
  }
  for (let index = 0; index < classes; ++index) {
    const at = probabilities + doubles(index);
    store<f64>(at, (gate * load<f64>(at)) / total + (1 - gate) / <f64>classes);
  }
}

/** Fills the features. */
function describe(least: f64, second: f64, evidence: Evidence, latentSquare: f64): void {
  const blurredError = evidence.blurredError;
  const blurredImage = evidence.blurredImage;
  // Sums about the mean; the reconstruction's follow from G = x − r.
  const pixels = <f64>PIXELS;
  const image = max(blurredImage - (evidence.blurredImageSum * evidence.blurredImageSum) / pixels, 0);
  const error = max(blurredError - (evidence.blurredErrorSum * evidence.blurredErrorSum) / pixels, 0);
  const product = evidence.blurredProduct - (evidence.blurredImageSum * evidence.blurredErrorSum) / pixels;
  const redrawn = max(image - 2 * product + error, 0);
  const shared = image - product;
  // 1 − ρ² by Lagrange's identity, which keeps its digits where ρ is close to 1.
  const unexplained = min(max((image * error - product * product) / (image * redrawn + SMALL), 0), 1);
  const margin = marginOf(least, second);
  const halfSquare = latentSquare / 2;
  putFeature(Feature.correlation, shared / sqrt(image * redrawn + SMALL));
  putFeature(Feature.log_unexplained, NativeMath.log(unexplained + UNEXPLAINED_FLOOR));
  putFeature(Feature.whiteness, blurredError / (evidence.error + SMALL));
  putFeature(Feature.smoothness, evidence.twiceBlurredError / (blurredError + SMALL));
  putFeature(Feature.error_share, blurredError / (blurredError + blurredImage + SMALL));
  putFeature(Feature.log_blurred_error, NativeMath.log1p(blurredError));
  putFeature(Feature.log_error, NativeMath.log1p(evidence.error / LOG_SQUARES_UNIT));
  putFeature(Feature.margin, margin);
  putFeature(Feature.log_margin, logMargin(margin));
  putFeature(Feature.latent, halfSquare);
  putFeature(Feature.brightness, evidence.brightness / pixels);
  putFeature(Feature.largest_error, evidence.largestError);
  putFeature(Feature.contrast, min(shared / (redrawn + SMALL), MOST_CONTRAST));
  putFeature(Feature.missing_share, evidence.missing / (blurredError + SMALL));
  putFeature(Feature.log_blurred_image, NativeMath.log1p(blurredImage / LOG_SQUARES_UNIT));
  putPenalty(Penalty.blurred_error, blurredError / BLURRED_ERROR_UNIT);
  putPenalty(Penalty.error, evidence.error / ERROR_UNIT);
  putPenalty(Penalty.latent, halfSquare / LATENT_UNIT);
}

/** By how much a loss lies above the lowest, as a share of both: 0 to 1. */
function marginOf(least: f64, loss: f64): f64 {
  return loss < Infinity ? (loss - least) / (loss + least + SMALL) : 1;
}

function logMargin(margin: f64): f64 {
  return NativeMath.log(margin + MARGIN_FLOOR);
}

function putFeature(feature: Feature, value: f64): void {
  store<f64>(features + doubles(feature), value);
}

function putPenalty(penalty: Penalty, value: f64): void {
  store<f64>(features + doubles(featureCount + penalty), value);
}

/** The gate's logit for the features. */
function judge(): f64 {
  let logit = load<f64>(parameters, 16);
  let at = parameters + 24;
  for (let index = 0; index < PENALTY_COUNT; ++index) {
    logit -= load<f64>(at) * load<f64>(features + doubles(featureCount + index));
    at += 8;
  }
  const centres = at;
  const spreads = centres + doubles(featureCount);
  at = spreads + doubles(featureCount);
  const end = <usize>(featureCount << 3);
  for (let index: usize = 0; index < end; index += 8) {
    const distance = load<f64>(features + index) - load<f64>(centres + index);
    store<f64>(standardised + index, distance / load<f64>(spreads + index));
  }
  for (let unit = 0; unit < hiddenUnits; ++unit) {
    logit += load<f64>(at) * NativeMath.tanh(load<f64>(at, 8) + dot(at + 16, standardised, end));
    at += doubles(2 + featureCount);
  }
  return logit;
}

/** The product of two vectors of so many bytes of f64, by two sums of which each takes every other pair. */
function dot(one: usize, other: usize, bytes: usize): f64 {
  const whole = bytes & ~31;
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  for (let at: usize = 0; at < whole; at += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(one + at), v128.load(other + at)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(one + at, 16), v128.load(other + at, 16)));
  }
  const both = f64x2.add(even, odd);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let at = whole; at < bytes; at += 8) sum += load<f64>(one + at) * load<f64>(other + at);
  return sum;
}

function lossOf(losses: usize, index: i32): f64 {
  return <f64>load<f32>(losses + floats(index));
}
