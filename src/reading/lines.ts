import { around, type Box, type Component } from "../image/components.ts";
import type { Strokes } from "./strokes.ts";

/** Parts of this share of the usual height start lines; lower ones join what is near them. */
const LEADING_HEIGHT = 0.45;
/** Neighbours in a line share this much of the lower one's height… */
const SHARED_HEIGHT = 0.4;
/** …and have a gap of at most so many usual heights. */
const MOST_GAP = 4;
/** A low part belongs to a line if it is this near to one of its parts, along the line and across, in usual heights. */
const REACH_ALONG = 1;
const REACH_ACROSS = 0.4;

/** Parts that stand side by side. */
export interface Line {
  readonly parts: readonly Component[];
  /** The height of its digits, in pixels. */
  readonly height: number;
}

/**
 * Puts parts into lines: each stands beside its neighbour to the left rather than at a height of its own, so lines may rise, fall
 * and bend. Lines come in the order of reading, parts from the left.
 */
export function findLines({ parts, usualHeight }: Strokes): Line[] {
  const leading = parts
    .filter(({ box }) => box.height >= LEADING_HEIGHT * usualHeight)
    .sort((one, other) => one.box.left - other.box.left);
  const lines: Component[][] = [];
  for (const part of leading) {
    let best: { line: Component[]; shared: number } | undefined;
    for (const line of lines) {
      // Not only the last: a tall neighbour may stand before a low one that it reaches over.
      for (const before of line.slice(-2)) {
        if (part.box.left - before.box.left - before.box.width > MOST_GAP * usualHeight) continue;
        const shared = sharedHeight(before.box, part.box);
        if (shared >= SHARED_HEIGHT && shared > (best?.shared ?? 0)) best = { line, shared };
      }
    }
    if (best === undefined) lines.push([part]);
    else best.line.push(part);
  }
  for (const part of parts) {
    if (part.box.height >= LEADING_HEIGHT * usualHeight) continue;
    let nearest: { line: Component[]; distance: number } | undefined;
    for (const line of lines) {
      for (const other of line) {
        if (other.box.height < LEADING_HEIGHT * usualHeight) continue;
        const [along, across] = gapsBetween(part.box, other.box);
        if (along > REACH_ALONG * usualHeight || across > REACH_ACROSS * usualHeight) continue;
        const distance = Math.hypot(along, across);
        if (distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { line, distance };
      }
    }
    if (nearest === undefined) lines.push([part]);
    else nearest.line.push(part);
  }
  return lines
    .map((line) => ({
      parts: line.toSorted((one, other) => one.box.left - other.box.left),
      height: heightOf(line, usualHeight),
    }))
    .sort((one, other) => order(around(one.parts), around(other.parts)));
}

/** Lines beside each other from the left, otherwise from above. */
function order(one: Box, other: Box): number {
  return sharedHeight(one, other) >= SHARED_HEIGHT ? one.left - other.left : one.top - other.top;
}

/** In shares of the lower one. */
function sharedHeight(one: Box, other: Box): number {
  const shared = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  return shared / Math.min(one.height, other.height);
}

/** How far two boxes are apart, along a line and across. */
function gapsBetween(one: Box, other: Box): [number, number] {
  const along = Math.max(one.left - (other.left + other.width), other.left - (one.left + one.width));
  const across = Math.max(one.top - (other.top + other.height), other.top - (one.top + one.height));
  return [Math.max(0, along), Math.max(0, across)];
}

/** The median height of the digits in a line; joined ones count as often as digits fit into their width. */
function heightOf(line: readonly Component[], usualHeight: number): number {
  const heights = line
    .filter(({ box }) => box.height >= LEADING_HEIGHT * usualHeight)
    .flatMap(({ box }) => Array<number>(Math.max(1, Math.round(box.width / box.height))).fill(box.height))
    .sort((one, other) => one - other);
  return heights[Math.floor(heights.length / 2)] ?? usualHeight;
}
