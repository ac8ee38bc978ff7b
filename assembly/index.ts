// The ABI. src/engine.ts is its only caller on JavaScript hosts. Addresses are fixed from one `load` to the next.

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

let image: usize = 0;
let nextImage: usize = 0;
let latents: usize = 0;
let losses: usize = 0;
let reconstruction: usize = 0;
let gradient: usize = 0;
let probabilities: usize = 0;
let classScales: usize = 0;
let scratch: usize = 0;
let descent: Descent = changetype<Descent>(0);
let loaded: usize = 0;
let prototypes: Starts = changetype<Starts>(0);
let samples: Starts = changetype<Starts>(0);
let modelEnd: usize = 0;
/** Whether the last search was a race, which keeps its winner's reconstruction. */
let raced: bool = false;

/** The frozen bundle's place in the static data. */
export function frozenBundle(): usize {
  return FROZEN_BUNDLE;
}

export function frozenBundleLength(): usize {
  return FROZEN_BUNDLE_LENGTH;
}

/** Empties the memory and reserves room for a custom bundle; 0 when there is not enough. */
export function reserveBundle(length: usize): usize {
  release(regionStart());
  return allocate(length);
}

/** Lays out and packs the model in a bundle. 0: done; 1: not a bundle of this version; 2: out of memory. */
export function load(bundle: usize): i32 {
  const header = changetype<BundleHeader>(bundle);
  if (header.magic != BUNDLE_MAGIC || header.version != BUNDLE_VERSION) return 1;
  release(bundle == FROZEN_BUNDLE ? regionStart() : bundle + header.length);
  resetStarts();
  loaded = bundle;
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
  if (!plan.build(bundle)) return 2;
  if (!loss.configure(header.beta, header.sphereRadius)) return 2;
  image = allocate(floats(sizes.PIXELS));
  nextImage = allocate(floats(sizes.PIXELS));
  latents = allocate(floats(sizes.classes * sizes.latents));
  losses = allocate(floats(sizes.classes));
  reconstruction = allocate(floats(sizes.PIXELS));
  gradient = allocate(floats(sizes.latents));
  probabilities = allocate(doubles(sizes.classes));
  classScales = allocate(floats(sizes.classes));
  scratch = allocate(floats(3 * sizes.latents));
  descent = allocateDescent();
  if (!raceTables.load(bundle)) return 2;
  if (raceTables.available && !race.reserve(classScales)) return 2;
  smoothing.reserve();
  modelEnd = mark();
  // Whoever loads a model reads its prototypes next.
  allocate(manyFloats(<u64>header.prototypes * sizes.classes * sizes.latents));
  if (exhausted) return 2;
  release(modelEnd);
  return 0;
}

/** f32 [784]: the image that `search…` and `evaluate…` look at, in [0, 1]. */
export function imageAddress(): usize {
  return image;
}

/** f32 [784]: the second image of a pair. */
export function nextImageAddress(): usize {
  return nextImage;
}

/** f32 [classes][latents]. */
export function latentsAddress(): usize {
  return latents;
}

/** f32 [classes]. */
export function lossesAddress(): usize {
  return losses;
}

/** f32 [784]. */
export function reconstructionAddress(): usize {
  return reconstruction;
}

/** f32 [latents]. */
export function gradientAddress(): usize {
  return gradient;
}

/** f64 [classes]. */
export function probabilitiesAddress(): usize {
  return probabilities;
}

/** f32 [classes]: what `scaleLosses` multiplies by. */
export function classScalesAddress(): usize {
  return classScales;
}

/** Turns the image at `address`, f32 [784], into 1 where it is at least `threshold` and 0 elsewhere. */
export function thresholdImage(address: usize, threshold: f32): void {
  binary.thresholdImage(address, threshold);
}

/** Multiplies the losses by the class scales. */
export function scaleLosses(): void {
  binary.scaleLosses(losses, classScales);
}

/** Writes the loaded model's prototypes, f32 [classes][prototypes][latents], to `address`. */
export function expandPrototypes(address: usize): void {
  plan.expandPrototypes(loaded, address);
}

/** Decodes the class's latent into the reconstruction. */
export function reconstruct(classIndex: i32): void {
  loss.reconstruct(classIndex, latentOf(classIndex), reconstruction);
}

/** The class's loss at its latent; its derivative with respect to the latent goes to the gradient. */
export function evaluateWithGradient(classIndex: i32): f32 {
  return loss.evaluateWithGradient(classIndex, image, latentOf(classIndex), gradient);
}

/** Reserves `count` starts a class and returns the address of their latents; 0 when out of memory. */
export function reservePrototypes(count: i32): usize {
  prototypes = allocateStarts(count, false);
  return prototypes == changetype<Starts>(0) ? 0 : prototypes.latents;
}

/** Reserves `count` samples shared by all classes and returns the address of their latents; 0 when out of memory. */
export function reserveSamples(count: i32): usize {
  samples = allocateStarts(count, true);
  return samples == changetype<Starts>(0) ? 0 : samples.latents;
}

