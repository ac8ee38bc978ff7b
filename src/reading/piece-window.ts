import type { Candidate, Candidates } from "./candidates.ts";
import { addInk, columnIn, LINE_ROWS } from "./line-image.ts";

/** Columns of a window: as wide as what may be a digit, and some of its neighbours. */
export const WINDOW_COLUMNS = 40;
/** Values for each pixel of a window: the piece's own ink, and all other. */
export const WINDOW_CHANNELS = 2;

/** An atom's ink in the line's image. */
interface Drawn {
  readonly values: Float32Array;
  /** The column of the line's image at its left edge. */
  readonly first: number;
  readonly width: number;
}

/**
 * What surrounds each candidate of a line, with the piece in the middle: `LINE_ROWS` rows of `WINDOW_COLUMNS`, two values for each
 * pixel. All are cut from the line's image, in which each atom is drawn but once.
 *
 * @param columns in a row of the picture
 */
export function windowsOf({ image, inks }: Candidates, columns: number): (candidate: Candidate) => Float32Array {
  const drawn = inks.map((pixels): Drawn => {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const index of pixels) {
      const column = index % columns;
      if (column < least) least = column;
      if (column > most) most = column;
    }
    const first = Math.max(0, Math.floor(columnIn(image, least - 0.5)) - 1);
    const width = Math.min(image.width, Math.ceil(columnIn(image, most + 0.5)) + 1) - first;
    const values = new Float32Array(LINE_ROWS * width);
    addInk({ ...image, values, width, left: image.left + first / image.scale }, pixels, columns);
    return { values, first, width };
  });
  return ({ from, to, box }) => {
    const window = new Float32Array(LINE_ROWS * WINDOW_COLUMNS * WINDOW_CHANNELS);
    const start = Math.floor(columnIn(image, box.left + (box.width - 1) / 2)) - WINDOW_COLUMNS / 2;
    for (let atom = from; atom < to; ++atom) {
      const { values, first, width } = drawn[atom] as Drawn;
      const end = Math.min(first + width, start + WINDOW_COLUMNS);
      for (let column = Math.max(first, start); column < end; ++column) {
        for (let row = 0; row < LINE_ROWS; ++row) {
          const at = WINDOW_CHANNELS * (row * WINDOW_COLUMNS + column - start);
          window[at] = (window[at] as number) + (values[row * width + column - first] as number);
        }
      }
    }
    const end = Math.min(image.width, start + WINDOW_COLUMNS);
    for (let row = 0; row < LINE_ROWS; ++row) {
      for (let column = Math.max(0, start); column < end; ++column) {
        const at = WINDOW_CHANNELS * (row * WINDOW_COLUMNS + column - start);
        const own = Math.min(1, window[at] as number);
        window[at] = own;
        window[at + 1] = Math.max(0, Math.min(1, image.values[row * image.width + column] as number) - own);
      }
    }
    return window;
  };
}
