import { encode } from "fast-png";
import { printable } from "../arguments/printable.ts";
import type { Box } from "../image/components.ts";
import { type GreyImage, toGrey } from "../image/grey.ts";
import type { PixelImage } from "../image/pixel-image.ts";

/** A box to draw on a picture. */
export interface NamedBox {
  readonly box: Box;
  /** Stands at the box's upper left corner in the terminal. */
  readonly name: string;
  /** Digits are green, all else is red. */
  readonly isDigit: boolean;
}

/** Larger pictures are drawn this large. */
const MOST_SIDE = 1600;
const GREEN = [0, 160, 60] as const;
const RED = [220, 40, 40] as const;
const SHADES = " .:-=+*#%@";
/** A character is about twice as high as wide. */
const CHARACTER_ASPECT = 2;

/** A PNG of a picture in grey with boxes around what was read: green around digits, red around all else. */
export function drawBoxes(picture: PixelImage, boxes: readonly NamedBox[]): Uint8Array {
  const { values, width, height, factor } = toGrey(picture, MOST_SIDE);
  const data = new Uint8Array(3 * width * height);
  values.forEach((value, index) => {
    data.fill(Math.round(255 * value), 3 * index, 3 * index + 3);
  });
  for (const { box, isDigit } of boxes) {
    const colour = isDigit ? GREEN : RED;
    outline(box, 1 / factor, 1 / factor, width, height, (x, y) => data.set(colour, 3 * (y * width + x)));
  }
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/**
 * Lines of text that show a picture with boxes and names, as wide as the terminal at most.
 *
 * @param isBright whether the ink is brighter than what it lies on
 * @param style `colour` for ANSI colours, `columns` characters in a line
 */
export function renderBoxes(
  picture: PixelImage,
  boxes: readonly NamedBox[],
  isBright: boolean,
  { colour, columns }: { readonly colour: boolean; readonly columns: number },
): string[] {
  const grey: GreyImage = toGrey(picture, MOST_SIDE);
  const wide = Math.max(1, Math.min(columns, grey.width));
  const high = Math.max(1, Math.round((wide * grey.height) / grey.width / CHARACTER_ASPECT));
  const [most, least] = [
    grey.values.reduce((a, b) => Math.max(a, b), 0),
    grey.values.reduce((a, b) => Math.min(a, b), 1),
  ];
  const cells = Array.from({ length: high }, (_, row) =>
    Array.from({ length: wide }, (_, column) => {
      const value = blockMean(grey, column / wide, row / high, (column + 1) / wide, (row + 1) / high);
      const share = (value - least) / Math.max(most - least, Number.EPSILON);
      return SHADES[Math.round((SHADES.length - 1) * (isBright ? share : 1 - share))] as string;
    }),
  );
  for (const { box, name, isDigit } of boxes) {
    const paint = (text: string): string => (colour ? `\u001b[${isDigit ? 32 : 31}m${text}\u001b[0m` : text);
    const put = (x: number, y: number, text: string): void => {
      (cells[y] as string[])[x] = paint(text);
    };
    const first = outline(box, wide / picture.width, high / picture.height, wide, high, (x, y) => put(x, y, "·"));
    put(first.x, first.y, printable(name).slice(0, 1) || "?");
  }
  return cells.map((row) => (colour ? row.join("") : row.join("").trimEnd()));
}

/** Marks the places of a box's outline, one outside of it where there is room, and returns its upper left corner. */
function outline(
  { left, top, width, height }: Box,
  across: number,
  down: number,
  wide: number,
  high: number,
  mark: (x: number, y: number) => void,
): { x: number; y: number } {
  const x0 = Math.max(0, Math.floor(left * across) - 1);
  const y0 = Math.max(0, Math.floor(top * down) - 1);
  const x1 = Math.min(wide - 1, Math.ceil((left + width) * across));
  const y1 = Math.min(high - 1, Math.ceil((top + height) * down));
  for (let x = x0; x <= x1; ++x) for (const y of [y0, y1]) mark(x, y);
  for (let y = y0; y <= y1; ++y) for (const x of [x0, x1]) mark(x, y);
  return { x: x0, y: y0 };
}

/** The mean of a part of a picture, from and to shares of its sides; at least one pixel. */
function blockMean(
  { values, width, height }: GreyImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
): number {
  const [x0, y0] = [Math.floor(left * width), Math.floor(top * height)];
  const [x1, y1] = [Math.max(x0 + 1, Math.floor(right * width)), Math.max(y0 + 1, Math.floor(bottom * height))];
  let sum = 0;
  for (let y = y0; y < y1; ++y) for (let x = x0; x < x1; ++x) sum += values[y * width + x] as number;
  return sum / ((x1 - x0) * (y1 - y0));
}
