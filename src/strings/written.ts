import type { Random } from "../random.ts";
import { type Glyph, inkAt } from "./glyph.ts";
import { FITTED_JUNK, HELD_OUT_JUNK, type JunkKind, junkStrokes } from "./junk.ts";
import { penInk } from "./pen.ts";
import { type GreyPicture, Ink, onSurface, type Surface } from "./sheet.ts";
import type { Point } from "./signs.ts";

// Pictures of several digits of which all is known: what stands where. Strings of digits side by side, and sheets with junk.

/** How neighbours in a string stand to each other. */
export const SPACINGS = ["spaced", "touching", "overlapping"] as const;
/** The name of a spacing. */
export type Spacing = (typeof SPACINGS)[number];

/** A digit to write. */
export interface LabelledGlyph {
  readonly label: number;
  readonly glyph: Glyph;
}

/** A box in pixels. */
export interface WrittenBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A digit in a picture, and where it is. */
export interface WrittenDigit {
  readonly label: number;
  readonly box: WrittenBox;
  /** 1 for each pixel of its box that has its ink, otherwise 0. */
  readonly ink: Uint8Array;
}

/** A picture and the truth about it. */
export interface Written {
  readonly picture: GreyPicture;
  /** Lines from above, each with its digits from the left. */
  readonly lines: readonly (readonly WrittenDigit[])[];
  /** What is no digit. */
  readonly junk: readonly WrittenBox[];
}

/** Pixels of the picture for each of a 28×28 frame: digits are about 20 of those high. */
const SCALES: readonly [number, number] = [1.4, 2.6];
/** Sizes differ by so much to either side, within a string. */
const SIZE_JITTER = 0.12;
/** Digits are shifted up and down by so much of their height. */
const BASELINE_JITTER = 0.08;
/** Gaps of spaced digits, in widths of the narrower frame of 20 pixels. */
const GAPS: readonly [number, number] = [0.12, 0.5];
/** Boxes of overlapping digits share up to this much of the narrower one's width. */
const MOST_OVERLAP = 0.25;
/** The baseline of a string rises or falls by up to this share of its length. */
const MOST_SLOPE = 0.06;
const FRAME = 20;

/**
 * Writes digits side by side. Touching ones are moved together until their strokes meet by a pixel; overlapping ones are as
 * well, and further until their boxes share from 0 to 25 % of the narrower one's width.
 */
export function writeString(
  digits: readonly LabelledGlyph[],
  spacing: Spacing,
  surface: Surface,
  random: Random,
): Written {
  const between = (least: number, most: number): number => least + (most - least) * random.uniform();
  const scale = between(...SCALES);
  const size = FRAME * scale;
  const slope = between(-MOST_SLOPE, MOST_SLOPE);
  const margin = Math.round(size * between(0.3, 0.8));
  const height = Math.round(2 * margin + size * (1.4 + MOST_SLOPE * digits.length));
  const pieces = digits.map(({ label, glyph }) => {
    const own = scale * between(1 - SIZE_JITTER, 1 + SIZE_JITTER);
    return { label, raster: rasterOf(glyph, own), shift: between(-BASELINE_JITTER, BASELINE_JITTER) * size };
  });
  // First all places, then the sheet, which is as wide as they need.
  const rightmost = new Int32Array(height).fill(-1);
  let edge = margin;
  const placed = pieces.map(({ label, raster, shift }, index) => {
    const baseline = height / 2 + size / 2 + slope * (edge - margin) - (slope * size * digits.length) / 2;
    const top = Math.max(0, Math.min(height - raster.height, Math.round(baseline + shift - raster.height)));
    let left = edge;
    if (index > 0 && spacing === "spaced") left = edge + Math.round(size * between(...GAPS));
    else if (index > 0) {
      left = contact(raster, top, rightmost, edge);
      const before = pieces[index - 1]?.raster as Raster;
      const shared = random.uniform() * MOST_OVERLAP * Math.min(before.width, raster.width);
      if (spacing === "overlapping") left = Math.min(left, Math.round(edge - shared));
    }
    for (let row = 0; row < raster.height; ++row) {
      const last = raster.last[row] as number;
      if (last >= 0) rightmost[top + row] = Math.max(rightmost[top + row] as number, left + last);
    }
    edge = Math.max(edge, left + raster.width);
    return { label, raster, box: { left, top, width: raster.width, height: raster.height } };
  });
  const ink = new Ink(edge + margin, height);
  for (const { raster, box } of placed) {
    ink.draw(box.left, box.top, box.width, box.height, (x, y) => raster.values[y * raster.width + x] as number);
  }
  const line = placed.map(({ label, box, raster }) => ({ label, box, ink: inkOf(raster) }));
  return { picture: onSurface(ink, surface, size, random), lines: [line], junk: [] };
}

