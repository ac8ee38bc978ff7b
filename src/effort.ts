import { FIRST_MARGIN, RACE_RULE_COUNT, RaceRule } from "../format/race-rules.ts";

// How much a race may spend, and whom it drops on the way.

/** The names of the efforts; see `createClassifier`. */
export const EFFORTS = ["quick", "standard", "thorough"] as const;
/** The ceiling on what a race may spend on an image; see `ClassifierOptions`. */
export type Effort = (typeof EFFORTS)[number];

/** The rules of a race by name; format/race-rules.ts tells what each means. */
export type RaceRules = Readonly<Record<keyof typeof RaceRule, number>>;

const STANDARD: RaceRules = {
  foretold: 9,
  raced: 5,
  polished: 2,
  contested: 8,
  ceilingPerClass: 8,
  entrants: 1,
  foretoldMargin1: 0.025,
  foretoldMargin2: 0.013,
  foretoldMargin3: 0.01,
  foretoldMargin4: 0.01,
  withinMargin: 0.003,
  entranceMargin: 0.007,
  raceMargin: 0.007,
  raceDecay: 0.8,
  runnerUpMargin: 0.01,
  contestedMargin: 0.004,
  viewSlack: 1.6,
};

/** The rules of each effort, chosen on validation images by `bench/race-rules.ts`. */
export const RACE_RULES: Record<Effort, RaceRules> = {
  quick: { ...STANDARD, foretold: 3, raced: 3, contested: 4, ceilingPerClass: 2 },
  standard: STANDARD,
  thorough: {
    ...STANDARD,
    foretold: 12,
    raced: 16,
    polished: 24,
    contested: 24,
    ceilingPerClass: 48,
    entrants: 2,
    foretoldMargin1: 0.12,
    foretoldMargin2: 0.06,
    foretoldMargin3: 0.05,
    foretoldMargin4: 0.04,
    withinMargin: 0.03,
    entranceMargin: 0.02,
    raceMargin: 0.02,
    raceDecay: 0.9,
    viewSlack: 3,
  },
};

/** The rules as the module reads them: 4 bytes each, little-endian, in the order of `RaceRule`. */
export function raceRuleBytes(rules: RaceRules): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * RACE_RULE_COUNT));
  for (const [name, value] of Object.entries(rules) as [keyof RaceRules, number][]) {
    const place = RaceRule[name];
    if (place < FIRST_MARGIN) view.setInt32(4 * place, value, true);
    else view.setFloat32(4 * place, value, true);
  }
  return new Uint8Array(view.buffer);
}
