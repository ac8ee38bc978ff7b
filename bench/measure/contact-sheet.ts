import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { IMAGE_SIDE } from "../../format/image.ts";
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
export function writeContactSheet(path: string, pairs: readonly Shown[]): void {
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
  writeFileSync(path, greyPng(sheet, width, height));
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

function greyPng(pixels: Uint8Array, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const lines = Buffer.alloc(height * (width + 1));
  for (let row = 0; row < height; ++row)
    lines.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
