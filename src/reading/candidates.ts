import { around, type Box, type Component } from "../image/components.ts";
import { type Cut, findCuts } from "./cuts.ts";
import type { Line } from "./lines.ts";
import type { Strokes } from "./strokes.ts";

/** Parts narrower than this, in heights of the line, are not cut. */
const LEAST_CUT_WIDTH = 0.35;
/** A candidate of several atoms is at most so wide, in heights of the line. */
const MOST_WIDTH = 1.2;
/** …has gaps of at most this… */
const MOST_INNER_GAP = 0.3;
/** …and does not join parts that are both this high, unless the gap between them is next to nothing. */
const TALL = 0.6;
const MOST_TALL_GAP = 0.06;
const MOST_ATOMS = 7;

/** The least that a line is parted into: a part between two neighbouring cuts, or a whole one. */
interface Atom {
  /** The part's place in the line. */
  readonly part: number;
  readonly pixels: readonly number[];
  readonly box: Box;
  /** Ink on the cut that parts it from the atom of the same part before it; 0 for the first. */
  readonly cutBefore: number;
}

/** Atoms next to each other that may be a digit. */
export interface Candidate {
  /** The first atom, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Indices of its ink. */
  readonly pixels: readonly number[];
  readonly box: Box;
  /** What is known of it before it is classified. */
  readonly geometry: Geometry;
}

/** What a candidate looks like beside its line. Lengths are in heights of the line's digits, ink in widths of strokes. */
export interface Geometry {
  readonly height: number;
  readonly width: number;
  /** Its ink, in strokes as long as the line is high. */
  readonly ink: number;
  /** Ink on the cuts at its left and at its right end. */
  readonly cutBefore: number;
  readonly cutAfter: number;
  /** Ink on the cheapest cut within it; Infinity where there is none. */
  readonly uncutInk: number;
  /** The widest gap within it; negative where its parts overlap. */
  readonly gap: number;
  /** Parts of more than half a line's height in it. */
  readonly tallParts: number;
}

/** The candidates of a line; every way from atom 0 to `atoms` over candidates is a reading. */
export interface Candidates {
  readonly atoms: number;
  readonly list: readonly Candidate[];
}

/**
 * Finds all that may be a digit in a line.
 *
 * @param cutsPerHeight the most cuts, for a part as wide as the line's digits are high
 */
export function findCandidates(line: Line, strokes: Strokes, cutsPerHeight: number): Candidates {
  const atoms = line.parts
    .flatMap((part, place) => atomsOf(part, place, line.height, strokes, cutsPerHeight))
    .sort((one, other) => middle(one.box) - middle(other.box) || one.part - other.part);
  const list: Candidate[] = [];
  for (let from = 0; from < atoms.length; ++from) {
    for (let to = from + 1; to <= Math.min(atoms.length, from + MOST_ATOMS); ++to) {
      const held = atoms.slice(from, to);
      const box = around(held);
      const geometry = geometryOf(atoms, from, to, box, line.height, strokes.strokeWidth);
      if (to > from + 1 && geometry.width > MOST_WIDTH) break;
      if (to > from + 1 && !mayBeOne(held, geometry, line.height)) continue;
      list.push({
        from,
        to,
        box,
        geometry,
        get pixels() {
          return held.flatMap((atom) => atom.pixels);
        },
      });
    }
  }
  return { atoms: atoms.length, list };
}

function mayBeOne(held: readonly Atom[], { gap }: Geometry, height: number): boolean {
  if (gap > MOST_INNER_GAP) return false;
  const tall = new Set(held.filter(({ box }) => box.height >= TALL * height).map(({ part }) => part));
  return tall.size < 2 || gap <= MOST_TALL_GAP;
}

function atomsOf(part: Component, place: number, height: number, strokes: Strokes, cutsPerHeight: number): Atom[] {
  const most = part.box.width < LEAST_CUT_WIDTH * height ? 0 : Math.ceil((cutsPerHeight * part.box.width) / height);
  const cuts = most === 0 ? [] : findCuts(part, strokes, height, most);
  if (cuts.length === 0) return [{ part: place, pixels: part.pixels, box: part.box, cutBefore: 0 }];
  // Cuts may cross; ink that lies on both sides then goes to the first of the atoms that want it.
  const pixels: number[][] = Array.from({ length: cuts.length + 1 }, () => []);
  const columns = strokes.strength.width;
  for (const index of part.pixels) {
    const column = index % columns;
    const row = (index - column) / columns;
    let atom = cuts.findIndex((cut) => column - part.box.left < (cut.columns[row - part.box.top] as number));
    if (atom === -1) atom = cuts.length;
    pixels[atom]?.push(index);
  }
  return pixels.flatMap((own, index) => {
    if (own.length === 0) return [];
    const before: Cut | undefined = cuts[index - 1];
    return [{ part: place, pixels: own, box: boxOf(own, columns), cutBefore: before?.cost ?? 0 }];
  });
}

function geometryOf(
  atoms: readonly Atom[],
  from: number,
  to: number,
  box: Box,
  height: number,
  strokeWidth: number,
): Geometry {
  let [cutBefore, cutAfter] = [0, 0];
  let uncutInk = Number.POSITIVE_INFINITY;
  const held = atoms.slice(from, to);
  const tall = new Set<number>();
  for (const part of new Set(held.map((atom) => atom.part))) {
    const own = held.filter((atom) => atom.part === part);
    const following = atoms.slice(to).find((atom) => atom.part === part);
    cutBefore += (own[0] as Atom).cutBefore;
    cutAfter += following?.cutBefore ?? 0;
    for (const atom of own.slice(1)) uncutInk = Math.min(uncutInk, atom.cutBefore);
    if (around(own).height > height / 2) tall.add(part);
  }
  let gap = Number.NEGATIVE_INFINITY;
  let right = held[0] === undefined ? 0 : held[0].box.left + held[0].box.width;
  for (const { box: next } of held.slice(1)) {
    gap = Math.max(gap, next.left - right);
    right = Math.max(right, next.left + next.width);
  }
  return {
    height: box.height / height,
    width: box.width / height,
    ink: held.reduce((sum, { pixels }) => sum + pixels.length, 0) / (height * strokeWidth),
    cutBefore: cutBefore / strokeWidth,
    cutAfter: cutAfter / strokeWidth,
    uncutInk: uncutInk / strokeWidth,
    gap: gap / height,
    tallParts: tall.size,
  };
}

const middle = ({ left, width }: Box): number => left + width / 2;

function boxOf(pixels: readonly number[], columns: number): Box {
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, -1, Number.POSITIVE_INFINITY, -1];
  for (const index of pixels) {
    const column = index % columns;
    const row = (index - column) / columns;
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
