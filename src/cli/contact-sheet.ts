import { encode } from "fast-png";
import { SIDE } from "../image/placement.ts";

/** Pixels of the sheet for each pixel of an image, and between images. */
const ENLARGED = 4;
const GAP = 8;
const PAPER = 48;

/** A PNG with 28×28 images of values in [0, 1] laid out in about as many rows as columns, four times enlarged. */
export function contactSheet(images: readonly Float32Array[]): Uint8Array {
  const columns = Math.ceil(Math.sqrt(images.length));
  const rows = Math.ceil(images.length / columns);
  const step = SIDE * ENLARGED + GAP;
  const width = columns * step + GAP;
  const height = rows * step + GAP;
  const data = new Uint8Array(width * height).fill(PAPER);
  images.forEach((image, index) => {
    const left = GAP + (index % columns) * step;
    const top = GAP + Math.floor(index / columns) * step;
    for (let y = 0; y < SIDE * ENLARGED; ++y) {
      for (let x = 0; x < SIDE * ENLARGED; ++x) {
        const value = image[Math.floor(y / ENLARGED) * SIDE + Math.floor(x / ENLARGED)] as number;
        data[(top + y) * width + left + x] = Math.round(255 * Math.max(0, Math.min(1, value)));
      }
    }
  });
  return encode({ width, height, data, channels: 1, depth: 8 });
}
