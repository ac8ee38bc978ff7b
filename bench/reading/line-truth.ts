import { addInk, LINE_ROWS, type LineImage } from "../../src/reading/line-image.ts";
import type { WrittenDigit } from "../../src/strings/written.ts";

// Where a line's digits part, in the line's image: what the network for seams is fitted to.

/** A step aside from row to row costs as much as this much ink on the wrong side… */
const ASIDE = 0.05;
/** …and a column away from the middle between two digits as much as this. */
const ASTRAY = 0.01;
const MOST_ASIDE = 2;
/** How wide a seam is drawn, in columns: the standard deviation. */
const SEAM_WIDTH = 0.9;

/** For each pixel of a line's image how near it lies to a seam between two digits, 0 to 1. */
export function seamTruth(image: LineImage, digits: readonly WrittenDigit[], columns: number): Float32Array {
  const truth = new Float32Array(image.values.length);
  const inks = digits.map((digit) => {
    const own = { ...image, values: new Float32Array(image.values.length) };
    addInk(own, pixelsOf(digit, columns), columns);
    return own.values;
  });
  for (let index = 1; index < inks.length; ++index) {
    const seam = seamBetween(inks[index - 1] as Float32Array, inks[index] as Float32Array, image.width);
    for (let row = 0; row < LINE_ROWS; ++row) {
      for (let column = 0; column < image.width; ++column) {
        const away = (column + 0.5 - (seam[row] as number)) / SEAM_WIDTH;
        const at = row * image.width + column;
        truth[at] = Math.max(truth[at] as number, Math.exp((-away * away) / 2));
      }
    }
  }
  return truth;
}

/** Indices of a digit's ink in the picture. */
function pixelsOf({ box, ink }: WrittenDigit, columns: number): number[] {
  const pixels: number[] = [];
  ink.forEach((value, at) => {
    if (value === 1) pixels.push((box.top + Math.floor(at / box.width)) * columns + box.left + (at % box.width));
  });
  return pixels;
}

/** For each row the column before which the left digit's ink lies, with as little on the wrong side as can be. */
function seamBetween(left: Float32Array, right: Float32Array, width: number): Int32Array {
  const [leftEnd, rightStart] = [extent(left, width)[1], extent(right, width)[0]];
  const costs = new Float32Array(LINE_ROWS * (width + 1));
  const steps = new Int8Array(costs.length);
  for (let row = 0; row < LINE_ROWS; ++row) {
    const [first, last] = [row * width, (row + 1) * width];
    const own = extent(left.subarray(first, last), width)[1];
    const next = extent(right.subarray(first, last), width)[0];
    const middle = ((own < 0 ? leftEnd : own) + 1 + (next > width ? rightStart : next)) / 2;
    let wrong = left.subarray(first, last).reduce((sum, value) => sum + value, 0);
    for (let column = 0; column <= width; ++column) {
      const at = row * (width + 1) + column;
      let best = Number.POSITIVE_INFINITY;
      for (let step = -MOST_ASIDE; row > 0 && step <= MOST_ASIDE; ++step) {
        if (column + step < 0 || column + step > width) continue;
        const cost = (costs[at - width - 1 + step] as number) + ASIDE * Math.abs(step);
        if (cost >= best) continue;
        best = cost;
        steps[at] = step;
      }
      costs[at] = (row === 0 ? 0 : best) + wrong + ASTRAY * Math.abs(column - middle);
      if (column < width) wrong += (right[first + column] as number) - (left[first + column] as number);
    }
  }
  const seam = new Int32Array(LINE_ROWS);
  const lowest = costs.subarray((LINE_ROWS - 1) * (width + 1));
  let column = lowest.indexOf(Math.min(...lowest));
  for (let row = LINE_ROWS - 1; row >= 0; --row) {
    seam[row] = column;
    column += steps[row * (width + 1) + column] as number;
  }
  return seam;
}

const INKED = 0.3;

/** The first and the last column with ink, of one row or of all. */
function extent(values: Float32Array, width: number): [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, -1];
  values.forEach((value, at) => {
    if (value < INKED) return;
    first = Math.min(first, at % width);
    last = Math.max(last, at % width);
  });
  return [first, last];
}
