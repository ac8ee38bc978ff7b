import { toGrey } from "./grey.ts";
import type { PixelImage } from "./pixel-image.ts";
import { SIDE } from "./placement.ts";

/** Mean brightness of the outermost pixels up to which the border counts as dark. */
const DARK_BORDER = 0.1;
/** Brightness that some pixel must reach for there to be ink. */
const BRIGHT_INK = 0.5;

/**
 * Returns the 784 values of an image that already is what the classifier takes, 28×28 with bright ink and a dark
 * border as in MNIST, and undefined for any other image.
 *
 * @throws TypeError or RangeError for an image that is not what it says
 */
export function asFramedDigit(image: PixelImage): Float32Array | undefined {
  if (image.width !== SIDE || image.height !== SIDE) return undefined;
  const { values } = toGrey(image, SIDE);
  let border = 0;
  let brightest = 0;
  for (let index = 0; index < values.length; ++index) {
    const value = values[index] as number;
    const column = index % SIDE;
    const row = Math.floor(index / SIDE);
    if (column === 0 || row === 0 || column === SIDE - 1 || row === SIDE - 1) border += value;
    brightest = Math.max(brightest, value);
  }
  return border / (4 * (SIDE - 1)) <= DARK_BORDER && brightest >= BRIGHT_INK ? values : undefined;
}

/**
 * Returns the 784 grey values of a 28×28 image, whatever they show.
 *
 * @throws RangeError for an image of another size
 */
export function asFrame(image: PixelImage): Float32Array {
  if (image.width !== SIDE || image.height !== SIDE) {
    throw new RangeError(`an image taken as it is must be ${SIDE}×${SIDE}, got ${image.width}×${image.height}`);
  }
  return toGrey(image, SIDE).values;
}
