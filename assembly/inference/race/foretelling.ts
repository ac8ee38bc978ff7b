// Steps 1 and 2 of the race (race.ts): all proposed latents descend on the surrogates, and those too far above the best are
// dropped.

import { RaceRule } from "../../../format/race-rules";
import { floats } from "../../bytes";
import * as sizes from "../../sizes";
import { accepts, begin, clear, move, moveWithGradient, propose, setInverse } from "../bfgs";
import { projectOntoSphere, scaleOf } from "../loss";
import * as proposals from "./proposals";
import { count, haveSeveralClasses, lowest, lowestOfClass, Racer, racerAt, scaledLoss } from "./racers";
import * as rules from "./rules";
import * as surrogate from "./surrogate";
import * as tables from "./tables";

const FORETOLD_MARGINS: i32 = RaceRule.foretoldMargin4 - RaceRule.foretoldMargin1 + 1;
/** f32 [2]. */
const pairLosses: usize = memory.data(8, 8);

/**
 * Sets all racers on the latents proposed for the image and lets them descend on the surrogates; with `onlyLabel` only
 * until one class is left. Gradients wait until it is known whose are needed.
 */
export function foretell(onlyLabel: bool): void {
  placeRacers();
  for (let first = 0; first < count; first += tables.candidates) {
    for (let index = first; index < first + tables.candidates; index += 2) {
      if (index + 1 < first + tables.candidates) beginPair(racerAt(index), racerAt(index + 1));
      else beginOne(racerAt(index));
    }
  }
  for (let evaluation = 1; evaluation < rules.count(RaceRule.foretold); ++evaluation) {
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

/** Step 1: every racer stands on its latent, with the curvature to expect of its class. */
function placeRacers(): void {
  const latentBytes = floats(sizes.latents);
  const metricBytes = latentBytes * <usize>sizes.latents;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    const descent = racer.descent;
    clear(descent);
    memory.copy(descent.latent, proposals.latentOf(racer.classIndex, index % tables.candidates), latentBytes);
    projectOntoSphere(descent.latent);
    setInverse(descent, tables.metrics + <usize>racer.classIndex * metricBytes);
    racer.scale = scaleOf(racer.classIndex);
    racer.evaluated = 0;
    racer.races = true;
    racer.settled = false;
    racer.moves = false;
    racer.lacksGradient = true;
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
export function learn(racer: Racer): void {
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

/** Ends a latent's descent on the surrogate, at its accepted trial. */
export function drop(racer: Racer): void {
  racer.races = false;
  if (racer.moves) move(racer.descent);
  racer.moves = false;
}

/** Drops those too far above the best of all or of their class, after a number of evaluations, at least 1. */
function dropForetold(evaluations: i32): void {
  const margin = rules.margin(RaceRule.foretoldMargin1 + min(evaluations, FORETOLD_MARGINS) - 1);
  const bound = lowest(false) + margin;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!racer.races) continue;
    const found = scaledLoss(racer);
    if (found > bound) drop(racer);
    else if (evaluations > 1 && found > lowestOfClass(racer.classIndex) + rules.margin(RaceRule.withinMargin))
      drop(racer);
  }
}
