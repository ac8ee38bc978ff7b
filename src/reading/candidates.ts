import { around, type Box, type Component } from "../image/components.ts";
import { type Cut, findSeams, type Seams } from "./cuts.ts";
import { bearingOf, columnIn, LINE_ROWS, type LineImage, lineImage, rowIn } from "./line-image.ts";
import type { Line } from "./lines.ts";
import type { Strokes } from "./strokes.ts";

/** A candidate of several atoms is at most so wide, in heights of the line. */
const MOST_WIDTH = 1.5;
/** …has gaps of at most this… */
const MOST_INNER_GAP = 0.3;
/** …and does not join parts that are both this high, unless the gap between them is next to nothing. */
const TALL = 0.6;
const MOST_TALL_GAP = 0.06;
const MOST_ATOMS = 7;
/** The least ink on either side of a cut, as a share of a square as wide as the line's digits are high. */
const LEAST_INK = 0.02;

/** The least that a line is parted into: a part between two neighbouring cuts, or a whole one. */
interface Atom {
  /** The part's place in the line. */
  readonly part: number;
  readonly pixels: readonly number[];
  readonly box: Box;
  /** The cut that parts it from the atom of the same part before it; none for the first. */
  readonly cut: Cut | undefined;
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
  /** How far its middle lies above (below 0) or below the line's. */
  readonly shift: number;
  /** Ink on the cuts at its left and at its right end. */
  readonly cutBefore: number;
  readonly cutAfter: number;
  /** The doubt that digits part at its left and at its right end (see `Cut`); 0 where the line ends. */
  readonly doubtBefore: number;
  readonly doubtAfter: number;
  /** The least doubt that digits part within it; Infinity for a single atom. */
  readonly innerDoubt: number;
  /** The widest gap within it; negative where its parts overlap. */
  readonly gap: number;
  /** Parts of more than half a line's height in it. */
  readonly tallParts: number;
}

/** The candidates of a line; every way from atom 0 to `atoms` over candidates is a reading. */
export interface Candidates {
  readonly atoms: number;
  readonly list: readonly Candidate[];
  /** The line made level. */
  readonly image: LineImage;
  /** For each atom the indices of its ink. */
  readonly inks: readonly (readonly number[])[];
}

/**
 * Finds all that may be a digit in a line.
 *
 * @param cutsPerHeight the most cuts, for a line as wide as its digits are high
 */
export function findCandidates(line: Line, strokes: Strokes, cutsPerHeight: number): Candidates {
  const columns = strokes.strength.width;
  const bearing = bearingOf(line.parts, columns, line.height);
  const image = lineImage(line.parts, columns, bearing);
  const { height } = bearing;
  const seams = findSeams(image, Math.ceil((cutsPerHeight * image.width) / image.scale / height));
  const atoms = line.parts
    .flatMap((part, place) => atomsOf(part, place, image, seams.cuts, columns))
    .sort((one, other) => middle(one.box) - middle(other.box) || one.part - other.part);
  const doubts = doubtsBetween(atoms, image, seams);
  const strokeWidth = Math.max(1, strokes.strokeWidth * image.scale);
  const list: Candidate[] = [];
  for (let from = 0; from < atoms.length; ++from) {
    for (let to = from + 1; to <= Math.min(atoms.length, from + MOST_ATOMS); ++to) {
      const held = atoms.slice(from, to);
      const box = around(held);
      if (to > from + 1 && box.width > MOST_WIDTH * height) break;
      const ink = held.reduce((sum, { pixels }) => sum + pixels.length, 0) / (height * strokes.strokeWidth);
      const shift = rowIn(image, middle(box), box.top + box.height / 2) / image.scale - LINE_ROWS / 2 / image.scale;
      const geometry: Geometry = {
        height: box.height / height,
        width: box.width / height,
        ink,
        shift: shift / height,
        ...edgesOf(atoms, from, to, height, strokeWidth),
        doubtBefore: doubts[from] as number,
        doubtAfter: doubts[to] as number,
        innerDoubt: Math.min(...doubts.slice(from + 1, to)),
      };
      if (to > from + 1 && !mayBeOne(held, geometry, height)) continue;
      list.push({
        from,
        to,
        box,
        geometry,
        get pixels() {
          return held.length === 1 ? (held[0] as Atom).pixels : held.flatMap((atom) => atom.pixels);
        },
      });
    }
  }
  return { atoms: atoms.length, list, image, inks: atoms.map(({ pixels }) => pixels) };
}

