import { AS_GIVEN } from "../../format/views";
import * as comparison from "../inference/comparison";
import * as confidence from "../inference/confidence";
import { gatherEvidence } from "../inference/evidence";
import * as loss from "../inference/loss";
import * as looks from "../inference/race/looks";
import * as race from "../inference/race/race";
import { Racer } from "../inference/race/racers";
import { fillNormal, seed } from "../inference/random";
import { searchFromPrototypes, searchFromSamples } from "../inference/search";
import * as smoothing from "../inference/smoothing";
import { Starts } from "../inference/starts";
import * as trail from "../inference/trail";
import * as views from "../inference/views";
import * as sizes from "../sizes";
import { seedNormals } from "../vector/normal";
import {
  descent,
  forgetImage,
  gradient,
  image,
  isRaced,
  isSearched,
  latentOf,
  latents,
  losses,
  noteLabelled,
  noteSearch,
  probabilities,
  proposeOnce,
  reconstruction,
  scratch,
  takeNext,
} from "./image";
import { loaded, prototypes, raceRulesAddress, samples } from "./model";

// What is asked about the image in place: decoding, searching, judging, and noisy copies.

const REFUSED: i32 = -1;

const fitted: usize = memory.data(8, 8);

/** What the last race has spent, settling included. */
let raceEvaluations: i32 = 0;

/** Makes the second image the image. */
export function presentNext(): void {
  if (loaded != 0) takeNext();
}

/** Decodes the class's latent into the reconstruction, in [0, 1]; a pixel for which the decoder computes no number is 0. */
export function reconstruct(classIndex: i32): void {
  if (loaded != 0) loss.reconstruct(classIndex, latentOf(classIndex), reconstruction);
}

/**
 * `reconstruct`, with the gain and the offset that fit it to the image; both go to `fitAddress`. In a model without they are 1
 * and 0.
 */
export function redraw(classIndex: i32): void {
  if (loaded == 0) return;
  loss.redraw(classIndex, image, latentOf(classIndex), reconstruction);
  store<f32>(fitted, comparison.gain);
  store<f32>(fitted, comparison.offset, 4);
}

/** Which view of the image the last race was decided by, as format/views.ts numbers them. */
export function view(): i32 {
  return looks.view;
}

/**
 * i32 [784][2]: where that view's pixels come from, unless the image is as it was given: a pixel of that one, and one that is taken
 * off it. 0 without tables.
 */
export function viewSourcesAddress(): usize {
  return raceRulesAddress() == 0 ? 0 : views.sources;
}

/** f32 [2]: gain and offset of the last `redraw`. */
export function fitAddress(): usize {
  return fitted;
}

/**
 * The class's loss at its latent, before its scale; the derivative with respect to the latent goes to the gradient, and means
 * nothing where the loss is +∞. The reconstruction is overwritten.
 */
export function evaluateWithGradient(classIndex: i32): f32 {
  if (loaded == 0) return Infinity;
  return loss.evaluateWithGradient(classIndex, image, latentOf(classIndex), reconstruction, gradient);
}

/**
 * The paper's search over the samples. Like all searches it fills latents and losses and returns the evaluations spent; −1
 * without samples.
 */
export function searchPaper(): i32 {
  if (samples == changetype<Starts>(0)) return REFUSED;
  loss.beginSearch();
  looks.giveBack(image);
  searchFromSamples(samples, image, latents, losses, reconstruction, scratch);
  noteSearch(true, false);
  return loss.evaluations;
}

/** The best prototype of each class and a descent of at most `evaluations` evaluations, at least 1; −1 without prototypes. */
export function searchPrototypes(evaluations: i32): i32 {
  if (prototypes == changetype<Starts>(0)) return REFUSED;
  loss.beginSearch();
  looks.giveBack(image);
  searchFromPrototypes(prototypes, image, evaluations, latents, losses, reconstruction, descent);
  noteSearch(true, false);
  return loss.evaluations;
}

/**
 * A race under the rules, and others of the image's other views where that leaves doubts; −1 without tables. The view chosen is then
 * the image (`view`).
 */
export function searchRace(): i32 {
  if (raceRulesAddress() == 0) return REFUSED;
  looks.giveBack(image);
  proposeOnce();
  raceEvaluations = looks.search(image, latents, losses);
  noteSearch(true, true);
  return raceEvaluations;
}

/**
 * The label alone, by a race that stops as soon as it is known; leaves latents and losses as they were, which then are a search's no
 * more if that was decided by another view. −1 without tables.
 */