/** Decodes prototypes `from` to `to` of one class into the table that the search scans. */
export function fillPrototypes(classIndex: i32, from: i32, to: i32): void {
  fillStarts(prototypes, classIndex, from, to);
}

export function fillSamples(classIndex: i32, from: i32, to: i32): void {
  fillStarts(samples, classIndex, from, to);
}

/** Fills `count` floats at `address` with normal deviates from `seedValue`. */
export function drawNormal(seedValue: u32, address: usize, count: i32): void {
  seed(seedValue);
  fillNormal(address, count);
}

/** Reserves scratch that is given back by `releaseScratch`; 0 when out of memory. */
export function reserveScratch(bytes: usize): usize {
  const address = allocate(bytes);
  // What was refused has no consequences for what comes next.
  if (exhausted) release(mark());
  return address;
}

/** Gives back everything reserved since `scratchMark` returned `address`. */
export function releaseScratch(address: usize): void {
  release(address);
}

export function scratchMark(): usize {
  return mark();
}

/** Forgets prototypes and samples. */
export function dropStarts(): void {
  release(modelEnd);
  resetStarts();
  prototypes = changetype<Starts>(0);
  samples = changetype<Starts>(0);
}

/** Address of the race's rules, laid out as format/race-rules.ts has them; 0 when the model brings no tables. */
export function raceRulesAddress(): usize {
  return raceTables.available ? raceRules.address() : 0;
}

/** All searches fill latents and losses and return the number of decoder evaluations spent. */
export function searchPaper(): i32 {
  loss.resetEvaluations();
  raced = false;
  searchFromSamples(samples, image, latents, losses, scratch);
  return loss.evaluations;
}

export function searchPrototypes(evaluations: i32): i32 {
  loss.resetEvaluations();
  raced = false;
  searchFromPrototypes(prototypes, image, evaluations, latents, losses, descent);
  return loss.evaluations;
}

/** Proposes latents for the image, for a race to come. */
export function propose(): void {
  proposals.propose(image);
}

/** The same for both images of a pair at once. */
export function proposePair(): void {
  proposals.proposePair(image, nextImage);
}

/** Makes the second image of a pair the image. */
export function presentNext(): void {
  memory.copy(image, nextImage, floats(sizes.PIXELS));
  proposals.presentSecond();
}

/** Behind one of the three functions above. */
export function searchRace(): i32 {
  loss.resetEvaluations();
  raced = true;
  race.race(image, latents, losses);
  return loss.evaluations;
}

/** The label alone, likewise, by a race that stops as soon as it is known; leaves latents and losses as they were. */
export function raceLabel(): i32 {
  loss.resetEvaluations();
  raced = false;
  return race.label(image);
}

/** Behind `searchRace`: takes every class to the full number of evaluations. Returns all evaluations of both. */
export function settleRace(): i32 {
  race.settleAll(image, latents, losses);
  return loss.evaluations;
}

/** Losses → probabilities by the paper's formula. */
export function paperProbabilities(scale: f64, floor: f64): void {
  confidence.paperProbabilities(losses, sizes.classes, scale, floor, probabilities);
}

/**
 * Reserves the parameters of a fitted confidence and returns their address, f64 as inference/confidence.ts lays them
 * out; 0 when out of memory. Called once behind `load`, before any starts.
 */
export function reserveCalibration(hiddenUnits: i32): usize {
  if (!allocateEvidence()) return 0;
  const address = confidence.allocateCalibration(hiddenUnits);
  modelEnd = mark();
  return address;
}

/** The last search's losses and its winner's redrawing → probabilities. Returns the decoder evaluations spent. */
export function calibratedProbabilities(): i32 {
  loss.resetEvaluations();
  const winner = confidence.lowest(losses, sizes.classes);
  const kept = raced ? race.reconstructionOf(winner) : 0;
  if (kept == 0) reconstruct(winner);
  const evidence = gatherEvidence(image, kept == 0 ? reconstruction : kept);
  const latentSquare = loss.squareOf(latentOf(winner));
  confidence.calibratedProbabilities(losses, sizes.classes, evidence, <f64>latentSquare, probabilities);
  return loss.evaluations;
}

/** f64: what the last fitted confidence looked at. */
export function featuresAddress(): usize {
  return confidence.featuresAddress();
}

/** Starts the noise of `addNoise` and `castVotes` from a seed. */
export function seedNoise(seedValue: u32): void {
  seedNormals(seedValue);
}

/** Writes a noisy copy of `source` to `target`, both f32 [784], clipped to [0, 1]. */
export function addNoise(source: usize, sigma: f32, target: usize): void {
  smoothing.addNoise(source, sigma, target);
}

/** Labels noisy copies of `source`, f32 [784], by the surrogates; `threshold` below 0: none. For models that can race. */
export function castVotes(source: usize, sigma: f32, samples: i32, threshold: f32): void {
  smoothing.castVotes(source, sigma, samples, threshold);
}

/** u32 [classes]: the votes cast. */
export function votesAddress(): usize {
  return smoothing.votesAddress();
}

function latentOf(classIndex: i32): usize {
  return latents + floats(classIndex * sizes.latents);
}
