import { describe, expect, it } from "vitest";
import { FIRST_MARGIN, RACE_RULE_COUNT, RaceRule } from "../../format/race-rules.ts";
import { EFFORTS, RACE_RULES, type RaceRules, raceRuleBytes } from "../../src/effort.ts";

const names = Object.keys(RACE_RULES.standard) as (keyof RaceRules)[];

describe("the race's rules", () => {
  it("have a place each, without gaps, counts before margins", () => {
    const places = names.map((name) => RaceRule[name]).sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: RACE_RULE_COUNT }, (_, place) => place));
    // A margin is no whole number under every effort; a count has to be.
    const isCount = (name: keyof RaceRules): boolean =>
      EFFORTS.every((effort) => Number.isInteger(RACE_RULES[effort][name]));
    for (const name of names) expect(isCount(name), name).toBe(RaceRule[name] < FIRST_MARGIN);
  });

  it.each(EFFORTS)("lie at their places as the module reads them: %s", (effort) => {
    const rules = RACE_RULES[effort];
    const bytes = raceRuleBytes(rules);
    expect(bytes.length).toBe(4 * RACE_RULE_COUNT);
    const view = new DataView(bytes.buffer);
    for (const name of names) {
      const at = 4 * RaceRule[name];
      if (RaceRule[name] < FIRST_MARGIN) expect(view.getInt32(at, true), name).toBe(rules[name]);
      else expect(view.getFloat32(at, true), name).toBe(Math.fround(rules[name]));
    }
  });
});
