// What a race may spend and whom it drops.

import { allocate } from "../../layout";

/** Margins are differences of losses. Filled in by src/engine.ts. */
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

export let rules: Rules = changetype<Rules>(0);

/** Reserves the rules; false when memory runs out. */
export function reserve(): bool {
  rules = changetype<Rules>(allocate(offsetof<Rules>()));
  return changetype<usize>(rules) != 0;
}
