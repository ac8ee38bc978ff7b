// The race: the cheapest model that can still tell decides who goes on to the next. docs/glossary.md explains its words.
//
//   1. The network proposes latents for every class (proposals.ts).
//   2. All of them descend on the surrogates (foretelling.ts); those too far above the best are dropped.
//   3. The best of each class that is still close moves on to the true decoder, with the curvature that its descent has
//      measured, and descends there; again those too far above the best are dropped.
//   4. The winner is polished, and the runner-up where it is close enough to matter; both go on for longer when they end
//      close together. A class that the true decoder has not seen enters late when its foretold loss turns out to be below
//      the winner's true one.
//
// Every loss that could be the lowest is thus a true one; the losses of classes dropped on the way are upper bounds, and
// those of classes that never met the true decoder are foretold. All comparisons are between losses times their class's
// scale.

import { RaceRule } from "../../../format/race-rules";
import { floats } from "../../bytes";
import { allocate } from "../../layout";
import * as sizes from "../../sizes";
import { accepts, begin, move, moveWithGradient, propose } from "../bfgs";
import * as comparison from "../comparison";
import * as loss from "../loss";
import * as foretelling from "./foretelling";
import * as proposals from "./proposals";
import * as racers from "./racers";
import {
  bestOfClass,
  count,
  haveSeveralClasses,
  isClassTrue,
  lowest,
  lowestRacer,
  noteFit,
  placeInClass,
  Racer,
  RECONSTRUCTION_BYTES,
  racerAt,
  scaledLoss,
} from "./racers";
import * as rules from "./rules";
import * as surrogate from "./surrogate";

/** Evaluations of the true decoder after which nothing is evaluated any more. */
let ceiling: i32 = 0;
/** f32 [784]: what the decoder draws at a trial; a racer that moves there takes it and gives its own in exchange. */
let trialReconstruction: usize = 0;

/** Reserves rules and buffers for the loaded tables, with room to set a race aside where that is wanted; false when memory runs out. */
export function reserve(canSetAside: bool): bool {
  trialReconstruction = allocate(RECONSTRUCTION_BYTES);
  if (trialReconstruction == 0) return false;
  return rules.reserve() && racers.reserve(canSetAside) && proposals.reserve() && surrogate.reserve();
}

/**
 * Races all classes for `image`, f32 [784] in [0, 1], for which latents are proposed (proposals.ts); leaves the best latent
 * of every class, `latents` f32 [classes][latents], and its loss times the class's scale, `losses` f32 [classes].
 */
export function race(image: usize, latents: usize, losses: usize): void {
  foretell();
  finish(image, latents, losses);
}

/** Steps 1 and 2 of it alone; returns the lowest loss that is foretold. */
export function foretell(): f32 {
  foretelling.foretell(false);
  return lowest(false);
}

/** The steps after these. */
export function finish(image: usize, latents: usize, losses: usize): void {
  enter(image);
  runTrueRace(image);
  polish(image);
  report(latents, losses);
}

/**
 * Only the label, likewise: no gradient is taken once one class is left, nothing is polished, and where no second class may
 * enter the true race, the true decoder is not asked at all.
 */
export function label(image: usize): i32 {
  foretelling.foretell(true);
  const foretold = lowestRacer(-1, false);
  const rival = lowestRacer(foretold.classIndex, false);
  if (scaledLoss(rival) > scaledLoss(foretold) + rules.margin(RaceRule.entranceMargin)) return foretold.classIndex;
  enter(image);
  runTrueRace(image);
  while (enterLate(scaledLoss(lowestRacer(-1, true)), image)) {}
  return lowestRacer(-1, true).classIndex;
}

/** What the surrogates alone say, whoever is close behind: step 2's winner, without a look by the true decoder. */
export function foretoldLabel(): i32 {
  foretelling.foretell(true);
  return lowestRacer(-1, false).classIndex;
}

/** Step 3's entrance: the best few of each class within the margin meet the true decoder; whatever the rules, one does. */
function enter(image: usize): void {
  ceiling = max(1, rules.count(RaceRule.ceilingPerClass) * sizes.classes);
  const bound = lowest(false) + rules.margin(RaceRule.entranceMargin);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    const enters = scaledLoss(racer) <= bound && placeInClass(index) < rules.count(RaceRule.entrants);
    if (enters) foretelling.learn(racer);
    else foretelling.drop(racer);
    racer.races = enters;
  }
  const best = lowestRacer(-1, false);
  const foretold = best.descent.loss;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.races) meetTrueDecoder(racer, image);
  }
  if (loss.evaluations == 0) meetTrueDecoder(best, image);
  if (comparison.isTolerant && best.evaluated > 0) correctForetold(best.descent.loss - foretold);
}

/**
 * How much of its error an image is forgiven no surrogate knows, but that is much the same for all classes: what the best foretold
 * loss was wrong by is added to those of the classes that stay outside.
 */
function correctForetold(change: f32): void {
  if (!isFinite<f32>(change)) return;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.evaluated == 0) racer.descent.loss += change;
  }
}

/** The first true evaluation. Past the ceiling a latent stays outside. */
function meetTrueDecoder(racer: Racer, image: usize): void {
  racer.races = loss.evaluations < ceiling;
  if (!racer.races) return;
  begin(racer.descent, evaluateAtLatent(racer, image));
  racer.evaluated = 1;
  racer.settled = false;
  racer.lacksGradient = false;
}

/** The true loss where the racer is, with reconstruction and gradient. */
function evaluateAtLatent(racer: Racer, image: usize): f32 {
  const descent = racer.descent;
  const drawn = racer.reconstruction;
  const found = loss.evaluateWithGradient(racer.classIndex, image, descent.latent, drawn, descent.gradient);
  noteFit(racer);
  return found;
}

