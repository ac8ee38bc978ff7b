// The ABI: what a host calls. src/engine.ts is its only caller on JavaScript hosts, assembly/wasi/command.ts under WASI.
//
// Addresses are byte offsets into the memory and stay as they are from one `load` to the next; a loss is per pixel; counts of
// evaluations are those of decoders.
//
// Calls may come in any order. What they need they find out for themselves: a search that has no starts or tables, and
// probabilities for an image that was not searched, return −1 (`REFUSED`) and leave everything as it was; before `load`, calls
// that need a model do nothing and addresses are 0. No call changes what a later search of another image finds.

import { BUNDLE_MAGIC, BUNDLE_VERSION } from "../format/bundle";
import { BundleHeader } from "./bundle";
import { doubles, floats, manyFloats } from "./bytes";
import * as plan from "./decoder/plan";
import { FROZEN_BUNDLE, FROZEN_BUNDLE_LENGTH } from "./frozen";
import { allocateDescent, Descent } from "./inference/bfgs";
import * as binary from "./inference/binary";
import * as confidence from "./inference/confidence";
import { allocateEvidence, gatherEvidence } from "./inference/evidence";
import * as loss from "./inference/loss";
import * as proposals from "./inference/race/proposals";
import * as race from "./inference/race/race";
import * as raceRules from "./inference/race/rules";
import * as raceTables from "./inference/race/tables";
import { fillNormal, seed } from "./inference/random";
import { searchFromPrototypes, searchFromSamples } from "./inference/search";
import * as smoothing from "./inference/smoothing";
import { allocateStarts, fillStarts, resetStarts, Starts } from "./inference/starts";
import { allocate, exhausted, mark, regionStart, release } from "./layout";
import * as sizes from "./sizes";
import { seedNormals } from "./vector/normal";

const REFUSED: i32 = -1;

let image: usize = 0;
let nextImage: usize = 0;
let latents: usize = 0;
let losses: usize = 0;
let reconstruction: usize = 0;
let gradient: usize = 0;
let probabilities: usize = 0;
let scratch: usize = 0;
let descent: Descent = changetype<Descent>(0);
/** The bundle of the model that is in place; 0: none is. */
let loaded: usize = 0;
let prototypes: Starts = changetype<Starts>(0);
let samples: Starts = changetype<Starts>(0);
let modelEnd: usize = 0;
/** Whether the image and the next one make a pair, for both of which latents are proposed when the first one races. */
let isPair: bool = false;
/** Whether latents and losses are those that a search found for the image. */
let isSearched: bool = false;
/** Whether that search was a race, which keeps its winner's reconstruction and can be settled. */
let isRaced: bool = false;
/** What that race has spent, settling included. */
let raceEvaluations: i32 = 0;

/** The frozen bundle's place in the static data. */
export function frozenBundle(): usize {
  return FROZEN_BUNDLE;
}

/** Its bytes; 0 when the module was built without weights. */
export function frozenBundleLength(): usize {
  return FROZEN_BUNDLE_LENGTH;
}

/** Empties the memory and reserves room for a custom bundle; 0 when there is not enough. Only `load` makes a model again. */
export function reserveBundle(length: usize): usize {
  unload();
  release(regionStart());
  return allocate(length);
}

function unload(): void {
  loaded = 0;
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
  resetStarts();
  confidence.resetCalibration();
  forgetImage();
}

/**
 * Lays out and packs the model in the bundle at an address: that of `frozenBundle`, or one written to where `reserveBundle`
 * said. 0: done, with class scales of 1; 1: not a bundle of this version; 2: out of memory.
 */
export function load(bundle: usize): i32 {
  const header = changetype<BundleHeader>(bundle);
  if (header.magic != BUNDLE_MAGIC || header.version != BUNDLE_VERSION) return 1;
  unload();
  release(bundle == FROZEN_BUNDLE ? regionStart() : bundle + header.length);
  if (!plan.build(bundle)) return 2;
  if (!loss.configure(header.beta, header.sphereRadius)) return 2;
  image = allocate(floats(sizes.PIXELS));
  nextImage = allocate(floats(sizes.PIXELS));
  latents = allocate(floats(sizes.classes * sizes.latents));
  losses = allocate(floats(sizes.classes));
  reconstruction = allocate(floats(sizes.PIXELS));
  gradient = allocate(floats(sizes.latents));
  probabilities = allocate(doubles(sizes.classes));
  scratch = allocate(floats(3 * sizes.latents));
  descent = allocateDescent();
  if (!raceTables.load(bundle)) return 2;
  if (raceTables.available && !race.reserve()) return 2;
  smoothing.reserve();
  modelEnd = mark();
  // Whoever loads a model reads its prototypes next.
  allocate(manyFloats(<u64>header.prototypes * sizes.classes * sizes.latents));
  if (exhausted) return 2;
  release(modelEnd);
  loaded = bundle;
  return 0;
}