/**
 * Writes a sheet: rows of `perLine` places, of which some hold junk and all others a digit each, well apart.
 *
 * @param heldOut whether the junk is of kinds that the reader was not fitted to
 */
export function writeSheet(
  digits: readonly LabelledGlyph[],
  junk: number,
  surface: Surface,
  random: Random,
  { perLine = 11, heldOut = false } = {},
): Written {
  const between = (least: number, most: number): number => least + (most - least) * random.uniform();
  const scale = between(...SCALES);
  const size = FRAME * scale;
  const places = Array.from({ length: digits.length + junk }, (_, place) => place);
  random.shuffle(places);
  const isJunk = new Set(places.slice(0, junk));
  const step = size * between(1.5, 1.8);
  const rows = Math.ceil(places.length / perLine);
  const ink = new Ink(Math.round(step * (perLine + 0.6)), Math.round(step * 1.1 * (rows + 0.6)));
  const lines: WrittenDigit[][] = [];
  const others: WrittenBox[] = [];
  const kinds: readonly JunkKind[] = heldOut ? HELD_OUT_JUNK : FITTED_JUNK;
  const left = [...digits];
  for (let place = 0; place < places.length; ++place) {
    const raster = isJunk.has(place)
      ? scrawl(kinds[random.below(kinds.length)] as JunkKind, size * between(0.75, 1.1), scale, random)
      : rasterOf((left[0] as LabelledGlyph).glyph, scale * between(1 - SIZE_JITTER, 1 + SIZE_JITTER));
    const centreX = step * (0.8 + (place % perLine)) + size * between(-0.1, 0.1);
    const centreY =
      step * 1.1 * (0.8 + Math.floor(place / perLine)) + size * between(-BASELINE_JITTER, BASELINE_JITTER);
    const box = {
      left: Math.round(centreX - raster.width / 2),
      top: Math.round(centreY - raster.height / 2),
      width: raster.width,
      height: raster.height,
    };
    ink.draw(box.left, box.top, box.width, box.height, (x, y) => raster.values[y * raster.width + x] as number);
    if (isJunk.has(place)) others.push(box);
    else {
      const row = Math.floor(place / perLine);
      lines[row] ??= [];
      lines[row]?.push({ label: (left.shift() as LabelledGlyph).label, box, ink: inkOf(raster) });
    }
  }
  return {
    picture: onSurface(ink, surface, size, random),
    lines: lines.filter((line) => line !== undefined),
    junk: others,
  };
}

/** Something in pixels, cropped, and the last column of ink in each of its rows. */
interface Raster {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  /** −1 where a row has none. */
  readonly last: Int32Array;
  readonly first: Int32Array;
}

const INKED = 0.5;

const inkOf = ({ values }: Raster): Uint8Array => Uint8Array.from(values, (value) => (value >= INKED ? 1 : 0));

function rasterOf(glyph: Glyph, scale: number): Raster {
  const width = Math.max(1, Math.ceil(scale * glyph.width));
  const height = Math.max(1, Math.ceil(scale * glyph.height));
  return raster(width, height, (x, y) => inkAt(glyph, (x + 0.5) / scale, (y + 0.5) / scale));
}

/** A piece of junk, drawn with a pen as wide as that of MNIST's digits. */
function scrawl(kind: JunkKind, side: number, scale: number, random: Random): Raster {
  const pen = scale * (2 + random.uniform());
  const aspect = 0.7 + 0.5 * random.uniform();
  const [width, height] = [
    Math.ceil(Math.min(1, aspect) * side + pen),
    Math.ceil(Math.min(1, 1 / aspect) * side + pen),
  ];
  const strokes = junkStrokes(kind, random).map((stroke) =>
    stroke.map(([x, y]): Point => [pen / 2 + x * (width - pen), pen / 2 + y * (height - pen)]),
  );
  return raster(width, height, penInk(strokes, pen));
}

function raster(width: number, height: number, inkOf: (x: number, y: number) => number): Raster {
  const values = Float32Array.from({ length: width * height }, (_, index) =>
    inkOf(index % width, Math.floor(index / width)),
  );
  const first = new Int32Array(height).fill(-1);
  const last = new Int32Array(height).fill(-1);
  values.forEach((value, index) => {
    if (value < INKED) return;
    const column = index % width;
    const row = (index - column) / width;
    if (first[row] === -1) first[row] = column;
    last[row] = column;
  });
  return { values, width, height, first, last };
}

/** Where a raster has to stand for its ink to share a pixel with what stands to its left. */
function contact({ first, height }: Raster, top: number, rightmost: Int32Array, edge: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < height; ++row) {
    const before = rightmost[top + row] as number;
    if (before >= 0 && first[row] !== -1) most = Math.max(most, before - (first[row] as number));
  }
  return Number.isFinite(most) ? most : edge;
}
