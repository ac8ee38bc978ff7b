import { IMAGE_SIDE } from "../../format/image.ts";
import type { Box } from "./components.ts";
import type { GreyImage } from "./grey.ts";

/** Rows and columns of the image that the classifier takes. */
export const SIDE = IMAGE_SIDE;
/** The digit's longer side in it. */
export const FITTED_SIDE = 20;
/** Where MNIST's centres of mass lie, in pixels from the left and upper edge: the middle of pixel 14. */
export const CENTRE = 14.5;
/** Ink weaker than this share of full ink does not widen the digit's box: it is the blur around the strokes. */
const BOX_SHARE = 0.1;

/**
 * Places the ink inside `box` as MNIST does: its longer side fills 20 pixels, its aspect is kept, its centre of mass
 * lies at the middle of pixel (14, 14), unless that would push it over the edge. Each pixel of the result is the mean
 * of the area that it covers; where the ink is smaller than its place, neighbouring pixels are interpolated.
 *
 * @returns 784 values in [0, 1] whose largest is 1, or all zero without ink
 */
export function placeInFrame(ink: GreyImage, box: Box): Float32Array {
  const scale = FITTED_SIDE / Math.max(box.width, box.height);
  const { x, y } = centreOfMass(ink, box);
  const columns = coverage(box.left, box.width, shiftInside(x, box.left, box.width, scale), scale);
  const rows = coverage(box.top, box.height, shiftInside(y, box.top, box.height, scale), scale);

  const narrow = new Float32Array(box.height * SIDE);
  for (let row = 0; row < box.height; ++row) {
    columns.forEach(({ first, weights }, column) => {
      const start = (box.top + row) * ink.width + first;
      let sum = 0;
      for (let index = 0; index < weights.length; ++index) {
        sum += (weights[index] as number) * (ink.values[start + index] as number);
      }
      narrow[row * SIDE + column] = sum;
    });
  }
  const image = new Float32Array(SIDE * SIDE);
  let largest = 0;
  rows.forEach(({ first, weights }, row) => {
    for (let column = 0; column < SIDE; ++column) {
      let sum = 0;
      for (let index = 0; index < weights.length; ++index) {
        sum += (weights[index] as number) * (narrow[(first - box.top + index) * SIDE + column] as number);
      }
      image[row * SIDE + column] = sum;
      largest = Math.max(largest, sum);
    }
  });
  return largest > 0 ? image.map((value) => Math.min(1, value / largest)) : image;
}

/** Source pixels under one pixel of the result: the first of them and the share that each of them has. */
interface Coverage {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * For each of the 28 pixels along one axis, the source pixels of `[start, start + length)` that it covers.
 *
 * @param centre the source coordinate that goes to {@link CENTRE}
 */
function coverage(start: number, length: number, centre: number, scale: number): Coverage[] {
  // A window narrower than a source pixel would show its blocks; one pixel wide, it interpolates between them.
  const window = Math.max(1, 1 / scale);
  return Array.from({ length: SIDE }, (_, index) => {
    const middle = centre + (index + 0.5 - CENTRE) / scale;
    const from = Math.max(start, middle - window / 2);
    const to = Math.min(start + length, middle + window / 2);
    if (to <= from) return { first: start, weights: [] };
    const first = Math.floor(from);
    const last = Math.min(start + length - 1, Math.ceil(to) - 1);
    const weights = Array.from({ length: last - first + 1 }, (_, offset) => {
      const pixel = first + offset;
      return Math.max(0, Math.min(to, pixel + 1) - Math.max(from, pixel)) / window;
    });
    return { first, weights };
  });
}

/** Moves the point that goes to {@link CENTRE} just so far that the box stays within the 28 pixels. */
function shiftInside(centre: number, start: number, length: number, scale: number): number {
  const mostLeft = start + length - (SIDE - CENTRE) / scale;
  const mostRight = start + CENTRE / scale;
  return Math.max(mostLeft, Math.min(mostRight, centre));
}

/** In source coordinates, where pixel 0 reaches from 0 to 1; the middle of the box when there is no ink. */
function centreOfMass(ink: GreyImage, box: Box): { x: number; y: number } {
  let mass = 0;
  let momentX = 0;
  let momentY = 0;
  for (let row = box.top; row < box.top + box.height; ++row) {
    for (let column = box.left; column < box.left + box.width; ++column) {
      const value = ink.values[row * ink.width + column] as number;
      mass += value;
      momentX += value * (column + 0.5);
      momentY += value * (row + 0.5);
    }
  }
  if (mass === 0) return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  return { x: momentX / mass, y: momentY / mass };
}

/** The smallest box around the ink, or undefined where there is none. */
export function inkBox({ values, width, height }: GreyImage): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let index = 0; index < values.length; ++index) {
    if ((values[index] as number) < BOX_SHARE) continue;
    const column = index % width;
    const row = (index - column) / width;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
