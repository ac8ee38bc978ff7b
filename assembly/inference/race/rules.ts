// The rules in the module's memory; format/race-rules.ts tells what each means.

import { RACE_RULE_COUNT, RaceRule } from "../../../format/race-rules";
import { floats } from "../../bytes";
import { allocate } from "../../layout";

/** Each rule takes 4 bytes, at its place. */
let rules: usize = 0;

/** Reserves the rules, all 0 until the caller fills them in; false when memory runs out. */
export function reserve(): bool {
  rules = allocate(floats(RACE_RULE_COUNT));
  return rules != 0;
}

/** Where they lie. */
export function address(): usize {
  return rules;
}

/** A rule that is a whole number. */
export function count(rule: RaceRule): i32 {
  return load<i32>(rules + floats(rule));
}

/** A rule that is a margin, or a factor of one. */
export function margin(rule: RaceRule): f32 {
  return load<f32>(rules + floats(rule));
}
