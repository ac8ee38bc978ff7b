// The race: the cheapest model that can still tell decides who goes on to the next.
//
//   1. The network proposes latents for every class (proposals.ts).
//   2. All of them descend on the surrogates (foretelling.ts); those that fall behind are dropped.
//   3. The best of each class that is still close moves on to the true decoder, with the curvature that its descent has
//      measured, and descends there; again those that fall behind are dropped.
//   4. The winner is polished, and the runner-up where it is close enough to matter; both go on for longer when they end
//      close together. A class that the true decoder has not seen enters late when its foretold loss turns out to be below
//      the winner's true one.
//
// Every loss that could be the lowest is thus a true one; the losses of classes dropped on the way are upper bounds, and
// those of classes that never met the true decoder are foretold.

import { RaceRule } from "../../../format/race-rules";
import * as sizes from "../../sizes";
import { accepts, begin, move, moveWithGradient, propose } from "../bfgs";
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

/** Reserves the rules and buffers for the loaded tables; false when memory runs out. `scales` is f32 [classes]. */
export function reserve(scales: usize): bool {
  foretelling.configure(scales);
  return rules.reserve() && racers.reserve() && proposals.reserve() && surrogate.reserve();
}

/**
 * Races all classes for an image for which latents are proposed (proposals.ts); leaves the best latent and loss of every
 * class.
 */
export function race(image: usize, latents: usize, losses: usize): void {
  ceiling = rules.count(RaceRule.ceilingPerClass) * sizes.classes;
  foretelling.foretell(false);
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
  ceiling = rules.count(RaceRule.ceilingPerClass) * sizes.classes;
  foretelling.foretell(true);
  const foretold = lowestRacer(-1, false);
  const rival = lowestRacer(foretold.classIndex, false);
  if (
    changetype<usize>(rival) == 0 ||
    scaledLoss(rival) > scaledLoss(foretold) + rules.margin(RaceRule.entranceMargin)
  ) {
    return foretold.classIndex;
  }
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

/** Step 3's entrance: the best few of each class within the margin meet the true decoder. */
function enter(image: usize): void {
  const bound = lowest(false) + rules.margin(RaceRule.entranceMargin);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    const enters = scaledLoss(racer) <= bound && placeInClass(index) < rules.count(RaceRule.entrants);
    if (enters) foretelling.learn(racer);
    else foretelling.drop(racer);
    racer.races = enters;
  }
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.races) meetTrueDecoder(racer, image);
  }
}

/** The first true evaluation. Past the ceiling a latent stays outside. */
function meetTrueDecoder(racer: Racer, image: usize): void {
  racer.races = loss.evaluations < ceiling;
  if (!racer.races) return;
  const descent = racer.descent;
  begin(descent, loss.evaluateWithGradient(racer.classIndex, image, descent.latent, descent.gradient));
  racer.evaluated = 1;
  racer.settled = false;
  racer.lacksGradient = false;
  memory.copy(racer.reconstruction, loss.compared, RECONSTRUCTION_BYTES);
}

/** One more true evaluation; false when there is no way down or the ceiling is reached. */
function advance(racer: Racer, image: usize): bool {
  if (racer.settled || loss.evaluations >= ceiling) return false;
  const descent = racer.descent;
  if (racer.lacksGradient) {
    begin(descent, loss.evaluateWithGradient(racer.classIndex, image, descent.latent, descent.gradient));
    racer.lacksGradient = false;
    return true;
  }
  racer.settled = !propose(descent);
  if (racer.settled) return false;
  ++racer.evaluated;
  // Where no step will follow, no gradient is needed.
  const usual = max(rules.count(RaceRule.raced), rules.count(RaceRule.polished));
  const isLast =
    racer.evaluated == usual ||
    racer.evaluated == max(usual, rules.count(RaceRule.contested)) ||
    loss.evaluations + 1 >= ceiling;
  const found = isLast
    ? loss.evaluate(racer.classIndex, image, descent.trial)
    : loss.evaluateWithGradient(racer.classIndex, image, descent.trial, descent.trialGradient);
  if (!accepts(descent, found)) return true;
  if (isLast) move(descent);
  else moveWithGradient(descent);
  racer.lacksGradient = isLast;
  memory.copy(racer.reconstruction, loss.compared, RECONSTRUCTION_BYTES);
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

/** Drops those behind the bound. */
function dropTrue(bound: f32): void {
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (scaledLoss(racer) > bound) racer.races = false;
  }
}

/** Step 4. */
function polish(image: usize): void {
  // Each pass brings a class before the true decoder or polishes a latent for good.
  for (let pass = 0; pass < 4 * count; ++pass) {
    const winner = lowestRacer(-1, true);
    polishOne(winner, rules.count(RaceRule.polished), image);
    const runnerUpBound = scaledLoss(winner) + rules.margin(RaceRule.runnerUpMargin);
    if (enterLate(runnerUpBound, image)) continue;
    const runnerUp = lowestRacer(winner.classIndex, true);
    if (changetype<usize>(runnerUp) == 0 || scaledLoss(runnerUp) > runnerUpBound) return;
    if (polishOne(runnerUp, rules.count(RaceRule.polished), image)) continue;
    if (scaledLoss(runnerUp) > scaledLoss(winner) + rules.margin(RaceRule.contestedMargin)) return;
    const winnerMoved = polishOne(winner, rules.count(RaceRule.contested), image);
    if (!polishOne(runnerUp, rules.count(RaceRule.contested), image) && !winnerMoved) return;
  }
}

/** Brings the best class that the true decoder has not seen before it, if its foretold loss is below the bound. */
function enterLate(bound: f32, image: usize): bool {
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (scaledLoss(racer) >= bound || isClassTrue(racer.classIndex)) continue;
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

/** Keeps a foretold loss that the ceiling left unchecked behind the lowest true one. */
const BEHIND: f32 = 1.000001;

/** The best latent of each class and its loss: a true one wherever the true decoder has seen the class. */
function report(latents: usize, losses: usize): void {
  const latentBytes = (<usize>sizes.latents) << 2;
  const bound = BEHIND * lowest(true);
  for (let index = 0; index < sizes.classes; ++index) {
    const best = bestOfClass(index);
    memory.copy(latents + <usize>index * latentBytes, best.descent.latent, latentBytes);
    const found = best.descent.loss;
    store<f32>(losses + ((<usize>index) << 2), best.evaluated > 0 ? found : max<f32>(bound / best.scale, found));
  }
}

/** f32 [784]: the reconstruction at the best latent of a class that the true decoder has seen; 0 for others. */
export function reconstructionOf(classIndex: i32): usize {
  return isClassTrue(classIndex) ? bestOfClass(classIndex).reconstruction : 0;
}

/**
 * Behind `race`: takes the best latent of every class to the full number of evaluations, for those who look at all
 * classes. That many for each class is its own ceiling, whatever the race has spent.
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
