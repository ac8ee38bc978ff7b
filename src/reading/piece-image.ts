import type { Box } from "../image/components.ts";
import { FITTED_SIDE, inkBox, placeInFrame } from "../image/placement.ts";
import { thickenThinStrokes } from "../image/stroke-width.ts";
import type { Strokes } from "./strokes.ts";

/** One pixel of soft rim for each so many pixels of height, at least one. */
const HEIGHT_PER_RIM = 60;

/**
 * A piece of ink as the classifier takes it: 784 values. Its soft rim comes with it, but no ink of its neighbours.
 *
 * @param pixels indices of its ink
 * @param box around them
 */
export function pieceImage(
  { strength, threshold, floor, full }: Strokes,
  pixels: Iterable<number>,
  box: Box,
): Float32Array {
  const margin = Math.max(1, Math.round(box.height / HEIGHT_PER_RIM));
  const width = box.width + 2 * margin;
  const height = box.height + 2 * margin;
  const [left, top] = [box.left - margin, box.top - margin];
  const values = new Float32Array(width * height);
  const span = Math.max(full - floor, Number.EPSILON);
  const shown = (value: number): number => Math.max(0, Math.min(1, (value - floor) / span));
  const { values: strengths, width: columns, height: rows } = strength;
  for (const index of pixels) {
    const column = index % columns;
    const row = (index - column) / columns;
    values[(row - top) * width + column - left] = shown(strengths[index] as number);
    const [first, last] = [Math.max(0, column - margin), Math.min(columns - 1, column + margin)];
    const lowest = Math.min(rows - 1, row + margin);
    for (let y = Math.max(0, row - margin); y <= lowest; ++y) {
      for (
        let x = first, near = y * columns + first, at = (y - top) * width + first - left;
        x <= last;
        ++x, ++near, ++at
      ) {
        const value = strengths[near] as number;
        // What has its value already was met from another pixel.
        if (value < threshold && values[at] === 0) values[at] = shown(value);
      }
    }
  }
  const ink = { values, width, height };
  const thickened = thickenThinStrokes(ink, inkBox(ink) ?? { left: 0, top: 0, width, height }, FITTED_SIDE);
  return placeInFrame(thickened, inkBox(thickened) ?? { left: 0, top: 0, width, height });
}
