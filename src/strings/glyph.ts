import { IMAGE_SIDE } from "../../format/image.ts";

/** How much ink lies on each pixel of a drawn digit, in [0, 1], row-major, cropped to the digit. */
export interface Glyph {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The digit of an MNIST frame, cropped.
 *
 * @param frame 784 values, 28 rows of 28, bright ink on dark
 * @param brightest the value of full ink: 255 for bytes, 1 for floats
 * @param darkest values up to this one are no ink
 * @throws {RangeError} for a frame without ink
 */
export function glyphOf(frame: ArrayLike<number>, brightest = 255, darkest = 0): Glyph {
  let [left, right, top, bottom] = [IMAGE_SIDE, -1, IMAGE_SIDE, -1];
  for (let index = 0; index < frame.length; ++index) {
    if ((frame[index] as number) <= darkest) continue;
    const column = index % IMAGE_SIDE;
    const row = (index - column) / IMAGE_SIDE;
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  }
  if (right < 0) throw new RangeError("got a frame without ink, wanted a digit");
  const [width, height] = [right - left + 1, bottom - top + 1];
  const values = Float32Array.from({ length: width * height }, (_, index) => {
    const row = top + Math.floor(index / width);
    return (frame[row * IMAGE_SIDE + left + (index % width)] as number) / brightest;
  });
  return { values, width, height };
}

/** The glyph between its pixels, its soft rim made as steep as a pen's; 0 outside. */
export function inkAt({ values, width, height }: Glyph, x: number, y: number): number {
  const [column, row] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [across, down] = [x - 0.5 - column, y - 0.5 - row];
  const at = (c: number, r: number): number =>
    c < 0 || r < 0 || c >= width || r >= height ? 0 : (values[r * width + c] as number);
  const upper = at(column, row) * (1 - across) + at(column + 1, row) * across;
  const lower = at(column, row + 1) * (1 - across) + at(column + 1, row + 1) * across;
  return Math.max(0, Math.min(1, 2 * (upper * (1 - down) + lower * down) - 0.5));
}
