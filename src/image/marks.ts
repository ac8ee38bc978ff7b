import type { Box, Component } from "./components.ts";

/** Ink inside a ring that is at least this long beside it is what the ring was drawn around… */
const RINGED_SHARE = 0.4;
/** …and has at least this share of its mass; a shorter or lighter one is the dot in a zero. */
const RINGED_MASS = 0.1;
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
  for (const outer of components) {
    const within = components.filter((other) => other !== outer && surrounds(outer.box, other.box));
    const hole = within.length === 0 ? undefined : findHoles(outer, imageWidth);
    const inner = within.filter(({ pixels: [first] }) => hole?.has(first as number));
    if (inner.length === 0) continue;
    const [left, top] = [Math.min(...inner.map(({ box }) => box.left)), Math.min(...inner.map(({ box }) => box.top))];
    const right = Math.max(...inner.map(({ box }) => box.left + box.width));
    const bottom = Math.max(...inner.map(({ box }) => box.top + box.height));
    const mass = inner.reduce((sum, one) => sum + one.mass, 0);
    const side = Math.max(right - left, bottom - top);
    if (side >= RINGED_SHARE * Math.max(outer.box.width, outer.box.height) && mass >= RINGED_MASS * outer.mass) {
      marks.add(outer);
    } else {
      for (const one of inner) marks.add(one);
    }
  }
  for (const rule of components) {
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

/** Whether one component is a rule below the other: long, level, thin, and with a gap between. */
function underlines({ box: rule, mass }: Component, { box, mass: massAbove }: Component): boolean {
  return (
    rule.width >= RULE_ASPECT * rule.height &&
    rule.top >= box.top + box.height &&
    Math.max(box.width, box.height) >= RULED_SHARE * rule.width &&
    massAbove >= RULED_SHARE * mass
  );
}

/** The pixels that a component cuts off from what lies around it, as indices into the image. */
function findHoles({ pixels, box }: Component, imageWidth: number): ReadonlySet<number> {
  // One pixel of room on all sides, from where the outside is walked.
  const width = box.width + 2;
  const height = box.height + 2;
  const seen = new Uint8Array(width * height);
  for (const index of pixels) {
    const column = index % imageWidth;
    const row = (index - column) / imageWidth;
    seen[(row - box.top + 1) * width + column - box.left + 1] = 1;
  }
  const outside = [0];
  seen[0] = 1;
  // The list grows while it is walked. Only sideways and up and down: ink that touches across a corner is closed.
  for (let next = 0; next < outside.length; ++next) {
    const place = outside[next] as number;
    const column = place % width;
    const neighbours = [column > 0 ? place - 1 : -1, column < width - 1 ? place + 1 : -1, place - width, place + width];
    for (const neighbour of neighbours) {
      if (seen[neighbour] !== 0) continue;
      seen[neighbour] = 1;
      outside.push(neighbour);
    }
  }
  const holes = new Set<number>();
  seen.forEach((reached, place) => {
    if (reached === 1) return;
    const column = place % width;
    holes.add((box.top + (place - column) / width - 1) * imageWidth + box.left + column - 1);
  });
  return holes;
}