/** f32 [784], in [0, 1]: the image that searches look at. Whoever writes it calls `presentImage` or `presentImagePair`. */
export function imageAddress(): usize {
  return image;
}

/** f32 [784], in [0, 1]: the second image of a pair. */
export function nextImageAddress(): usize {
  return nextImage;
}

/** f32 [classes][latents]: what the last search found, or what the caller wrote since, for the calls that decode a latent. */
export function latentsAddress(): usize {
  return latents;
}

/** f32 [classes]: losses that the last search found, times the class scales; +∞ for a class that cannot redraw the image. */
export function lossesAddress(): usize {
  return losses;
}

/** f32 [784]: what `reconstruct` left. */
export function reconstructionAddress(): usize {
  return reconstruction;
}

/** f32 [latents]: what `evaluateWithGradient` left. */
export function gradientAddress(): usize {
  return gradient;
}

/** f64 [classes]: what `paperProbabilities` or `calibratedProbabilities` left. */
export function probabilitiesAddress(): usize {
  return probabilities;
}

/** f32 [classes]: what every search multiplies losses by; `load` makes them 1. */
export function classScalesAddress(): usize {
  return loss.classScales;
}

/** Turns the image at `address`, f32 [784], into 1 where it is at least `threshold` and 0 elsewhere. */
export function thresholdImage(address: usize, threshold: f32): void {
  binary.thresholdImage(address, threshold);
}

/** Says that the image is a new one: nothing is known of it yet. */
export function presentImage(): void {
  forgetImage();
}

/**
 * The same for the image and the next one, which will come after it (`presentNext`): where they race, latents are proposed
 * for both at once, which is faster and gives the same bits.
 */
export function presentImagePair(): void {
  forgetImage();
  isPair = true;
}

/** Makes the second image the image. */
export function presentNext(): void {
  if (loaded == 0) return;
  memory.copy(image, nextImage, floats(sizes.PIXELS));
  isPair = false;
  isSearched = false;
  isRaced = false;
  proposals.presentSecond();
}

function forgetImage(): void {
  isPair = false;
  isSearched = false;
  isRaced = false;
  proposals.forget();
}

/** Writes the loaded model's prototypes, f32 [classes][prototypes][latents], to `address`. */
export function expandPrototypes(address: usize): void {
  if (loaded != 0) plan.expandPrototypes(loaded, address);
}

/** Decodes the class's latent into the reconstruction, in [0, 1]; a pixel for which the decoder computes no number is 0. */
export function reconstruct(classIndex: i32): void {
  if (loaded != 0) loss.reconstruct(classIndex, latentOf(classIndex), reconstruction);
}

/**
 * The class's loss at its latent, before its scale; the derivative with respect to the latent goes to the gradient, and means
 * nothing where the loss is +∞. The reconstruction is overwritten.
 */
export function evaluateWithGradient(classIndex: i32): f32 {
  if (loaded == 0) return Infinity;
  return loss.evaluateWithGradient(classIndex, image, latentOf(classIndex), reconstruction, gradient);
}

/** Reserves `count` starts per class, at least 1, and returns the address of their latents; 0 when out of memory. */
export function reservePrototypes(count: i32): usize {
  if (loaded != 0) prototypes = allocateStarts(count, false);
  return prototypes == changetype<Starts>(0) ? 0 : prototypes.latents;
}

/** Reserves `count` samples shared by all classes, at least 1, and returns the address of their latents; 0 when out of memory. */
export function reserveSamples(count: i32): usize {
  if (loaded != 0) samples = allocateStarts(count, true);
  return samples == changetype<Starts>(0) ? 0 : samples.latents;
}

/** Decodes prototypes `from` to `to` (exclusive) of one class into the table that the search scans. */
export function fillPrototypes(classIndex: i32, from: i32, to: i32): void {
  if (prototypes != changetype<Starts>(0)) fillStarts(prototypes, classIndex, from, to);
}

