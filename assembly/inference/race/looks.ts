// Second looks: where no class explains an image as it is, its other views race, too (views.ts). A view counts where the winner's
// loss comes below a share of what it was at the first look; of several the one with the least loss for its share. The shares are
// what the priors of these nuisances come to: a view that is no better by much is no explanation. All that is known of the image
// then belongs to the view chosen, which takes the image's place.

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

/** f32 [VIEW_KINDS][2]: the loss from which on a kind is tried, and the share; a share of 0: never. */
const rules: usize = memory.data(8 * VIEW_KINDS, 8);
/** The image as it was given, f32 [784], while a view of it is in its place. */
let given: usize = 0;
/** f32 [classes][latents] and f32 [classes]: what is found where only the label is asked for. */
let spareLatents: usize = 0;
let spareLosses: usize = 0;
/** The view in the image's place. */
export let view: i32 = AS_GIVEN;

/** Reserves the buffers; false when memory runs out. */
export function reserve(): bool {
  given = allocate(floats(sizes.PIXELS));
  spareLatents = allocate(floats(sizes.classes * sizes.latents));
  spareLosses = allocate(floats(sizes.classes));
  views.reserve();
  forget();
  return !exhausted;
}

/** Receives what the model says of a kind of view. */
export function configure(kind: i32, doubt: f32, share: f32): void {
  store<f32>(rules + 8 * kind, doubt);
  store<f32>(rules + 8 * kind, share, 4);
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
  const spent = raceOnce(image, latents, losses);
  return spent + lookAgain(image, lossIn(losses), latents, losses);
}

/** Only the label, likewise; the image is in its place again. Its doubts are of foretold losses where no other was needed. */
export function label(image: usize): i32 {
  begin();
  const found = race.label(image);
  const least = racers.lowest(false);
  if (!hasDoubts(image, least)) return found;
  proposals.propose(image);
  search(image, spareLatents, spareLosses);
  giveBack(image);
  return lowest(spareLosses, sizes.classes);
}

/** Nothing is counted and no loss known yet of the race to come. */
function begin(): void {
  loss.resetEvaluations();
  trail.clear();
}

function raceOnce(image: usize, latents: usize, losses: usize): i32 {
  begin();
  race.race(image, latents, losses);
  return loss.evaluations;
}

function lossIn(losses: usize): f32 {
  return load<f32>(losses + floats(lowest(losses, sizes.classes)));
}

function kindOf(candidate: i32): i32 {
  return candidate == CENTRED ? CENTRED_KIND : candidate == FILLED ? FILLED_KIND : LEVELLED_KIND;
}

function isTried(candidate: i32, first: f32): bool {
  const rule = rules + 8 * kindOf(candidate);
  return load<f32>(rule, 4) > 0 && first > load<f32>(rule);
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
    spent += raceView(image, latents, losses);
    last = candidate;
    const found = lossIn(losses) / load<f32>(rules + 8 * kindOf(candidate), 4);
    if (!(found < best)) continue;
    best = found;
    chosen = candidate;
  }
  if (chosen != last) {
    // What the race keeps of its latest image is to be that of the view chosen.
    if (chosen == AS_GIVEN) memory.copy(image, given, floats(sizes.PIXELS));
    else views.look(chosen, given, image);
    spent += raceView(image, latents, losses);
  } else if (chosen != AS_GIVEN) views.look(chosen, given, image);
  view = chosen;
  return spent;
}

function raceView(image: usize, latents: usize, losses: usize): i32 {
  proposals.propose(image);
  return raceOnce(image, latents, losses);
}
