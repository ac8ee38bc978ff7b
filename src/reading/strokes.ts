import { type Component, findComponents, longerSide, startingBeside } from "../image/components.ts";
import { type GreyImage, toGrey } from "../image/grey.ts";
import { inkStrength } from "../image/ink-strength.ts";
import { findMarks } from "../image/marks.ts";
import type { PixelImage } from "../image/pixel-image.ts";
import { findInk, type Ink } from "../image/polarity.ts";
import { eraseRules } from "../image/rules.ts";
import { meanStrokeWidth } from "../image/stroke-width.ts";
import { findInkLevels, quantile } from "../image/threshold.ts";

/** Larger pictures are reduced to this many pixels along the longer side, which bounds the work. */
const WORKING_SIDE = 1600;
/** The light is fitted to so many pixels along the longer side, at least: a quarter of the work of `preprocess`'s. */
const FITTED_ACROSS = 16;
/** Rules are at most this share of the strokes' width thick, but may be two pixels. */
const RULE_SHARE = 0.6;
/** A line of digits may cross this share of a rule. */
const MOST_CROSSED = 0.35;
/** The strength that this share of the ink stays below counts as full ink. */
const FULL_INK_SHARE = 0.6;
/** A speck has less than this share of the usual height along its longer side… */
const SPECK_SIDE = 0.12;
/** …or is thinner than this share of the usual stroke, as what is left of a rule; */
const THINNEST = 0.5;
/** ink that meets the frame along half of its longer side, and is this many times as long, is a shadow or a table. */
const SHADOW_SIDES = 2.5;
/** What lies in a ring is a mark only if it is this short beside the usual digit: the dot in a zero. */
const DOT_SHARE = 0.35;

/** The ink of a picture. */
export interface Strokes {
  readonly ink: Ink;
  /** How much ink lies on each pixel, 0 to 1, without the paper's rules. */
  readonly strength: GreyImage;
  /** From this strength on a pixel is ink. */
  readonly threshold: number;
  /** Up to this strength a pixel is bare. */
  readonly floor: number;
  /** The strength of full ink. */
  readonly full: number;
  /** What may belong to digits: without specks, shadows, frames and underlines. */
  readonly parts: readonly Component[];
  /** The height that parts have as a rule, in pixels. */
  readonly usualHeight: number;
  /** In pixels. */
  readonly strokeWidth: number;
  /** How many pixels of the picture lie along each side of one of these. */
  readonly factor: number;
}

/** The ink of a picture, undefined where there is none. Errors are those of `toGrey`. */
export function findStrokes(picture: PixelImage): Strokes | undefined {
  const grey = toGrey(picture, WORKING_SIDE);
  const ink = findInk(grey, FITTED_ACROSS);
  const withRules = inkStrength(grey, ink, FITTED_ACROSS);
  const ruled = findInkLevels(withRules.values);
  if (ruled === undefined) return undefined;
  const ruledWidth = meanStrokeWidth(withRules, ruled.threshold);
  const thickness = Math.max(2, RULE_SHARE * ruledWidth);
  const strength = eraseRules(withRules, ruled.threshold, thickness, MOST_CROSSED);
  const levels = strength === withRules ? ruled : findInkLevels(strength.values);
  if (levels === undefined) return undefined;
  const { threshold, floor } = levels;
  const all = findComponents(strength.values, strength.width, strength.height, threshold);
  const usualHeight = usual(all);
  const strokeWidth = Math.max(1, strength === withRules ? ruledWidth : meanStrokeWidth(strength, threshold));
  const parts = withoutMarks(
    all.filter(({ box }) => Math.min(box.width, box.height) >= THINNEST * strokeWidth),
    usualHeight,
    strength.width,
  );
  if (parts.length === 0) return undefined;
  return {
    ink,
    strength,
    threshold,
    floor,
    full: quantile(atLeast(strength.values, threshold), FULL_INK_SHARE),
    parts,
    usualHeight,
    strokeWidth,
    factor: grey.factor,
  };
}

function atLeast(values: Float32Array, threshold: number): Float32Array {
  const found = new Float32Array(values.length);
  let count = 0;
  for (let index = 0; index < values.length; ++index) {
    const value = values[index] as number;
    if (value >= threshold) found[count++] = value;
  }
  return found.subarray(0, count);
}

/** The height of the part in which the middle of all ink lies, of parts in the order of their heights. */
function usual(parts: readonly Component[]): number {
  const ordered = parts.toSorted((one, other) => one.box.height - other.box.height);
  let left = ordered.reduce((sum, { mass }) => sum + mass, 0) / 2;
  for (const { mass, box } of ordered) {
    left -= mass;
    if (left <= 0) return box.height;
  }
  return 0;
}

function withoutMarks(all: readonly Component[], usualHeight: number, width: number): Component[] {
  const large = all.filter(
    ({ box, atFrame }) =>
      longerSide(box) >= SPECK_SIDE * usualHeight &&
      !(2 * atFrame >= longerSide(box) && longerSide(box) >= SHADOW_SIDES * usualHeight),
  );
  const marks = findMarks(large, width);
  const byTop = [...marks].sort((one, other) => one.box.top - other.box.top);
  const within = new Set<Component>();
  for (const ring of marks) {
    for (const part of startingBeside(byTop, ring.box)) if (part !== ring && holds(ring, part)) within.add(part);
  }
  return large.filter(
    (part) => !marks.has(part) || (within.has(part) && longerSide(part.box) > DOT_SHARE * usualHeight),
  );
}

function holds({ box: outer }: Component, { box: inner }: Component): boolean {
  return (
    inner.left >= outer.left &&
    inner.top >= outer.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height
  );
}