/** One more true evaluation; false when there is no way down or the ceiling is reached. */
function advance(racer: Racer, image: usize): bool {
  if (racer.settled || loss.evaluations >= ceiling) return false;
  const descent = racer.descent;
  if (racer.lacksGradient) {
    begin(descent, evaluateAtLatent(racer, image));
    racer.lacksGradient = false;
    return true;
  }
  racer.settled = !propose(descent);
  if (racer.settled) return false;
  ++racer.evaluated;
  // Where no step will follow, no gradient is needed.
  const usual = max(rules.count(RaceRule.raced), rules.count(RaceRule.polished));
  const longest = max(usual, rules.count(RaceRule.contested));
  const isLast = racer.evaluated == usual || racer.evaluated == longest || loss.evaluations + 1 >= ceiling;
  const drawn = trialReconstruction;
  const found = isLast
    ? loss.evaluate(racer.classIndex, image, descent.trial, drawn)
    : loss.evaluateWithGradient(racer.classIndex, image, descent.trial, drawn, descent.trialGradient);
  if (!accepts(descent, found)) return true;
  if (isLast) move(descent);
  else moveWithGradient(descent);
  racer.lacksGradient = isLast;
  trialReconstruction = racer.reconstruction;
  racer.reconstruction = drawn;
  noteFit(racer);
  return true;
}

/** Step 3: rounds of one evaluation each, until one class is left. */
function runTrueRace(image: usize): void {
  let margin = rules.margin(RaceRule.raceMargin);
  for (let round = 1; round < rules.count(RaceRule.raced); ++round) {
    dropTrue(lowest(true) + margin);
    if (!haveSeveralClasses()) return;
    margin *= rules.margin(RaceRule.raceDecay);
    for (let index = 0; index < count; ++index) {
      const racer = racerAt(index);
      if (racer.races) advance(racer, image);
    }
  }
}

/** Drops those above the bound. */
function dropTrue(bound: f32): void {
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (scaledLoss(racer) > bound) racer.races = false;
  }
}

/** Step 4. */
function polish(image: usize): void {
  const polished = rules.count(RaceRule.polished);
  const contested = rules.count(RaceRule.contested);
  // Each pass brings a class before the true decoder or polishes a latent for good.
  for (let pass = 0; pass < 4 * count; ++pass) {
    const winner = lowestRacer(-1, true);
    polishOne(winner, polished, image);
    const runnerUpBound = scaledLoss(winner) + rules.margin(RaceRule.runnerUpMargin);
    if (enterLate(runnerUpBound, image)) continue;
    const runnerUp = lowestRacer(winner.classIndex, true);
    if (changetype<usize>(runnerUp) == 0 || scaledLoss(runnerUp) > runnerUpBound) return;
    if (polishOne(runnerUp, polished, image)) continue;
    if (scaledLoss(runnerUp) > scaledLoss(winner) + rules.margin(RaceRule.contestedMargin)) return;
    const winnerMoved = polishOne(winner, contested, image);
    if (!polishOne(runnerUp, contested, image) && !winnerMoved) return;
  }
}

/**
 * Brings the best class that the true decoder has not seen before it, if its foretold loss is below the bound. Where the
 * bound is +∞, no decoder asked so far can redraw the image, and any class may try.
 */
function enterLate(bound: f32, image: usize): bool {
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if ((scaledLoss(racer) >= bound && bound < Infinity) || isClassTrue(racer.classIndex)) continue;
    if (changetype<usize>(best) == 0 || scaledLoss(racer) < scaledLoss(best)) best = racer;
  }
  if (changetype<usize>(best) == 0) return false;
  meetTrueDecoder(best, image);
  return best.evaluated > 0;
}

/** Takes a latent to a number of evaluations; false when there was nothing left to do. */
function polishOne(racer: Racer, evaluations: i32, image: usize): bool {
  let moved = false;
  while (racer.evaluated < evaluations && advance(racer, image)) moved = true;
  return moved;
}

/** Keeps a foretold loss that the ceiling left unchecked above the lowest true one. */
const ABOVE: f32 = 1.000001;

/** The best latent of each class and its loss: a true one wherever the true decoder has seen the class. */
function report(latents: usize, losses: usize): void {
  const latentBytes = floats(sizes.latents);
  const bound = ABOVE * lowest(true);
  for (let index = 0; index < sizes.classes; ++index) {
    const best = bestOfClass(index);
    memory.copy(latents + <usize>index * latentBytes, best.descent.latent, latentBytes);
    const found = scaledLoss(best);
    store<f32>(losses + floats(index), best.evaluated > 0 ? found : max<f32>(bound, found));
  }
}

/**
 * The best latent of a class that the true decoder has seen in the last race, with its reconstruction and what was fitted to that;
 * a null reference for others.
 */
export function trueRacerOf(classIndex: i32): Racer {
  return isClassTrue(classIndex) ? bestOfClass(classIndex) : changetype<Racer>(0);
}

/**
 * Goes on after `race` with the same image: takes the best latent of every class to the full number of evaluations, for
 * those who look at all classes. That many for each class is its own ceiling, whatever the race has spent. Leaves latents
 * and losses as `race` does.
 */
export function settleAll(image: usize, latents: usize, losses: usize): void {
  ceiling = i32.MAX_VALUE;
  for (let index = 0; index < sizes.classes; ++index) {
    const best = bestOfClass(index);
    if (best.evaluated == 0) meetTrueDecoder(best, image);
    polishOne(best, rules.count(RaceRule.polished), image);
  }
  report(latents, losses);
}
