// The race: the cheapest model that can still tell decides who goes on to the next.
//
//   1. The network proposes latents for every class (proposals.ts).
//   2. All of them descend on the surrogates (surrogate.ts); those that fall behind are dropped.
//   3. The best of each class that is still close moves on to the true decoder, with the curvature that its descent has
//      measured, and descends there; again those that fall behind are dropped.
//   4. The winner is polished, and the runner-up where it is close enough to matter; both go on for longer when they end
//      close together. A class that the true decoder has not seen enters late when its foretold loss turns out to be below
//      the winner's true one.
//
// Every loss that could be the lowest is thus a true one; the losses of classes dropped on the way are upper bounds, and
// those of classes that never met the true decoder are foretold.

import * as plan from "../../decoder/plan";
import { allocate } from "../../layout";
import { accepts, allocateDescent, begin, Descent, move, moveWithGradient, propose, setInverse } from "../bfgs";
import * as loss from "../loss";
import * as proposals from "./proposals";
import * as surrogate from "./surrogate";
import * as tables from "./tables";

/** What a race may spend and whom it drops; margins are differences of losses. Filled in by src/engine.ts. */
@unmanaged
export class Rules {
  /** Evaluations of a surrogate for each proposed latent. */
  foretold: i32;
  /** Evaluations of the true decoder for each latent while it races, and for those that are polished. */
  raced: i32;
  polished: i32;
  /** The same for winner and runner-up when they end within a margin. */
  contested: i32;
  /** All evaluations of the true decoder together. */
  ceiling: i32;
  /** Latents of a class that may enter the true race. */
  entrants: i32;
  /** Behind the best foretold loss after 1, 2, 3 and more evaluations. */
  foretoldMargin0: f32;
  foretoldMargin1: f32;
  foretoldMargin2: f32;
  foretoldMargin3: f32;
  /** Behind the best foretold loss of the same class, from the second evaluation on. */
  withinMargin: f32;
  /** Behind the best foretold loss at the entrance to the true race. */
  entranceMargin: f32;
  /** Behind the best true loss after the first evaluation, and its factor for each further one. */
  raceMargin: f32;
  raceDecay: f32;
  /** Of a runner-up that is polished. */
  runnerUpMargin: f32;
  /** Of a runner-up that contests the decision. */
  contestedMargin: f32;
}

/** One latent in the race. */
@unmanaged
class Racer {
  descent: Descent;
  activations: surrogate.Activations;
  /** f32 [784]: the true decoder's reconstruction at the descent's latent, once that has been evaluated. */
  reconstruction: usize;
  classIndex: i32;
  /** Evaluations of the true decoder so far; 0: its loss is foretold. */
  evaluated: i32;
  races: bool;
  /** There was no way down any more. */
  settled: bool;
  /** The descent has accepted a trial by its foretold loss and not moved there yet. */
  moves: bool;
  /** The descent lacks the gradient at its latent, by the true decoder or, with no true evaluation yet, the surrogate. */
  lacksGradient: bool;
  /** What the variant multiplies the class's loss by. */
  scale: f32;
}

/** The loss by which latents are compared. */
function scaledLoss(racer: Racer): f32 {
  return racer.scale * racer.descent.loss;
}

/** f32 [2]. */
const pairLosses: usize = memory.data(8, 8);
const RECONSTRUCTION_BYTES: usize = (<usize>plan.PIXELS) << 2;

let rules: Rules = changetype<Rules>(0);
let racers: usize = 0;
let classScales: usize = 0;
let count: i32 = 0;
/** Evaluations of the true decoder after which nothing is evaluated any more. */
let ceiling: i32 = 0;

/** Reserves the rules and buffers for the loaded tables; false when memory runs out. `scales` is f32 [classes]. */
export function reserve(scales: usize): bool {
  classScales = scales;
  rules = changetype<Rules>(allocate(offsetof<Rules>()));
  count = plan.classes * tables.candidates;
  racers = allocate(<usize>count * offsetof<Racer>());
  if (changetype<usize>(rules) == 0 || racers == 0) return false;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    racer.descent = allocateDescent();
    racer.activations = surrogate.allocateActivations();
    racer.reconstruction = allocate(RECONSTRUCTION_BYTES);
    if (changetype<usize>(racer.descent) == 0 || changetype<usize>(racer.activations) == 0) return false;
    if (racer.reconstruction == 0) return false;
    racer.classIndex = index / tables.candidates;
  }
  return proposals.reserve() && surrogate.reserve();
}

export function rulesAddress(): usize {
  return changetype<usize>(rules);
}

function racerAt(index: i32): Racer {
  return changetype<Racer>(racers + <usize>index * offsetof<Racer>());
}

/**
 * Races all classes for an image for which latents are proposed (proposals.ts); leaves the best latent and loss of every
 * class.
 */
