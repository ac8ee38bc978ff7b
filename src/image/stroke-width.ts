import type { Box } from "./components.ts";
import type { GreyImage } from "./grey.ts";
import { windowMaximum } from "./window.ts";

/** Mean stroke width, in pixels of the 28×28 image, below which strokes are thickened: MNIST has next to none thinner. */
const THIN = 1.4;
/** …and the width they are thickened to, near MNIST's median of 1.8. */
const WANTED = 1.7;

/**
 * Thickens strokes that would all but vanish in the small image: a pen line on a large sheet is a thirtieth of the
 * digit's height, a stroke in MNIST a tenth. Strokes of ordinary width come back untouched.
 *
 * @param ink strength in [0, 1] of every pixel, 0 outside the digit
 * @param box where the digit lies
 * @param fittedSide length in pixels that the box's longer side will get in the small image
 */
export function thickenThinStrokes(ink: GreyImage, box: Box, fittedSide: number): GreyImage {
  const scale = fittedSide / Math.max(box.width, box.height);
  const width = meanStrokeWidth(ink) * scale;
  if (width >= THIN) return ink;
  const wanted = (WANTED - width) / 2 / scale;
  const radius = Math.round(wanted);
  if (radius >= 1) return windowMaximum(ink, radius);
  // Pens of one pixel want less than a whole pixel on either side: the next one gets its share of the ink.
  const wider = windowMaximum(ink, 1).values;
  return { ...ink, values: ink.values.map((value, index) => value + wanted * ((wider[index] as number) - value)) };
}

/**
 * Twice the area over the outline, which for a long stroke along an axis is its width; slanted ones come out less.
 *
 * @param threshold from which value on a pixel is ink
 */
export function meanStrokeWidth({ values, width }: GreyImage, threshold = 0.5): number {
  let area = 0;
  let outline = 0;
  for (let start = 0; start < values.length; start += width) {
    for (let column = 0, index = start; column < width; ++column, ++index) {
      if ((values[index] as number) < threshold) continue;
      ++area;
      if (column === 0 || (values[index - 1] as number) < threshold) ++outline;
      if (column === width - 1 || (values[index + 1] as number) < threshold) ++outline;
      if (start === 0 || (values[index - width] as number) < threshold) ++outline;
      if (start + width >= values.length || (values[index + width] as number) < threshold) ++outline;
    }
  }
  return outline === 0 ? 0 : (2 * area) / outline;
}
