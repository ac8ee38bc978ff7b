// Other views of an image, for when no class explains it as it is. Each is a nuisance that decoders do not draw, taken off before
// they are asked:
//
//   centred    moved by whole pixels until the centre of mass is in the middle, where MNIST has it;
//   levelled   every column, or every row, as its distance from the median of its ends: bands of dark and bright paper, whichever
//              way the ink stands out from them;
//   filled     closed by 3×3 pixels (morphology: a dilation, then an erosion), so that outlines on quiet paper become strokes.
//
// Every pixel of a view is one of the image's, |one less another|, or 0, so that a derivative finds its way back
// (src/views.ts). The response curve never falls, so views of what is seen through it are what is seen of views: exactly so
// centred and filled ones.

import { CENTRED, FILLED, LEVELLED_COLUMNS, NO_PIXEL } from "../../format/views";
import { floats } from "../bytes";
import { allocate } from "../layout";
import * as sizes from "../sizes";

const SIDE: i32 = 28;
/** What is less off the middle, in pixels both ways, is as MNIST's digits are. */
const LEAST_OFFSET: f64 = 0.75;
/** Pixels at each end of a line that show its paper: MNIST's margin. */
const MARGIN: i32 = 4;
/** Bands: among the lines' papers, that of this rank from below and that from above differ by at least `LEAST_CONTRAST`. */
const BAND_RANK: i32 = SIDE / 4 - 1;
const LEAST_CONTRAST: f32 = 0.25;
/** Outlines lie on quiet paper: the mean of the image's outermost pixels, this many deep, is at most `QUIET`. */
const FRAME: i32 = 2;
const QUIET: f64 = 0.05;

/** i32 [784][2]: which pixel of the image each of the view's is, and which one is taken off, `NO_PIXEL` for none. */
export let sources: usize = 0;
/** i32 [784]: which pixel a dilation took. */
let dilated: usize = 0;
/** i32 [28]: pixels in the order of their values; and the one that is each line's paper. */
let order: usize = 0;
let papers: usize = 0;

/** Reserves the buffers; what memory does not allow shows in `exhausted`. */
export function reserve(): void {
  sources = allocate(2 * floats(sizes.PIXELS));
  dilated = allocate(floats(sizes.PIXELS));
  order = allocate(floats(SIDE));
  papers = allocate(floats(SIDE));
}

/**
 * Writes a view of `image` to `target`, both f32 [784] and not the same, and where its pixels come from; false where the view
 * is the image as it is, or makes no sense: no ink to centre, no bands to level, no quiet paper.
 */
export function look(view: i32, image: usize, target: usize): bool {
  if (view == CENTRED) {
    if (!centre(image)) return false;
  } else if (view == FILLED) {
    if (!fill(image)) return false;
  } else if (!level(image, view == LEVELLED_COLUMNS)) return false;
  for (let pixel = 0; pixel < sizes.PIXELS; ++pixel) {
    const source = load<i32>(sources + floats(2 * pixel));
    const base = load<i32>(sources + floats(2 * pixel), 4);
    const value: f32 = source == NO_PIXEL ? 0 : load<f32>(image + floats(source));
    store<f32>(target + floats(pixel), base == NO_PIXEL ? value : abs<f32>(value - load<f32>(image + floats(base))));
  }
  return true;
}

function setSource(pixel: i32, source: i32, base: i32): void {
  store<i32>(sources + floats(2 * pixel), source);
  store<i32>(sources + floats(2 * pixel), base, 4);
}

function centre(image: usize): bool {
  let mass: f64 = 0;
  let across: f64 = 0;
  let down: f64 = 0;
  for (let row = 0; row < SIDE; ++row) {
    for (let column = 0; column < SIDE; ++column) {
      const value = <f64>load<f32>(image + floats(SIDE * row + column));
      mass += value;
      across += value * <f64>column;
      down += value * <f64>row;
    }
  }
  if (!(mass > 0)) return false;
  const offsetAcross = SIDE / 2 - across / mass;
  const offsetDown = SIDE / 2 - down / mass;
  if (max(abs(offsetAcross), abs(offsetDown)) < LEAST_OFFSET) return false;
  const right = <i32>Math.floor(offsetAcross + 0.5);
  const below = <i32>Math.floor(offsetDown + 0.5);
  for (let row = 0; row < SIDE; ++row) {
    for (let column = 0; column < SIDE; ++column) {
      const fromRow = row - below;
      const fromColumn = column - right;
      const isInside = fromRow >= 0 && fromRow < SIDE && fromColumn >= 0 && fromColumn < SIDE;
      setSource(SIDE * row + column, isInside ? SIDE * fromRow + fromColumn : NO_PIXEL, NO_PIXEL);
    }
  }
  return true;
}

