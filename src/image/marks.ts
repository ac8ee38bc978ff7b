import { around, type Box, type Component, findHoles, longerSide, startingBeside } from "./components.ts";

/** Ink inside a ring that is at least this long beside it is what the ring was drawn around… */
const RINGED_SHARE = 0.4;
/** …and has at least this share of its mass; a shorter or lighter one is the dot in a zero. */
const RINGED_MASS = 0.1;
/** A hole of less than this share of its ring's box is a cell of squared paper: what lies in it is no dot. */
const CELL_SHARE = 0.25;
/** A rule is at least this many times as long as high… */
const RULE_ASPECT = 4;
/** …and lies below ink of at least this share of its length and its mass. */
const RULED_SHARE = 0.25;

/**
 * Finds what was drawn around or below a digit and is no part of it: rings and boxes with the digit inside, the dot
 * within a zero, and rules below.
 *
 * @param components without specks
 * @param imageWidth pixels per row of the image that they were found in
 */
export function findMarks(components: readonly Component[], imageWidth: number): Set<Component> {
  const marks = new Set<Component>();
  const byTop = components.toSorted((one, other) => one.box.top - other.box.top);
  for (const outer of components) {
    const within = startingBeside(byTop, outer.box).filter(({ box }) => surrounds(outer.box, box));
    const holes = within.length === 0 ? [] : findHoles(outer, imageWidth);
    for (const hole of holes) {
      const inner = within.filter(({ pixels: [first] }) => hole.has(first as number));
      if (inner.length === 0) continue;
      const isCell = hole.size < CELL_SHARE * outer.box.width * outer.box.height;
      const side = longerSide(around(inner));
      const mass = inner.reduce((sum, one) => sum + one.mass, 0);
      if (isCell || (side >= RINGED_SHARE * longerSide(outer.box) && mass >= RINGED_MASS * outer.mass)) {
        marks.add(outer);
      } else {
        for (const one of inner) marks.add(one);
      }
    }
  }
  for (const rule of components) {
    if (rule.box.width < RULE_ASPECT * rule.box.height) continue;
    if (components.some((above) => !marks.has(above) && underlines(rule, above))) marks.add(rule);
  }
  return marks;
}

/** Whether the inner box lies within the outer one with room on all sides. */
function surrounds(outer: Box, inner: Box): boolean {
  return (
    inner.left > outer.left &&
    inner.top > outer.top &&
    inner.left + inner.width < outer.left + outer.width &&
    inner.top + inner.height < outer.top + outer.height
  );
}

/** Whether a long, level and thin component is a rule below the other: with a gap between, and not too long for it. */
function underlines({ box: rule, mass }: Component, { box, mass: massAbove }: Component): boolean {
  return (
    rule.top >= box.top + box.height && longerSide(box) >= RULED_SHARE * rule.width && massAbove >= RULED_SHARE * mass
  );
}