export function raceLabel(): i32 {
  if (raceRulesAddress() == 0) return REFUSED;
  // The image takes the view's place, and is not what these losses are about.
  if (looks.view != AS_GIVEN) noteSearch(false, false);
  looks.giveBack(image);
  proposeOnce();
  noteLabelled();
  return looks.label(image);
}

/**
 * After a race, which is run first where the last search was none: takes every class to the full number of evaluations.
 * Returns all evaluations of race and settling; −1 without tables.
 */
export function settleRace(): i32 {
  if (!isRaced && searchRace() == REFUSED) return REFUSED;
  loss.resetEvaluations();
  race.settleAll(image, latents, losses);
  raceEvaluations += loss.evaluations;
  return raceEvaluations;
}

/** Losses of the last search → probabilities by the paper's formula. 0; −1 when the image was not searched. */
export function paperProbabilities(scale: f64, floor: f64): i32 {
  if (!isSearched) return REFUSED;
  confidence.paperProbabilities(losses, sizes.classes, scale, floor, probabilities);
  return 0;
}

/**
 * The last search's losses and its winner's redrawing → probabilities; uniform where no class can redraw the image. Returns the
 * evaluations spent: 1, or 0 where a race has kept the redrawing or there is none. −1 when the image was not searched, or no
 * fitted confidence is in place.
 */
export function calibratedProbabilities(): i32 {
  if (!isSearched || !confidence.isCalibrated()) return REFUSED;
  loss.resetEvaluations();
  if (!confidence.isRedrawn(losses, sizes.classes)) {
    confidence.uniformProbabilities(sizes.classes, probabilities);
    confidence.clearFeatures();
    return 0;
  }
  const winner = confidence.lowest(losses, sizes.classes);
  const kept = isRaced ? race.trueRacerOf(winner) : changetype<Racer>(0);
  const isKept = changetype<usize>(kept) != 0;
  if (!isKept) redraw(winner);
  const evidence = gatherEvidence(image, isKept ? kept.reconstruction : reconstruction);
  const latentSquare = loss.squareOf(latentOf(winner));
  const gain: f64 = isKept ? kept.gain : comparison.gain;
  const offset: f64 = isKept ? kept.offset : comparison.offset;
  confidence.calibratedProbabilities(losses, sizes.classes, evidence, <f64>latentSquare, gain, offset, probabilities);
  return loss.evaluations;
}

/** ln g/(1 − g) of the last `calibratedProbabilities`, g how likely the image is one of the classes at all; −∞ without redrawing. */
export function gateLogit(): f64 {
  return confidence.gateLogit();
}

/**
 * f64 [118 + classes]: what the last fitted confidence looked at, as format/confidence-features.ts has it, all 0 where no class
 * could redraw the image; 0 where none is in place.
 */
export function featuresAddress(): usize {
  return confidence.featuresAddress();
}

/** How many losses the last search, settling included, computed with the class's true decoder: up to 128 are kept. */
export function trailLength(classIndex: i32): i32 {
  return loaded == 0 ? 0 : trail.lengthOf(classIndex);
}

/** f32 [`trailLength`]: these losses in their order, before the class's scale. */
export function trailAddress(classIndex: i32): usize {
  return loaded == 0 ? 0 : trail.addressOf(classIndex);
}

/** Fills `count` floats at `address` with normal deviates from `seedValue`. */
export function drawNormal(seedValue: u32, address: usize, count: i32): void {
  seed(seedValue);
  fillNormal(address, count);
}

/** Starts the noise of `addNoise` and `castVotes` from a seed. */
export function seedNoise(seedValue: u32): void {
  seedNormals(seedValue);
}

/** Writes a noisy copy of `source` to `target`, both f32 [784], clipped to [0, 1]. */
export function addNoise(source: usize, sigma: f32, target: usize): void {
  if (loaded != 0) smoothing.addNoise(source, sigma, target);
}

/**
 * Labels `samples` noisy copies of `source`, f32 [784] (not the second image), by the surrogates under the race's rules, and
 * counts; `threshold` below 0: none. The image is set no more. 0; −1 without tables.
 */
export function castVotes(source: usize, sigma: f32, samples: i32, threshold: f32): i32 {
  if (raceRulesAddress() == 0) return REFUSED;
  smoothing.castVotes(source, sigma, samples, threshold);
  forgetImage();
  return 0;
}

/** u32 [classes]: the votes cast. */
export function votesAddress(): usize {
  return smoothing.votesAddress();
}
