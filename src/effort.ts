// How much a race may spend, and whom it drops on the way.

/** The names of the efforts; see `createClassifier`. */
export const EFFORTS = ["quick", "standard", "thorough"] as const;
/** The ceiling on what a race may spend on an image; see `ClassifierOptions`. */
export type Effort = (typeof EFFORTS)[number];

/** The rules of a race, as assembly/inference/race/race.ts explains them. Margins are differences of losses. */
export interface RaceRules {
  /** Evaluations of a surrogate for each proposed latent. */
  foretold: number;
  /** Evaluations of the true decoder for each latent while it races, and for those that are polished. */
  raced: number;
  polished: number;
  /** The same for winner and runner-up when they end within a margin. */
  contested: number;
  /** Evaluations of the true decoder for an image, a class. */
  ceilingPerClass: number;
  /** Latents of a class that may enter the true race. */
  entrants: number;
  /** Behind the best foretold loss after 1, 2, 3 and more evaluations. */
  foretoldMargins: readonly [number, number, number, number];
  /** Behind the best foretold loss of the same class, from the second evaluation on. */
  withinMargin: number;
  /** Behind the best foretold loss at the entrance to the true race. */
  entranceMargin: number;
  /** Behind the best true loss after the first evaluation, and its factor for each further one. */
  raceMargin: number;
  raceDecay: number;
  /** Of a runner-up that is polished. */
  runnerUpMargin: number;
  /** Of a runner-up that contests the decision. */
  contestedMargin: number;
}

const STANDARD: RaceRules = {
  foretold: 6,
  raced: 5,
  polished: 5,
  contested: 8,
  ceilingPerClass: 8,
  entrants: 1,
  foretoldMargins: [0.025, 0.013, 0.01, 0.01],
  withinMargin: 0.003,
  entranceMargin: 0.007,
  raceMargin: 0.007,
  raceDecay: 0.8,
  runnerUpMargin: 0.01,
  contestedMargin: 0.004,
};

/** By effort; chosen on validation images by `bench/race-rules.ts`. */
export const RACE_RULES: Record<Effort, RaceRules> = {
  quick: { ...STANDARD, foretold: 3, raced: 3, polished: 4, contested: 4, ceilingPerClass: 2 },
  standard: STANDARD,
  thorough: {
    ...STANDARD,
    foretold: 12,
    raced: 16,
    polished: 24,
    contested: 24,
    ceilingPerClass: 48,
    entrants: 2,
    foretoldMargins: [0.12, 0.06, 0.05, 0.04],
    withinMargin: 0.03,
    entranceMargin: 0.02,
    raceMargin: 0.02,
    raceDecay: 0.9,
  },
};

/**
 * The rules as the module has them (assembly/inference/race/race.ts): whole numbers of 32 bits, then 32-bit floats.
 *
 * @param classes of the model: the module's ceiling is for an image, not for a class
 */
export function raceRuleValues(rules: RaceRules, classes: number): { counts: number[]; margins: number[] } {
  return {
    counts: [
      rules.foretold,
      rules.raced,
      rules.polished,
      rules.contested,
      rules.ceilingPerClass * classes,
      rules.entrants,
    ],
    margins: [
      ...rules.foretoldMargins,
      rules.withinMargin,
      rules.entranceMargin,
      rules.raceMargin,
      rules.raceDecay,
      rules.runnerUpMargin,
      rules.contestedMargin,
    ],
  };
}
