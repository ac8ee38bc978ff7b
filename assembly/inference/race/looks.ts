// Second looks: where no class explains an image as it is, its other views race, too (views.ts). A view counts where the winner's
// loss comes below a share of what it was at the first look; of several the one with the least loss for its share. The shares are
// what the priors of these nuisances come to: a view that is no better by much is no explanation. All that is known of the image
// then belongs to the view chosen, which takes the image's place.
//
// A view of which the surrogates foretell far more than it may come to does not meet the true decoders, so what is no digit in any
// view, such as noise, mostly costs less than two races.

import { RaceRule } from "../../../format/race-rules";
import {
  AS_GIVEN,
  CENTRED,
  CENTRED_KIND,
  FILLED,
  FILLED_KIND,
  LEVELLED_KIND,
  VIEW_KINDS,
  VIEWS,
} from "../../../format/views";
import { floats } from "../../bytes";
import { allocate, exhausted } from "../../layout";
import * as sizes from "../../sizes";
import { lowest } from "../confidence";
import * as loss from "../loss";
import * as trail from "../trail";
import * as views from "../views";
import * as proposals from "./proposals";
import * as race from "./race";
import * as racers from "./racers";
import * as rules from "./rules";

/** f32 [VIEW_KINDS][2]: the loss from which on a kind is tried, and the share; a share of 0: never. */
const kinds: usize = memory.data(8 * VIEW_KINDS, 8);
/** The image as it was given, f32 [784], while a view of it is in its place. */
let given: usize = 0;
/** f32 [classes][latents] and f32 [classes]: what is found of a view, and where only the label is asked for. */
let viewLatents: usize = 0;
let viewLosses: usize = 0;
let spareLatents: usize = 0;
let spareLosses: usize = 0;
/** The view in the image's place. */
export let view: i32 = AS_GIVEN;

/** Whether the model names any kind of view. */
export function areNamed(): bool {
  for (let kind = 0; kind < VIEW_KINDS; ++kind) {
    if (load<f32>(kinds + 8 * kind, 4) > 0) return true;
  }
  return false;
}

/** Reserves the buffers; false when memory runs out. */
export function reserve(): bool {
  given = allocate(floats(sizes.PIXELS));
  viewLatents = allocate(floats(sizes.classes * sizes.latents));
  viewLosses = allocate(floats(sizes.classes));
  spareLatents = allocate(floats(sizes.classes * sizes.latents));
  spareLosses = allocate(floats(sizes.classes));
  views.reserve();
  forget();
  return !exhausted;
}

/** Receives what the model says of a kind of view. */
export function configure(kind: i32, doubt: f32, share: f32): void {
  store<f32>(kinds + 8 * kind, doubt);
  store<f32>(kinds + 8 * kind, share, 4);
}

/** Says that another image is in place, as it was given. */
export function forget(): void {
  view = AS_GIVEN;
}

/** Puts the image as it was given back into its place. */
export function giveBack(image: usize): void {
  if (view == AS_GIVEN) return;
  memory.copy(image, given, floats(sizes.PIXELS));
  proposals.forget();
  view = AS_GIVEN;
}

/**
 * Races all classes for `image`, f32 [784] as seen, for which latents are proposed, and for its other views where that leaves
 * doubts. Leaves what race.ts does of the view chosen, which is then in the image's place. Returns the evaluations of all.
 */
export function search(image: usize, latents: usize, losses: usize): i32 {
  loss.beginSearch();
  race.race(image, latents, losses);
  const spent = loss.evaluations;
  return spent + lookAgain(image, lossIn(losses), latents, losses);
}

/** Only the label, likewise; the image is in its place again. Its doubts are of foretold losses where no other was needed. */
export function label(image: usize): i32 {
  loss.beginSearch();
  const found = race.label(image);
  const least = racers.lowest(false);
  if (!hasDoubts(image, least)) return found;
  search(image, spareLatents, spareLosses);
  giveBack(image);
  return lowest(spareLosses, sizes.classes);
}

function lossIn(losses: usize): f32 {
  return load<f32>(losses + floats(lowest(losses, sizes.classes)));
}

function kindOf(candidate: i32): i32 {
  return candidate == CENTRED ? CENTRED_KIND : candidate == FILLED ? FILLED_KIND : LEVELLED_KIND;
}

function shareOf(candidate: i32): f32 {
  return load<f32>(kinds + 8 * kindOf(candidate), 4);
}

function isTried(candidate: i32, first: f32): bool {
  return shareOf(candidate) > 0 && first > load<f32>(kinds + 8 * kindOf(candidate));
}

/** Whether any view would be looked at; overwrites where a view's pixels come from. */
function hasDoubts(image: usize, first: f32): bool {
  for (let candidate = 0; candidate < VIEWS; ++candidate) {
    if (isTried(candidate, first) && views.look(candidate, image, given)) return true;
  }
  return false;
}

/** Races every view that the first look's loss calls for, and leaves the best; returns the evaluations. */
function lookAgain(image: usize, first: f32, latents: usize, losses: usize): i32 {
  let spent = 0;
  let best = first;
  let chosen = AS_GIVEN;
  let last = AS_GIVEN;
  memory.copy(given, image, floats(sizes.PIXELS));
  for (let candidate = 0; candidate < VIEWS; ++candidate) {
    if (!isTried(candidate, first) || !views.look(candidate, given, image)) continue;
    last = candidate;
    setAside();
    const found = raceView(image, best * shareOf(candidate)) / shareOf(candidate);
    spent += loss.evaluations;
    if (found < best) {
      best = found;
      chosen = candidate;
      memory.copy(latents, viewLatents, floats(sizes.classes * sizes.latents));
      memory.copy(losses, viewLosses, floats(sizes.classes));
    } else setAside();
  }
  if (last != AS_GIVEN) {
    proposals.forget();
    if (chosen == AS_GIVEN) memory.copy(image, given, floats(sizes.PIXELS));
    else if (chosen != last) views.look(chosen, given, image);
  }
  view = chosen;
  return spent;
}

/** Sets aside what the race keeps of its latest image, and takes back what was. */
function setAside(): void {
  racers.exchange();
  trail.exchange();
}

/** The view's lowest loss, +∞ where there is no hope that it comes below the bound. */
function raceView(image: usize, bound: f32): f32 {
  loss.beginSearch();
  proposals.propose(image);
  if (!(race.foretell() <= rules.margin(RaceRule.viewSlack) * bound)) return Infinity;
  race.finish(image, viewLatents, viewLosses);
  return lossIn(viewLosses);
}
