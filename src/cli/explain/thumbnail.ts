import { checkedImage, type PixelImage } from "../../image/pixel-image.ts";
import type { Box } from "../../image/preprocess.ts";
import { LIGHT, type Rgb, rgbOf } from "../report/palette.ts";

/** Pixels of a side of a thumbnail. */
export const THUMBNAIL_SIDE = 168;
/** Of the lines around what was found. */
const LINE = 2;
const MARGIN: Rgb = [235, 235, 235];

/**
 * A picture of any size in a square of `THUMBNAIL_SIDE`, whole and in its proportions, transparent parts on white; small ones are
 * enlarged. Each pixel is the mean of those that it covers.
 *
 * @param box what was found in it, which is framed
 * @returns colours, row by row
 */
export function thumbnail(picture: PixelImage, box: Box): Rgb[] {
  const { width, height } = picture;
  const scale = THUMBNAIL_SIDE / Math.max(width, height);
  const [wide, high] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const [left, top] = [wide, high].map((side) => Math.floor((THUMBNAIL_SIDE - side) / 2)) as [number, number];
  const colourAt = colourReader(picture);
  const colours: Rgb[] = Array.from({ length: THUMBNAIL_SIDE ** 2 }, () => MARGIN);
  for (let y = 0; y < high; ++y) {
    const [firstRow, lastRow] = covered(y, high, height);
    for (let x = 0; x < wide; ++x) {
      const [firstColumn, lastColumn] = covered(x, wide, width);
      const sum = [0, 0, 0] as [number, number, number];
      for (let row = firstRow; row <= lastRow; ++row) {
        for (let column = firstColumn; column <= lastColumn; ++column) {
          const [red, green, blue] = colourAt(row * width + column);
          sum[0] += red;
          sum[1] += green;
          sum[2] += blue;
        }
      }
      const count = (lastRow - firstRow + 1) * (lastColumn - firstColumn + 1);
      const [red, green, blue] = sum;
      colours[(top + y) * THUMBNAIL_SIDE + left + x] = [red / count, green / count, blue / count];
    }
  }
  drawFrame(colours, {
    left: Math.floor(left + box.left * scale),
    top: Math.floor(top + box.top * scale),
    width: Math.ceil(box.width * scale),
    height: Math.ceil(box.height * scale),
  });
  return colours.map(([red, green, blue]) => [Math.round(red), Math.round(green), Math.round(blue)] as const);
}

/** The first and the last pixel of `size` that pixel `index` of `shown` stands for: one at least. */
function covered(index: number, shown: number, size: number): [first: number, last: number] {
  const first = Math.min(size - 1, Math.floor((index * size) / shown));
  return [first, Math.max(first, Math.ceil(((index + 1) * size) / shown) - 1)];
}

/** Reads a pixel's red, green and blue, each from 0 to 255. */
function colourReader(picture: PixelImage): (pixel: number) => Rgb {
  const { data, channels, brightest } = checkedImage(picture);
  const hasAlpha = channels % 2 === 0;
  const colourChannels = hasAlpha ? channels - 1 : channels;
  return (pixel) => {
    const at = pixel * channels;
    const alpha = hasAlpha ? (data[at + colourChannels] as number) / brightest : 1;
    const level = (channel: number): number => {
      const value = (data[at + Math.min(channel, colourChannels - 1)] as number) / brightest;
      return 255 * Math.max(0, Math.min(1, alpha * value + 1 - alpha));
    };
    return [level(0), level(1), level(2)];
  };
}

/** Frames a part from outside, as far as the square reaches. */
function drawFrame(colours: Rgb[], { left, top, width, height }: Box): void {
  if (width === 0 || height === 0) return;
  const colour = rgbOf(LIGHT.for);
  for (let y = Math.max(0, top - LINE); y < Math.min(THUMBNAIL_SIDE, top + height + LINE); ++y) {
    for (let x = Math.max(0, left - LINE); x < Math.min(THUMBNAIL_SIDE, left + width + LINE); ++x) {
      const isInside = x >= left && x < left + width && y >= top && y < top + height;
      if (!isInside) colours[y * THUMBNAIL_SIDE + x] = colour;
    }
  }
}
