import { toGrey } from "./grey.ts";
import { checkedImage, type PixelImage } from "./pixel-image.ts";
import { CENTRE, FITTED_SIDE, SIDE } from "./placement.ts";
import { meanStrokeWidth } from "./stroke-width.ts";

// What the training images have in common, as `npx tsx bench/frames.ts --data DIR` prints it, with some room.

/** Mean brightness of the outermost pixels up to which the border counts as dark. */
const DARK_BORDER = 0.05;
/** Brightness that the brightest pixel must reach: MNIST's contrast was stretched. */
const BRIGHT_INK = 0.95;
/** From this brightness on a pixel is part of the digit's box. */
const BOX_BRIGHTNESS = 0.1;
/** Lengths of the longer side of the digit's box; what `preprocess` makes may be one longer, as it centres between pixels. */
const LEAST_SIDE = FITTED_SIDE - 1;
const MOST_SIDE = FITTED_SIDE + 1;
/** How far from the middle of pixel 14's square the centre of mass may lie along each axis, in pixels. */
const CENTRE_REACH = 0.6;
/** Mean stroke width in pixels: about one in a thousand lies outside at either end. */
const LEAST_STROKE = 0.9;
const MOST_STROKE = 4.6;

/** What tells whether a frame fits MNIST. */
export interface FrameMeasures {
  /** Mean brightness of the outermost pixels. */
  readonly border: number;
  /** Of the brightest pixel. */
  readonly brightest: number;
  /** Longer side of the digit's box in pixels; 0 or less where nothing is bright. */
  readonly side: number;
  /** How far the centre of mass lies from MNIST's, in pixels along the axis where that is more; NaN for a black frame. */
  readonly offCentre: number;
  /** Mean stroke width in pixels. */
  readonly stroke: number;
}

/** Measures a frame of 784 values in [0, 1], 28 rows of 28. */
export function measureFrame(values: Float32Array): FrameMeasures {
  let border = 0;
  let brightest = 0;
  let [mass, momentX, momentY] = [0, 0, 0];
  let [left, right, top, bottom] = [SIDE, -1, SIDE, -1];
  for (let index = 0; index < values.length; ++index) {
    const value = values[index] as number;
    const column = index % SIDE;
    const row = Math.floor(index / SIDE);
    if (column === 0 || row === 0 || column === SIDE - 1 || row === SIDE - 1) border += value;
    brightest = Math.max(brightest, value);
    mass += value;
    momentX += value * (column + 0.5);
    momentY += value * (row + 0.5);
    if (value < BOX_BRIGHTNESS) continue;
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  }
  return {
    border: border / (4 * (SIDE - 1)),
    brightest,
    side: Math.max(right - left, bottom - top) + 1,
    offCentre: Math.max(Math.abs(momentX / mass - CENTRE), Math.abs(momentY / mass - CENTRE)),
    stroke: meanStrokeWidth({ values, width: SIDE, height: SIDE }),
  };
}

/**
 * Returns the 784 values of an image that already is what the classifier takes, and undefined for any other image. Such
 * a one is 28×28 with bright ink on a dark border, and fits MNIST: the digit is 20 pixels long, centred by mass,
 * of full contrast, and its strokes are as wide as MNIST's.
 *
 * @throws TypeError or RangeError for an image that is not what it says
 */
export function asFramedDigit(image: PixelImage): Float32Array | undefined {
  if (image.width !== SIDE || image.height !== SIDE) return undefined;
  const { values } = toGrey(image, SIDE);
  const { border, brightest, side, offCentre, stroke } = measureFrame(values);
  const fits =
    border <= DARK_BORDER &&
    brightest >= BRIGHT_INK &&
    side >= LEAST_SIDE &&
    side <= MOST_SIDE &&
    offCentre <= CENTRE_REACH &&
    stroke >= LEAST_STROKE &&
    stroke <= MOST_STROKE;
  return fits ? values : undefined;
}

/**
 * Whether a picture already is what the classifier takes, so that its values in [0, 1] can be classified without
 * `preprocess`: 28×28, bright ink on a dark border, and a digit as in MNIST, 20 pixels long, centred by mass, of full
 * contrast and with strokes of MNIST's width. This is how the command decides.
 *
 * @param picture as `preprocess` takes it
 * @throws {TypeError} when something is of the wrong kind
 * @throws {RangeError} when a size is not a whole number from 1, the length does not fit, or a value of a 28×28 picture is out of
 *   its range
 */
export function fitsMnist(picture: PixelImage): boolean {
  const checked = checkedImage(picture);
  return asFramedDigit(checked) !== undefined;
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