/** The same with samples. */
export function fillSamples(classIndex: i32, from: i32, to: i32): void {
  if (samples != changetype<Starts>(0)) fillStarts(samples, classIndex, from, to);
}

/** Fills `count` floats at `address` with normal deviates from `seedValue`. */
export function drawNormal(seedValue: u32, address: usize, count: i32): void {
  seed(seedValue);
  fillNormal(address, count);
}

/** Reserves scratch that is given back by `releaseScratch`; 0 when out of memory or without a model. */
export function reserveScratch(bytes: usize): usize {
  if (loaded == 0) return 0;
  const address = allocate(bytes);
  // What was refused has no consequences for what comes next.
  if (exhausted) release(mark());
  return address;
}

/** Gives back everything reserved since `scratchMark` returned `address`. */
export function releaseScratch(address: usize): void {
  if (loaded != 0) release(max(address, modelEnd));
}

/** The end of what is reserved. */
export function scratchMark(): usize {
  return mark();
}

/** Forgets prototypes and samples and gives their memory back. */
export function dropStarts(): void {
  if (loaded == 0) return;
  release(modelEnd);
  resetStarts();
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
}

/**
 * Address of the race's rules, 4 bytes each as format/race-rules.ts has them; 0 when the model brings no tables. They hold from
 * one search to the next. As long as they are all 0, a race asks one decoder once.
 */
export function raceRulesAddress(): usize {
  return loaded != 0 && raceTables.available ? raceRules.address() : 0;
}

/**
 * The paper's search over the samples. Like all searches it fills latents and losses and returns the evaluations spent; −1
 * without samples.
 */
export function searchPaper(): i32 {
  if (samples == changetype<Starts>(0)) return REFUSED;
  loss.resetEvaluations();
  searchFromSamples(samples, image, latents, losses, reconstruction, scratch);
  isSearched = true;
  isRaced = false;
  return loss.evaluations;
}

/** The best prototype of each class and a descent of at most `evaluations` evaluations, at least 1; −1 without prototypes. */
export function searchPrototypes(evaluations: i32): i32 {
  if (prototypes == changetype<Starts>(0)) return REFUSED;
  loss.resetEvaluations();
  searchFromPrototypes(prototypes, image, evaluations, latents, losses, reconstruction, descent);
  isSearched = true;
  isRaced = false;
  return loss.evaluations;
}

/** Proposes latents for the image, unless that was done. */
function proposeOnce(): void {
  if (proposals.isProposed) return;
  if (isPair) proposals.proposePair(image, nextImage);
  else proposals.propose(image);
}

/** A race under the rules; −1 without tables. */
export function searchRace(): i32 {
  if (raceRulesAddress() == 0) return REFUSED;
  proposeOnce();
  loss.resetEvaluations();
  race.race(image, latents, losses);
  isSearched = true;
  isRaced = true;
  raceEvaluations = loss.evaluations;
  return raceEvaluations;
}

/** The label alone, by a race that stops as soon as it is known; leaves latents and losses as they were. −1 without tables. */
export function raceLabel(): i32 {
  if (raceRulesAddress() == 0) return REFUSED;
  proposeOnce();
  loss.resetEvaluations();
  isRaced = false;
  return race.label(image);
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
 * Reserves the parameters of a fitted confidence, zeros for the caller to fill in, and returns their address, f64 as
 * inference/confidence.ts lays them out; 0 when out of memory, without a model, or where starts are reserved already.
 */
export function reserveCalibration(hiddenUnits: i32): usize {
  if (loaded == 0 || prototypes != changetype<Starts>(0) || samples != changetype<Starts>(0)) return 0;
  if (!allocateEvidence()) return 0;
  const address = confidence.allocateCalibration(hiddenUnits);
  modelEnd = mark();
  return address;
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
  const kept = isRaced ? race.reconstructionOf(winner) : 0;
  if (kept == 0) reconstruct(winner);
  const evidence = gatherEvidence(image, kept == 0 ? reconstruction : kept);
  const latentSquare = loss.squareOf(latentOf(winner));
  confidence.calibratedProbabilities(losses, sizes.classes, evidence, <f64>latentSquare, probabilities);
  return loss.evaluations;
}

/**
 * f64 [18]: what the last fitted confidence looked at, as format/confidence-features.ts has it, all 0 where no class could
 * redraw the image; 0 where none is in place.
 */
export function featuresAddress(): usize {
  return confidence.featuresAddress();
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

function latentOf(classIndex: i32): usize {
  return latents + floats(classIndex * sizes.latents);
}