export function race(image: usize, latents: usize, losses: usize): void {
  ceiling = rules.ceiling;
  foretell(false);
  enter(image);
  runTrueRace(image);
  polish(image);
  report(latents, losses);
}

/**
 * Only the label, likewise: no gradient is taken once one class is left, nothing is polished, and where no second class may enter the
 * true race, the true decoder is not asked at all.
 */
export function label(image: usize): i32 {
  ceiling = rules.ceiling;
  foretell(true);
  const foretold = lowestRacer(-1, false);
  const rival = lowestRacer(foretold.classIndex, false);
  if (changetype<usize>(rival) == 0 || scaledLoss(rival) > scaledLoss(foretold) + rules.entranceMargin) {
    return foretold.classIndex;
  }
  enter(image);
  runTrueRace(image);
  while (enterLate(scaledLoss(lowestRacer(-1, true)), image)) {}
  return lowestRacer(-1, true).classIndex;
}

/** Steps 1 and 2, on request only until one class is left. Gradients wait until it is known whose are needed. */
function foretell(onlyLabel: bool): void {
  const latentBytes = (<usize>plan.latents) << 2;
  const metricBytes = latentBytes * <usize>plan.latents;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    const descent = racer.descent;
    memory.copy(descent.latent, proposals.latentOf(racer.classIndex, index % tables.candidates), latentBytes);
    loss.projectOntoSphere(descent.latent);
    setInverse(descent, tables.metrics + <usize>racer.classIndex * metricBytes);
    racer.scale = load<f32>(classScales + ((<usize>racer.classIndex) << 2));
    racer.evaluated = 0;
    racer.races = true;
    racer.settled = false;
    racer.moves = false;
    racer.lacksGradient = true;
  }
  for (let first = 0; first < count; first += tables.candidates) {
    for (let index = first; index < first + tables.candidates; index += 2) {
      if (index + 1 < first + tables.candidates) beginPair(racerAt(index), racerAt(index + 1));
      else beginOne(racerAt(index));
    }
  }
  for (let evaluation = 1; evaluation < rules.foretold; ++evaluation) {
    dropForetold(evaluation);
    if (onlyLabel && !haveSeveralClasses()) return;
    for (let index = 0; index < count; ++index) {
      const racer = racerAt(index);
      if (!racer.races || racer.settled) continue;
      learn(racer);
      const descent = racer.descent;
      racer.settled = !propose(descent);
      if (racer.settled) continue;
      racer.moves = accepts(descent, surrogate.foretell(racer.classIndex, descent.trial, racer.activations));
    }
  }
}

/** Begins a descent on the surrogate. */
function beginOne(racer: Racer): void {
  const descent = racer.descent;
  begin(descent, surrogate.foretell(racer.classIndex, descent.latent, racer.activations));
}

/** Begins two descents of one class. */
function beginPair(one: Racer, other: Racer): void {
  const latent = one.descent.latent;
  const otherLatent = other.descent.latent;
  surrogate.foretellPair(one.classIndex, latent, otherLatent, one.activations, other.activations, pairLosses);
  begin(one.descent, load<f32>(pairLosses));
  begin(other.descent, load<f32>(pairLosses, 4));
}

/** Brings a descent on the surrogate to where it can go on: at its accepted trial, with the gradient there. */
function learn(racer: Racer): void {
  const descent = racer.descent;
  if (racer.lacksGradient) {
    surrogate.foretellGradient(racer.classIndex, descent.latent, racer.activations, descent.gradient);
    racer.lacksGradient = false;
  } else if (racer.moves) {
    surrogate.foretellGradient(racer.classIndex, descent.trial, racer.activations, descent.trialGradient);
    moveWithGradient(descent);
    racer.moves = false;
  }
}

/** Takes a latent out of the descents on the surrogates. */
function drop(racer: Racer): void {
  racer.races = false;
  if (racer.moves) move(racer.descent);
  racer.moves = false;
}

/** Drops those too far behind the best of all or of their class, after a number of evaluations. */
function dropForetold(evaluations: i32): void {
  const margin =
    evaluations == 1
      ? rules.foretoldMargin0
      : evaluations == 2
        ? rules.foretoldMargin1
        : evaluations == 3
          ? rules.foretoldMargin2
          : rules.foretoldMargin3;
  const bound = lowest(false) + margin;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!racer.races) continue;
    if (scaledLoss(racer) > bound) drop(racer);
    else if (evaluations > 1 && scaledLoss(racer) > lowestOfClass(racer.classIndex) + rules.withinMargin) drop(racer);
  }
}

/** The lowest loss of all, or of those only that the true decoder has seen. */
function lowest(onlyTrue: bool): f32 {
  let found: f32 = Infinity;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!onlyTrue || racer.evaluated > 0) found = min<f32>(found, scaledLoss(racer));
  }
  return found;
}

