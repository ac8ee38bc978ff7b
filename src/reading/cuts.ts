import type { Component } from "../image/components.ts";
import type { Strokes } from "./strokes.ts";

/** A way through a component from above to below, between two digits perhaps. */
export interface Cut {
  /** For each row of the component's box the column, from the box's left edge, from which on ink lies to the right of it. */
  readonly columns: Int32Array;
  /** Pixels of ink that it goes through, weighted by their strength. */
  readonly cost: number;
  /** Its mean column. */
  readonly middle: number;
}

/** A step aside costs as much as this share of a pixel of ink, so that ways are straight where nothing speaks against it. */
const ASIDE = 0.05;
/** Heights, as shares of the box, at which ways are looked for. */
const ANCHORS = [0.2, 0.35, 0.5, 0.65, 0.8];
/** Two cuts are one if they part no more ink than this share of a square as wide as the line's height. */
const SAME = 0.02;
/** The least ink on either side, as the same share. */
const LEAST_INK = 0.02;

/**
 * Where a component may be cut: ways from above to below that cross as little ink as any near them do, such as thin places and
 * the corners between two strokes that touch (seams, as in Avidan and Shamir 2007, doi:10.1145/1275808.1276390). From the left.
 *
 * @param height of the line's digits, in pixels
 * @param most how many; the cheapest are kept
 */
export function findCuts({ pixels, box }: Component, { strength }: Strokes, height: number, most: number): Cut[] {
  const { width, height: rows } = box;
  const ink = new Float32Array(width * rows);
  for (const index of pixels) {
    const column = index % strength.width;
    const row = (index - column) / strength.width;
    ink[(row - box.top) * width + column - box.left] = 1;
  }
  const fromAbove = ways(ink, width, rows, 1);
  const fromBelow = ways(ink, width, rows, -1);
  // Ink to the left of each place in its row.
  const before = new Float32Array((width + 1) * rows);
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < width; ++column) {
      before[row * (width + 1) + column + 1] =
        (before[row * (width + 1) + column] as number) + (ink[row * width + column] as number);
    }
  }
  const found: Cut[] = [];
  for (const anchor of ANCHORS) {
    const row = Math.min(rows - 1, Math.floor(anchor * rows));
    const through = Float32Array.from({ length: width }, (_, column) => {
      const at = row * width + column;
      return (fromAbove.costs[at] as number) + (fromBelow.costs[at] as number) - (ink[at] as number);
    });
    for (const column of valleys(through)) {
      const columns = new Int32Array(rows);
      follow(fromAbove.steps, columns, width, row, column, -1);
      follow(fromBelow.steps, columns, width, row, column, 1);
      let cost = 0;
      let left = 0;
      let sum = 0;
      for (let at = 0; at < rows; ++at) {
        cost += ink[at * width + (columns[at] as number)] as number;
        left += before[at * (width + 1) + (columns[at] as number)] as number;
        sum += columns[at] as number;
      }
      const least = LEAST_INK * height * height;
      if (left >= least && pixels.length - left >= least) found.push({ columns, cost, middle: sum / rows });
    }
  }
  const kept: Cut[] = [];
  for (const cut of found.sort((one, other) => one.cost - other.cost || one.middle - other.middle)) {
    if (kept.length === most) break;
    if (kept.every((other) => parted(before, width, cut, other) > SAME * height * height)) kept.push(cut);
  }
  return kept.sort((one, other) => one.middle - other.middle);
}

/** How much ink lies between two cuts. */
function parted(before: Float32Array, width: number, one: Cut, other: Cut): number {
  let sum = 0;
  for (let row = 0; row < one.columns.length; ++row) {
    const at = row * (width + 1);
    sum += Math.abs(
      (before[at + (one.columns[row] as number)] as number) - (before[at + (other.columns[row] as number)] as number),
    );
  }
  return sum;
}

/** The cost of the best way from the upper (lower) edge to each pixel, itself included, and from which side it comes. */
function ways(
  ink: Float32Array,
  width: number,
  rows: number,
  direction: 1 | -1,
): { costs: Float32Array; steps: Int8Array } {
  const costs = new Float32Array(ink.length);
  const steps = new Int8Array(ink.length);
  const [first, end] = direction === 1 ? [0, rows] : [rows - 1, -1];
  for (let row = first; row !== end; row += direction) {
    for (let column = 0; column < width; ++column) {
      const at = row * width + column;
      if (row === first) {
        costs[at] = ink[at] as number;
        continue;
      }
      const previous = at - direction * width;
      let best = costs[previous] as number;
      let step = 0;
      if (column > 0 && (costs[previous - 1] as number) + ASIDE < best) {
        best = (costs[previous - 1] as number) + ASIDE;
        step = -1;
      }
      if (column + 1 < width && (costs[previous + 1] as number) + ASIDE < best) {
        best = (costs[previous + 1] as number) + ASIDE;
        step = 1;
      }
      costs[at] = best + (ink[at] as number);
      steps[at] = step;
    }
  }
  return { costs, steps };
}

/** Writes down the columns of a way from a pixel to the edge in a direction. */
function follow(
  steps: Int8Array,
  columns: Int32Array,
  width: number,
  row: number,
  column: number,
  direction: 1 | -1,
): void {
  let at = column;
  for (let y = row; y >= 0 && y < columns.length; y += direction) {
    columns[y] = at;
    at += steps[y * width + at] as number;
  }
}

/** The middles of the stretches that are lower than what lies to either side. */
function valleys(costs: Float32Array): number[] {
  const middles: number[] = [];
  let start = 0;
  for (let column = 1; column <= costs.length; ++column) {
    if (column < costs.length && Math.abs((costs[column] as number) - (costs[start] as number)) < ASIDE / 2) continue;
    const falls = start > 0 && (costs[start - 1] as number) > (costs[start] as number);
    const rises = column < costs.length && (costs[column] as number) > (costs[column - 1] as number);
    if (falls && rises) middles.push(Math.floor((start + column - 1) / 2));
    start = column;
  }
  return middles;
}