/** The doubt that digits part before each atom, and after the last. */
function doubtsBetween(atoms: readonly Atom[], image: LineImage, seams: Seams): number[] {
  const inner = atoms.slice(1).map((atom, index) => {
    const before = atoms[index] as Atom;
    if (atom.part === before.part && atom.cut !== undefined) return atom.cut.doubt;
    return seams.doubtBetween(columnIn(image, middle(before.box)), columnIn(image, middle(atom.box)));
  });
  return [0, ...inner, 0];
}

function mayBeOne(held: readonly Atom[], { gap }: Geometry, height: number): boolean {
  if (gap > MOST_INNER_GAP) return false;
  const tall = new Set(held.filter(({ box }) => box.height >= TALL * height).map(({ part }) => part));
  return tall.size < 2 || gap <= MOST_TALL_GAP;
}

function atomsOf(part: Component, place: number, image: LineImage, cuts: readonly Cut[], columns: number): Atom[] {
  const whole: Atom = { part: place, pixels: part.pixels, box: part.box, cut: undefined };
  const left = columnIn(image, part.box.left - 0.5);
  const right = columnIn(image, part.box.left + part.box.width - 0.5);
  const near = cuts.filter(({ columns: own }) => Math.max(...own) > left && Math.min(...own) < right);
  if (near.length === 0) return [whole];
  // Cuts may cross; ink that lies on both sides then goes to the first of the atoms that want it.
  const pixels: number[][] = Array.from({ length: near.length + 1 }, () => []);
  for (const index of part.pixels) {
    const x = index % columns;
    const row = Math.floor(rowIn(image, x, (index - x) / columns));
    const column = columnIn(image, x);
    const held = Math.max(0, Math.min(LINE_ROWS - 1, row));
    let atom = 0;
    while (atom < near.length && column >= ((near[atom] as Cut).columns[held] as number)) ++atom;
    pixels[atom]?.push(index);
  }
  const least = LEAST_INK * image.bearing.height ** 2;
  // What is next to nothing goes to the neighbour from which the more doubtful cut parts it.
  const atoms: { pixels: number[]; cut: Cut | undefined }[] = [];
  let waiting: number[] = [];
  pixels.forEach((own, index) => {
    const cut = near[index - 1];
    const before = atoms.at(-1);
    const all = [...waiting, ...own];
    waiting = [];
    if (all.length >= least) atoms.push({ pixels: all, cut: before === undefined ? undefined : cut });
    else if (before !== undefined && (cut?.doubt ?? 0) >= (near[index]?.doubt ?? 0)) before.pixels.push(...all);
    else waiting = all;
  });
  if (waiting.length > 0) atoms.at(-1)?.pixels.push(...waiting);
  if (atoms.length < 2) return [whole];
  return atoms.map(({ pixels: own, cut }) => ({ part: place, pixels: own, box: boxOf(own, columns), cut }));
}

function edgesOf(
  atoms: readonly Atom[],
  from: number,
  to: number,
  height: number,
  strokeWidth: number,
): Pick<Geometry, "cutBefore" | "cutAfter" | "gap" | "tallParts"> {
  let [cutBefore, cutAfter] = [0, 0];
  const held = atoms.slice(from, to);
  let tallParts = 0;
  for (const part of new Set(held.map((atom) => atom.part))) {
    const own = held.filter((atom) => atom.part === part);
    const following = atoms.slice(to).find((atom) => atom.part === part);
    cutBefore += (own[0] as Atom).cut?.ink ?? 0;
    cutAfter += following?.cut?.ink ?? 0;
    if (around(own).height > height / 2) ++tallParts;
  }
  let gap = Number.NEGATIVE_INFINITY;
  let right = held[0] === undefined ? 0 : held[0].box.left + held[0].box.width;
  for (const { box: next } of held.slice(1)) {
    gap = Math.max(gap, next.left - right);
    right = Math.max(right, next.left + next.width);
  }
  return { cutBefore: cutBefore / strokeWidth, cutAfter: cutAfter / strokeWidth, gap: gap / height, tallParts };
}

const middle = ({ left, width }: Box): number => left + (width - 1) / 2;

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
