// The rules of a race (assembly/inference/race/race.ts): what each means, and its place among them. Both compilers read
// this file: src/effort.ts writes the rules in this order, 4 bytes each, and assembly/inference/race/rules.ts reads them.
// The words are explained in docs/glossary.md.

/**
 * Place of each rule. Counts come first, whole numbers of 32 bits; then margins, 32-bit floats. A margin is a difference
 * of losses (per pixel, times the class's scale), and what lies further than it above the loss named falls out.
 */
export enum RaceRule {
  /** Most evaluations of a surrogate for each proposed latent. */
  foretold,
  /** Most evaluations of the true decoder for each latent while it races. */
  raced,
  /** The same for a latent that is polished: the winner's, and the runner-up's where it is close. */
  polished,
  /** The same for winner and runner-up where they end close together. */
  contested,
  /** Most evaluations of true decoders for an image, per class: times the classes, it bounds those of all together. */
  ceilingPerClass,
  /** Most latents of a class that enter the true race. */
  entrants,
  /** Above the best foretold loss, after one evaluation of each surrogate; */
  foretoldMargin1,
  /** after two, */
  foretoldMargin2,
  /** after three, */
  foretoldMargin3,
  /** and after more. */
  foretoldMargin4,
  /** Above the best foretold loss of the same class, from the second evaluation on. */
  withinMargin,
  /** Above the best foretold loss, at the entrance to the true race. */
  entranceMargin,
  /** Above the best true loss, after the first evaluation of the true decoder. */
  raceMargin,
  /** Factor of `raceMargin` for each further evaluation. */
  raceDecay,
  /** Above the winner's loss: a runner-up within it is polished. */
  runnerUpMargin,
  /** Above the winner's loss: a runner-up within it contests the decision. */
  contestedMargin,
  /** How many times the loss that another view of the image has to come below its foretold one may be. */
  viewSlack,
}

/** The rules before this one are counts. */
export const FIRST_MARGIN = RaceRule.foretoldMargin1;
/** How many rules there are. */
export const RACE_RULE_COUNT = RaceRule.viewSlack + 1;
