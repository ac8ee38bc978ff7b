import type { Component } from "../image/components.ts";

/** Rows of a line's image… */
export const LINE_ROWS = 32;
/** …of which the line's digits fill this many, in the middle. */
const DIGIT_ROWS = 20;
/** Smaller digits than of 8 pixels are not made so large, which bounds the work; nobody could read them. */
const MOST_SCALE = DIGIT_ROWS / 8;
/** Columns without ink to either side. */
const MARGIN = 8;
/** Weight of a level line beside the ink's own spread, in squared heights: a lone digit has a slant, but no slope. */
const LEVEL_WEIGHT = 0.5;
/** A line rises or falls by at most this for each pixel along it. */
const MOST_SLOPE = 0.3;

/** How a line lies in the picture. */
export interface Bearing {
  /** The row at which the middle of its ink lies, at column 0, in pixels. */
  readonly middle: number;
  /** By how many rows it falls from column to column. */
  readonly slope: number;
  /** The height of its digits, in pixels. */
  readonly height: number;
}

/** A line made level, its digits of one height. */
export interface LineImage {
  /** How much of each pixel is ink, 0 to 1, `LINE_ROWS` rows of `width`. */
  readonly values: Float32Array;
  readonly width: number;
  /** Pixels of it for each one of the picture. */
  readonly scale: number;
  /** The column of the picture at its left edge. */
  readonly left: number;
  readonly bearing: Bearing;
}

/**
 * Where a line lies, by the least squares of its ink, and how high its digits are: the median over pieces as wide as they are high.
 *
 * @param columns in a row of the picture
 * @param height what its parts are high, as a start
 */
export function bearingOf(parts: readonly Component[], columns: number, height: number): Bearing {
  let [count, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
  for (const { pixels } of parts) {
    for (const index of pixels) {
      const x = index % columns;
      const y = (index - x) / columns;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    count += pixels.length;
  }
  const [meanX, meanY] = [sumX / count, sumY / count];
  const spread = sumXX / count - meanX * meanX + LEVEL_WEIGHT * height * height;
  const slope = Math.max(-MOST_SLOPE, Math.min(MOST_SLOPE, (sumXY / count - meanX * meanY) / spread));
  const heights = parts
    .filter(({ box }) => box.height >= height / 2)
    .flatMap((part) => heightsAlong(part, columns, slope))
    .sort((one, other) => one - other);
  return { middle: meanY - slope * meanX, slope, height: heights[Math.floor(heights.length / 2)] ?? height };
}

/** The heights of a part's pieces that are about as wide as it is high, with the line made level. */
function heightsAlong({ pixels, box }: Component, columns: number, slope: number): number[] {
  const pieces = Math.max(1, Math.round(box.width / box.height));
  const tops = new Float32Array(pieces).fill(Number.POSITIVE_INFINITY);
  const bottoms = new Float32Array(pieces).fill(Number.NEGATIVE_INFINITY);
  for (const index of pixels) {
    const x = index % columns;
    const level = (index - x) / columns - slope * (x - box.left);
    const piece = Math.min(pieces - 1, Math.floor((pieces * (x - box.left)) / box.width));
    tops[piece] = Math.min(tops[piece] as number, level);
    bottoms[piece] = Math.max(bottoms[piece] as number, level);
  }
  return [...tops].flatMap((top, piece) => (Number.isFinite(top) ? [(bottoms[piece] as number) - top + 1] : []));
}

/** Draws parts of a line level and at one size, as the network for seams takes them. */
export function lineImage(parts: readonly Component[], columns: number, bearing: Bearing): LineImage {
  const scale = Math.min(MOST_SCALE, DIGIT_ROWS / bearing.height);
  const first = Math.min(...parts.map(({ box }) => box.left));
  const end = Math.max(...parts.map(({ box }) => box.left + box.width));
  const left = first - MARGIN / scale;
  // A multiple of four, as the network takes columns four by four.
  const width = 4 * Math.ceil(((end - first) * scale + 2 * MARGIN) / 4);
  const image = { values: new Float32Array(LINE_ROWS * width), width, scale, left, bearing };
  for (const { pixels } of parts) addInk(image, pixels, columns);
  return image;
}

/** Adds the ink of some pixels of the picture to a line's image. */
export function addInk(
  { values, width, scale, left, bearing }: LineImage,
  pixels: Iterable<number>,
  columns: number,
): void {
  // Each pixel is parted so finely that no gaps show between its parts.
  const parts = Math.max(1, Math.ceil(2 * scale));
  const ink = (scale / parts) ** 2;
  for (const index of pixels) {
    const column = index % columns;
    const row = (index - column) / columns;
    for (let part = 0; part < parts * parts; ++part) {
      const right = part % parts;
      const pixelX = column + (right + 0.5) / parts;
      const pixelY = row + ((part - right) / parts + 0.5) / parts;
      const x = (pixelX - left) * scale - 0.5;
      const y = (pixelY - bearing.middle - bearing.slope * pixelX) * scale + LINE_ROWS / 2 - 0.5;
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      if (y0 < 0 || y0 + 1 >= LINE_ROWS || x0 < 0 || x0 + 1 >= width) continue;
      const [across, down] = [x - x0, y - y0];
      const at = y0 * width + x0;
      values[at] = (values[at] as number) + ink * (1 - across) * (1 - down);
      values[at + 1] = (values[at + 1] as number) + ink * across * (1 - down);
      values[at + width] = (values[at + width] as number) + ink * (1 - across) * down;
      values[at + width + 1] = (values[at + width + 1] as number) + ink * across * down;
    }
  }
}

/** The column of the line's image at which a place in the picture lies. */
export function columnIn({ left, scale }: LineImage, x: number): number {
  return (x + 0.5 - left) * scale;
}

/** The row of the line's image at which a place in the picture lies. */
export function rowIn({ scale, bearing }: LineImage, x: number, y: number): number {
  return (y + 0.5 - bearing.middle - bearing.slope * (x + 0.5)) * scale + LINE_ROWS / 2;
}
