import { encode } from "fast-png";
import { IMAGE_SIDE } from "../../format/image.ts";
import { writeWholeFile } from "../../src/files/write-whole-file.ts";
import { toGrey } from "../../src/image/grey.ts";
import type { PixelImage } from "../../src/image/pixel-image.ts";

/** A picture beside the 28×28 image that the classifier was given of it. */
export interface Shown {
  readonly picture: PixelImage;
  /** 784 values in [0, 1]. */
  readonly frame: Float32Array;
}

/** Pixels per side of a picture and of a frame on the sheet; a frame's pixels are whole ones. */
const SIDE = 5 * IMAGE_SIDE;
/** Grey pixels around each pair. */
const GAP = 8;
/** Pairs in a row. */
export const COLUMNS = 5;
const GREY = 128;

/**
 * Draws pairs of pictures and frames, {@link COLUMNS} in a row and in the order given, as a grey PNG: what a number cannot
 * say, whether a digit was lost before the classifier saw it or by the classifier.
 */
export async function writeContactSheet(path: string, pairs: readonly Shown[]): Promise<void> {
  const width = COLUMNS * (2 * SIDE + GAP) + GAP;
  const height = Math.max(1, Math.ceil(pairs.length / COLUMNS)) * (SIDE + GAP) + GAP;
  const sheet = new Uint8Array(width * height).fill(GREY);
  for (const [index, { picture, frame }] of pairs.entries()) {
    const left = GAP + (index % COLUMNS) * (2 * SIDE + GAP);
    const top = GAP + Math.floor(index / COLUMNS) * (SIDE + GAP);
    const grey = toGrey(picture, SIDE);
    paste(sheet, width, grey, left, top);
    paste(sheet, width, { values: frame, width: IMAGE_SIDE, height: IMAGE_SIDE }, left + SIDE, top);
  }
  await writeWholeFile(path, encode({ width, height, data: sheet, channels: 1, depth: 8 }));
}

/** Enlarges an image by repeating its pixels until its longer side fills the place. */
function paste(
  sheet: Uint8Array,
  sheetWidth: number,
  image: { values: Float32Array; width: number; height: number },
  left: number,
  top: number,
): void {
  const scale = SIDE / Math.max(image.width, image.height);
  const [width, height] = [Math.max(1, Math.floor(scale * image.width)), Math.max(1, Math.floor(scale * image.height))];
  for (let row = 0; row < height; ++row) {
    const from = Math.min(image.height - 1, Math.floor(row / scale)) * image.width;
    for (let column = 0; column < width; ++column) {
      const value = image.values[from + Math.min(image.width - 1, Math.floor(column / scale))] as number;
      sheet[(top + row) * sheetWidth + left + column] = Math.round(255 * value);
    }
  }
}
