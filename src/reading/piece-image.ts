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
  const shown = (index: number): number =>
    Math.max(0, Math.min(1, ((strength.values[index] as number) - floor) / span));
  for (const index of pixels) {
    const column = index % strength.width;
    const row = (index - column) / strength.width;
    values[(row - top) * width + column - left] = shown(index);
    for (let y = Math.max(0, row - margin); y <= Math.min(strength.height - 1, row + margin); ++y) {
      for (let x = Math.max(0, column - margin); x <= Math.min(strength.width - 1, column + margin); ++x) {
        const near = y * strength.width + x;
        if ((strength.values[near] as number) < threshold) values[(y - top) * width + x - left] = shown(near);
      }
    }
  }
  const ink = { values, width, height };
  const thickened = thickenThinStrokes(ink, inkBox(ink) ?? { left: 0, top: 0, width, height }, FITTED_SIDE);
  return placeInFrame(thickened, inkBox(thickened) ?? { left: 0, top: 0, width, height });
}
