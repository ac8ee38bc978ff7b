import { IMAGE_SIDE } from "../../format/image.ts";
import { convolveAll, type Layer, unpack } from "./convolution.ts";
import { PIECE_NETWORK } from "./piece-weights.ts";

// A small convolutional network that tells whether a piece of ink is one digit: not a part of one, several or something else. It
// names no digit, that is the classifier's part.

/** The kind of what is no digit, after the ten digits. */
export const OTHER = 10;

let layers: readonly Layer[] | undefined;

/** The log odds that a piece is one digit, of 784 values as the classifier takes them. */
export function pieceLogit(image: ArrayLike<number>): number {
  layers ??= unpack(PIECE_NETWORK);
  const { values, rows, columns } = convolveAll(layers, {
    values: Float64Array.from(image),
    rows: IMAGE_SIDE,
    columns: IMAGE_SIDE,
  });
  const places = rows * columns;
  const outputs = values.length / places;
  const scores = Array.from({ length: OTHER + 1 }, (_, kind) => {
    let sum = 0;
    for (let place = 0; place < places; ++place) sum += values[place * outputs + kind] as number;
    return sum / places;
  });
  const most = Math.max(...scores);
  const digits = scores.slice(0, OTHER).reduce((sum, score) => sum + Math.exp(score - most), 0);
  return Math.log(digits + Number.MIN_VALUE) - ((scores[OTHER] as number) - most);
}
