import { placeInFrame, SIDE } from "../../src/image/placement.ts";
import { Random, seedOf } from "../../src/random.ts";
import { penInk } from "../../src/strings/pen.ts";
import { type Hand, STYLES, type Style, write } from "./handwriting.ts";

// Images of digits in every style of handwriting.ts, as MNIST has them: what a data set lacks of people's hands.

/** Pixels along the sheet's side; about three of them become one of the image. */
const SHEET = 80;
/** Height of a digit as a share of the sheet. */
const HEIGHT = 0.8;
/** A pen's width as a share of the digit's longer side. MNIST's pens lie about between (`npx tsx bench/frames.ts`). */
const THINNEST = 0.06;
const THICKEST = 0.18;
/** Hands differ more here than on the demo's sheet, which the mouse draws. */
const HURRIED: Hand = { turn: 0.1, slant: 0.18, aspect: 0.18, place: 0.025 };

/** Drawings of all styles, those of one after those of another. */
export interface Hands {
  /** [n][784], 0 for black to 255 for ink. */
  readonly pixels: Uint8Array;
  /** [n], the digits. */
  readonly labels: Uint8Array;
}

/**
 * Draws every style so many times, each time with another hand and another pen.
 *
 * @param each drawings of each style, a whole number from 1
 * @param seed a whole number from 0 below 2^32; other seeds give other drawings
 */
export function drawHands(each: number, seed: number): Hands {
  const pixels = new Uint8Array(STYLES.length * each * SIDE * SIDE);
  const labels = new Uint8Array(STYLES.length * each);
  STYLES.forEach((style, place) => {
    const random = new Random(seedOf(seed, `${style.digit} ${style.name}`));
    for (let time = 0; time < each; ++time) {
      const at = place * each + time;
      labels[at] = style.digit;
      pixels.set(
        drawOnce(style, random).map((value) => Math.round(255 * value)),
        at * SIDE * SIDE,
      );
    }
  });
  return { pixels, labels };
}

/** One drawing, 784 values in [0, 1]. */
function drawOnce(style: Style, random: Random): Float32Array {
  const strokes = write(style, HEIGHT, random, HURRIED).map((stroke) =>
    stroke.map(([x, y]) => [SHEET * x, SHEET * y] as const),
  );
  const pen = HEIGHT * SHEET * (THINNEST + (THICKEST - THINNEST) * random.uniform());
  const inkAt = penInk(strokes, pen);
  const values = Float32Array.from({ length: SHEET * SHEET }, (_, pixel) =>
    inkAt(pixel % SHEET, Math.floor(pixel / SHEET)),
  );
  return placeInFrame({ values, width: SHEET, height: SHEET }, boxOf(values));
}

/** The smallest rectangle with all ink of half its strength or more. */
function boxOf(values: Float32Array): { left: number; top: number; width: number; height: number } {
  let [left, top, right, bottom] = [SHEET, SHEET, 0, 0];
  values.forEach((value, pixel) => {
    if (value < 0.5) return;
    const [column, row] = [pixel % SHEET, Math.floor(pixel / SHEET)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  });
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
