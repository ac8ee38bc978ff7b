// The latents that race: a few of every class, class after class, and who of them is ahead.

import { floats } from "../../bytes";
import { allocate } from "../../layout";
import * as sizes from "../../sizes";
import { allocateDescent, Descent } from "../bfgs";
import * as comparison from "../comparison";
import { Activations, allocateActivations } from "./surrogate";
import * as tables from "./tables";

/** One latent in the race. */
@unmanaged
export class Racer {
  descent: Descent;
  activations: Activations;
  /** f32 [784]: the true decoder's reconstruction at the descent's latent, once that has been evaluated. */
  reconstruction: usize;
  /** Those of that reconstruction. */
  gain: f32;
  offset: f32;
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

/** Of one reconstruction, f32 [784]. */
export const RECONSTRUCTION_BYTES: usize = floats(sizes.PIXELS);

let racers: usize = 0;
/** Those of a race that was set aside; 0 where none ever is. */
let aside: usize = 0;
/** How many there are. */
export let count: i32 = 0;

/** Reserves them for the loaded tables, and as many to set aside; false when memory runs out. */
export function reserve(canSetAside: bool): bool {
  count = sizes.classes * tables.candidates;
  aside = 0;
  if (canSetAside) {
    if (!reserveRacers()) return false;
    aside = racers;
  }
  return reserveRacers();
}

/** Sets the racers aside as they are, and takes back those that were. */
export function exchange(): void {
  const others = aside;
  aside = racers;
  racers = others;
}

function reserveRacers(): bool {
  racers = allocate(<usize>count * offsetof<Racer>());
  if (racers == 0) return false;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    racer.descent = allocateDescent();
    racer.activations = allocateActivations();
    racer.reconstruction = allocate(RECONSTRUCTION_BYTES);
    if (changetype<usize>(racer.descent) == 0 || changetype<usize>(racer.activations) == 0) return false;
    if (racer.reconstruction == 0) return false;
    racer.classIndex = index / tables.candidates;
  }
  return true;
}

/** Notes that the racer's reconstruction has the gain and the offset that were fitted last. */
export function noteFit(racer: Racer): void {
  racer.gain = comparison.gain;
  racer.offset = comparison.offset;
}

/** The racer at a place, 0 … `count` − 1; those of class c begin at c times the candidates per class. */
export function racerAt(index: i32): Racer {
  return changetype<Racer>(racers + <usize>index * offsetof<Racer>());
}

/** The loss by which latents are compared: per pixel, times the class's scale. */
export function scaledLoss(racer: Racer): f32 {
  return racer.scale * racer.descent.loss;
}

/** The lowest scaled loss of all, or of those only that the true decoder has seen; +∞ when there is none. */
export function lowest(onlyTrue: bool): f32 {
  let found: f32 = Infinity;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!onlyTrue || racer.evaluated > 0) found = min<f32>(found, scaledLoss(racer));
  }
  return found;
}

/** The lowest scaled loss of a class. */
export function lowestOfClass(classIndex: i32): f32 {
  let found: f32 = Infinity;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == classIndex) found = min<f32>(found, scaledLoss(racer));
  }
  return found;
}

/**
 * The latent of lowest loss among all classes but one (−1: none is left out), or among those only that the true decoder has
 * seen; the earlier of equals. A null reference when there is none: not unless `onlyTrue`, as a model has two classes.
 */
export function lowestRacer(exceptClass: i32, onlyTrue: bool): Racer {
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == exceptClass || (onlyTrue && racer.evaluated == 0)) continue;
    if (changetype<usize>(best) == 0 || scaledLoss(racer) < scaledLoss(best)) best = racer;
  }
  return best;
}

/** The best latent of a class, among those that the true decoder has seen if it has seen any; the earlier of equals. */
export function bestOfClass(classIndex: i32): Racer {
  const isTrue = isClassTrue(classIndex);
  let best = changetype<Racer>(0);
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex != classIndex || (isTrue && racer.evaluated == 0)) continue;
    if (changetype<usize>(best) == 0 || scaledLoss(racer) < scaledLoss(best)) best = racer;
  }
  return best;
}

/** Whether the true decoder has seen any latent of the class. */
export function isClassTrue(classIndex: i32): bool {
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (racer.classIndex == classIndex && racer.evaluated > 0) return true;
  }
  return false;
}

/** How many latents of the same class have a lower foretold loss; the earlier one counts as lower among equals. */
export function placeInClass(index: i32): i32 {
  const racer = racerAt(index);
  const own = racer.descent.loss;
  let place = 0;
  for (let other = 0; other < count; ++other) {
    const rival = racerAt(other);
    if (other == index || rival.classIndex != racer.classIndex) continue;
    const theirs = rival.descent.loss;
    if (theirs < own || (theirs == own && other < index)) ++place;
  }
  return place;
}

/** Whether latents of two classes or more are left. */
export function haveSeveralClasses(): bool {
  let left = -1;
  for (let index = 0; index < count; ++index) {
    const racer = racerAt(index);
    if (!racer.races) continue;
    if (left >= 0 && left != racer.classIndex) return true;
    left = racer.classIndex;
  }
  return false;
}