function lowestOfClass(classIndex: i32): f32 {
  let found: f32 = Infinity;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == classIndex) found = min<f32>(found, scaledLoss(racer));
  }
  return found;
}

/** Step 3's entrance: the best few of each class within the margin meet the true decoder. */
function enter(image: usize): void {
  const bound = lowest(false) + rules.entranceMargin;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    const enters = scaledLoss(racer) <= bound && placeInClass(index) < rules.entrants;
    if (enters) learn(racer);
    else drop(racer);
    racer.races = enters;
  }
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.races) meetTrueDecoder(racer, image);
  }
}

/** How many latents of the same class have a lower foretold loss; the earlier one counts as lower among equals. */
function placeInClass(index: i32): i32 {
  const racer = racerAt(index);
  let place = 0;
  for (let other = 0; other < count; ++other) {
    const rival = racerAt(other);
    if (other == index || rival.classIndex != racer.classIndex) continue;
    const difference = rival.descent.loss - racer.descent.loss;
    if (difference < 0 || (difference == 0 && other < index)) ++place;
  }
  return place;
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
  const usual = max(rules.raced, rules.polished);
  const isLast =
    racer.evaluated == usual || racer.evaluated == max(usual, rules.contested) || loss.evaluations + 1 >= ceiling;
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
  let margin = rules.raceMargin;
  for (let round = 1; round < rules.raced; ++round) {
    dropTrue(lowest(true) + margin);
    if (!haveSeveralClasses()) return;
    margin *= rules.raceDecay;
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

/** Whether latents of two classes or more are left. */
function haveSeveralClasses(): bool {
  let left = -1;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!racer.races) continue;
    if (left >= 0 && left != racer.classIndex) return true;
    left = racer.classIndex;
  }
  return false;
}

/** Step 4. */
function polish(image: usize): void {
  // Each pass brings a class before the true decoder or polishes a latent for good.
  for (let pass = 0; pass < 4 * count; ++pass) {
    const winner = lowestRacer(-1, true);
    polishOne(winner, rules.polished, image);
    const runnerUpBound = scaledLoss(winner) + rules.runnerUpMargin;
    if (enterLate(runnerUpBound, image)) continue;
    const runnerUp = lowestRacer(winner.classIndex, true);
    if (changetype<usize>(runnerUp) == 0 || scaledLoss(runnerUp) > runnerUpBound) return;
    if (polishOne(runnerUp, rules.polished, image)) continue;
    if (scaledLoss(runnerUp) > scaledLoss(winner) + rules.contestedMargin) return;
    const winnerMoved = polishOne(winner, rules.contested, image);
    if (!polishOne(runnerUp, rules.contested, image) && !winnerMoved) return;
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

/** Whether the true decoder has seen any latent of the class. */
function isClassTrue(classIndex: i32): bool {
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == classIndex && racer.evaluated > 0) return true;
  }
  return false;
}

/** Takes a latent to a number of evaluations; false when there was nothing left to do. */
function polishOne(racer: Racer, evaluations: i32, image: usize): bool {
  let moved = false;
  while (racer.evaluated < evaluations && advance(racer, image)) moved = true;
  return moved;
}

/**
 * The latent of lowest loss among all classes but one (−1: none is left out), or among those only that the true decoder has
 * seen; a null reference when there is none.
 */
function lowestRacer(exceptClass: i32, onlyTrue: bool): Racer {
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == exceptClass || (onlyTrue && racer.evaluated == 0)) continue;
    if (changetype<usize>(best) == 0 || scaledLoss(racer) < scaledLoss(best)) best = racer;
  }
  return best;
}

/** Keeps a foretold loss that the ceiling left unchecked behind the lowest true one. */
const BEHIND: f32 = 1.000001;

/** The best latent of a class, among those that the true decoder has seen if it has seen any. */
function bestOfClass(classIndex: i32): Racer {
  const isTrue = isClassTrue(classIndex);
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex != classIndex || (isTrue && racer.evaluated == 0)) continue;
    if (changetype<usize>(best) == 0 || scaledLoss(racer) < scaledLoss(best)) best = racer;
  }
  return best;
}

/** The best latent of each class and its loss: a true one wherever the true decoder has seen the class. */
function report(latents: usize, losses: usize): void {
  const latentBytes = (<usize>plan.latents) << 2;
  const bound = BEHIND * lowest(true);
  for (let index = 0; index < plan.classes; ++index) {
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
  for (let index = 0; index < plan.classes; ++index) {
    const best = bestOfClass(index);
    if (best.evaluated == 0) meetTrueDecoder(best, image);
    polishOne(best, rules.polished, image);
  }
  report(latents, losses);
}
