import { encode } from "fast-png";
import type { Random } from "../../src/random.ts";
import type { Glyph } from "../../src/strings/glyph.ts";

/** A grey drawing for tests; brightness in [0, 1]. */
export interface Drawing {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1;
}

type Point = readonly [number, number];

/** A "5" in straight strokes, in a box about 0.6 wide and 1 high. */
export const FIVE: readonly (readonly [Point, Point])[] = [
  [
    [0.1, 0],
    [0.6, 0],
  ],
  [
    [0.1, 0],
    [0.1, 0.45],
  ],
  [
    [0.1, 0.45],
    [0.5, 0.45],
  ],
  [
    [0.5, 0.45],
    [0.6, 0.75],
  ],
  [
    [0.6, 0.75],
    [0.4, 1],
  ],
  [
    [0.4, 1],
    [0, 0.95],
  ],
];

/** Draws bright antialiased strokes on black: `size` pixels high, `pen` wide, the upper left corner at (left, top). */
export function draw(options: {
  width: number;
  height: number;
  left: number;
  top: number;
  size: number;
  pen: number;
  strokes?: readonly (readonly [Point, Point])[];
}): Drawing {
  const { width, height, left, top, size, pen, strokes = FIVE } = options;
  const data = new Float32Array(width * height);
  for (let row = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column) {
      for (const [from, to] of strokes) {
        const distance = distanceToSegment(column + 0.5, row + 0.5, [
          [left + size * from[0], top + size * from[1]],
          [left + size * to[0], top + size * to[1]],
        ]);
        const covered = Math.max(0, Math.min(1, pen / 2 + 0.5 - distance));
        data[row * width + column] = Math.max(data[row * width + column] as number, covered);
      }
    }
  }
  return { data, width, height, channels: 1 };
}

/** The drawing with each pixel's brightness and place (in [0, 1] along both axes) mapped to another brightness. */
export function mapDrawing(drawing: Drawing, map: (value: number, x: number, y: number) => number): Drawing {
  const { data, width, height } = drawing;
  return {
    ...drawing,
    data: data.map((value, index) =>
      Math.max(0, Math.min(1, map(value, (index % width) / width, Math.floor(index / width) / height))),
    ),
  };
}

/** The bytes of a PNG of 8 bits that shows the drawing. */
export function asPng({ data, width, height }: Drawing): Uint8Array {
  return encode({ data: Uint8Array.from(data, (value) => Math.round(255 * value)), width, height, channels: 1 });
}

/** A seeded generator of numbers in [0, 1): a linear congruential one is random enough for grain. */
export function grain(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The largest difference between two arrays of one length. */
export function largestDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (other[index] as number))), 0);
}

/** The mean difference between two arrays of one length. */
export function meanDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] as number)), 0) / one.length;
}

function distanceToSegment(x: number, y: number, [[x0, y0], [x1, y1]]: readonly [Point, Point]): number {
  const lengthSquared = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const along = Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / lengthSquared));
  return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
}

/** Strokes through points, one after the other. */
export const through = (...points: (readonly [number, number])[]): (readonly [Point, Point])[] =>
  points.slice(1).map((point, index) => [points[index] as readonly [number, number], point]);

const DIGITS: readonly (readonly (readonly [Point, Point])[])[] = [
  FIVE,
  through([0.3, 0], [0.05, 0.3], [0.05, 0.7], [0.3, 1], [0.55, 0.7], [0.55, 0.3], [0.3, 0]),
  through([0, 0.1], [0.3, 0], [0.55, 0.2], [0.5, 0.45], [0, 1], [0.6, 1]),
  through([0, 0], [0.6, 0], [0.2, 1]),
  [...through([0.4, 0], [0, 0.6], [0.6, 0.6]), ...through([0.45, 0.35], [0.4, 1])],
  through([0.5, 0], [0.1, 0.5], [0.1, 0.85], [0.35, 1], [0.55, 0.8], [0.4, 0.6], [0.1, 0.7]),
];
/** One of a few digits, drawn with a pen of a drawn width. */
export function drawnGlyph(index: number, random: Random): Glyph {
  const strokes = DIGITS[index % DIGITS.length] as readonly (readonly [Point, Point])[];
  const pen = 5 + 4 * random.uniform();
  const { data, width, height } = draw({ width: 50, height: 70, left: 8, top: 5, size: 60, pen, strokes });
  return { values: data, width, height };
}
