import { Network } from "./convolution.ts";
import { LINE_ROWS, type LineImage } from "./line-image.ts";
import { SEAM_NETWORK } from "./seam-weights.ts";

// A small convolutional network that tells for each pixel of a line's image whether digits part there. It sees some way to either
// side, and so knows a bridge between two digits from the bar of one.

/** The last layers see blocks of so many rows and columns, and tell of each of their pixels. */
const BLOCK = 4;

let network: Network | undefined;

/** The log odds that a seam goes through each pixel of a line's image, row by row. */
export function seamLogits({ values, width }: LineImage): Float32Array {
  network ??= new Network(SEAM_NETWORK);
  const blocks = network.run({ values, rows: LINE_ROWS, columns: width, channels: 1 });
  const logits = new Float32Array(values.length);
  for (let row = 0, at = 0; row < LINE_ROWS; ++row) {
    const first = Math.floor(row / BLOCK) * blocks.columns;
    for (let column = 0; column < width; ++column, ++at) {
      const block = first + Math.floor(column / BLOCK);
      logits[at] = blocks.values[block * BLOCK * BLOCK + (row % BLOCK) * BLOCK + (column % BLOCK)] as number;
    }
  }
  return logits;
}