/** The median, the lower one of two, of a line's ends. */
function paperOf(image: usize, start: i32, step: i32): i32 {
  for (let index = 0; index < MARGIN; ++index) insert(image, start + index * step, index);
  for (let index = MARGIN; index < 2 * MARGIN; ++index)
    insert(image, start + (SIDE - 2 * MARGIN + index) * step, index);
  return load<i32>(order + floats(MARGIN - 1));
}

/** Puts a pixel among the `count` that `order` has. */
function insert(image: usize, pixel: i32, count: i32): void {
  const value = load<f32>(image + floats(pixel));
  let place = count;
  while (place > 0) {
    const before = load<i32>(order + floats(place - 1));
    if (!(load<f32>(image + floats(before)) > value)) break;
    store<i32>(order + floats(place), before);
    --place;
  }
  store<i32>(order + floats(place), pixel);
}

function level(image: usize, areColumns: bool): bool {
  const between = areColumns ? 1 : SIDE;
  const along = areColumns ? SIDE : 1;
  for (let line = 0; line < SIDE; ++line) {
    store<i32>(papers + floats(line), paperOf(image, line * between, along));
  }
  for (let line = 0; line < SIDE; ++line) insert(image, load<i32>(papers + floats(line)), line);
  const dark = load<f32>(image + floats(load<i32>(order + floats(BAND_RANK))));
  const bright = load<f32>(image + floats(load<i32>(order + floats(SIDE - 1 - BAND_RANK))));
  if (!(bright - dark >= LEAST_CONTRAST)) return false;
  for (let line = 0; line < SIDE; ++line) {
    const paper = load<i32>(papers + floats(line));
    for (let index = 0; index < SIDE; ++index) {
      const pixel = line * between + index * along;
      setSource(pixel, pixel, paper);
    }
  }
  return true;
}

/** The brightest pixel around, the first of equals; with `isDarkest` the darkest of those that the dilation took. */
function extreme(image: usize, row: i32, column: i32, isDarkest: bool): i32 {
  let best = NO_PIXEL;
  let bestValue: f32 = 0;
  for (let y = max(0, row - 1); y <= min(SIDE - 1, row + 1); ++y) {
    for (let x = max(0, column - 1); x <= min(SIDE - 1, column + 1); ++x) {
      const pixel = isDarkest ? load<i32>(dilated + floats(SIDE * y + x)) : SIDE * y + x;
      const value = load<f32>(image + floats(pixel));
      if (best != NO_PIXEL && !(isDarkest ? value < bestValue : value > bestValue)) continue;
      best = pixel;
      bestValue = value;
    }
  }
  return best;
}

function isQuiet(image: usize): bool {
  let sum: f64 = 0;
  let count = 0;
  for (let row = 0; row < SIDE; ++row) {
    const isEdge = row < FRAME || row >= SIDE - FRAME;
    for (let column = 0; column < SIDE; ++column) {
      if (!isEdge && column >= FRAME && column < SIDE - FRAME) continue;
      sum += <f64>load<f32>(image + floats(SIDE * row + column));
      ++count;
    }
  }
  return sum <= QUIET * <f64>count;
}

function fill(image: usize): bool {
  if (!isQuiet(image)) return false;
  for (let row = 0; row < SIDE; ++row) {
    for (let column = 0; column < SIDE; ++column) {
      store<i32>(dilated + floats(SIDE * row + column), extreme(image, row, column, false));
    }
  }
  let isOther = false;
  for (let row = 0; row < SIDE; ++row) {
    for (let column = 0; column < SIDE; ++column) {
      const pixel = SIDE * row + column;
      const source = extreme(image, row, column, true);
      setSource(pixel, source, NO_PIXEL);
      if (load<f32>(image + floats(source)) != load<f32>(image + floats(pixel))) isOther = true;
    }
  }
  return isOther;
}
