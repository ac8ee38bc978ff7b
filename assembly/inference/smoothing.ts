// Noisy copies of an image, for randomised smoothing (Cohen, Rosenfeld, Kolter 2019): each pixel receives independent normal
// noise and is clipped to [0, 1], which counts as a part of the classifier that labels the copies.

import { floats } from "../bytes";
import { allocate } from "../layout";
import * as sizes from "../sizes";
import { drawNormals_f32x8 } from "../vector/normal";
import { thresholdImage } from "./binary";
import { see } from "./comparison";
import * as proposals from "./race/proposals";
import * as race from "./race/race";

/** f32 [784] each. */
let copy: usize = 0;
let nextCopy: usize = 0;
/** u32 [classes]. */
let votes: usize = 0;

/** Reserves buffers for the loaded model. */
export function reserve(): void {
  copy = allocate(floats(sizes.PIXELS));
  nextCopy = allocate(floats(sizes.PIXELS));
  votes = allocate(floats(sizes.classes));
}

/** u32 [classes]: how many copies each class won when votes were last cast. */
export function votesAddress(): usize {
  return votes;
}

/** Writes a noisy copy of `source` to `target`, both f32 [784]; 784 is a multiple of 8. */
export function addNoise(source: usize, sigma: f32, target: usize): void {
  const deviation = f32x4.splat(sigma);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let at: usize = 0; at < floats(sizes.PIXELS); at += 32) {
    drawNormals_f32x8(target + at);
    for (let half = at; half < at + 32; half += 16) {
      const noisy = f32x4.add(v128.load(source + half), f32x4.mul(deviation, v128.load(target + half)));
      v128.store(target + half, f32x4.pmin(f32x4.pmax(noisy, zero), one));
    }
  }
}

/**
 * Labels `samples` noisy copies of `source`, f32 [784], by what the surrogates foretell, and counts the labels. Copies are
 * looked at in pairs, which share what is loaded of the tables.
 *
 * @param threshold from which on a pixel is white, or below 0 for models that see greys
 */
export function castVotes(source: usize, sigma: f32, samples: i32, threshold: f32): void {
  memory.fill(votes, 0, floats(sizes.classes));
  for (let sample = 0; sample < samples; sample += 2) {
    makeCopy(source, sigma, threshold, copy);
    if (sample + 1 == samples) {
      proposals.propose(copy);
      castVote();
      return;
    }
    makeCopy(source, sigma, threshold, nextCopy);
    proposals.proposePair(copy, nextCopy);
    castVote();
    proposals.presentSecond();
    castVote();
  }
}

function makeCopy(source: usize, sigma: f32, threshold: f32, target: usize): void {
  addNoise(source, sigma, target);
  if (threshold >= 0) thresholdImage(target, threshold);
  see(target);
}

function castVote(): void {
  const at = votes + floats(race.foretoldLabel());
  store<u32>(at, load<u32>(at) + 1);
}
