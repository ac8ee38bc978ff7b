import { colourAxis, LUMA } from "./colour.ts";
import { checkedImage, type PixelData, type PixelImage } from "./pixel-image.ts";

/** One brightness per pixel, row-major; 0 is black and 1 is white unless a function says otherwise. */
export interface GreyImage {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A grey image that may be smaller than what it was made from. */
export interface ReducedGrey extends GreyImage {
  /** How many pixels of the original lie along each side of one of these, 1 when nothing was reduced. */
  readonly factor: number;
}

/**
 * Turns an image into grey, averaging square blocks of pixels so that no side is longer than `maximumSide`. Only the
 * reduced image is allocated, so that a 50-megapixel photograph costs little memory beyond its own.
 *
 * Colours are looked at along luma, or along the axis of their largest contrast where luma shows next to none.
 *
 * Transparent pixels show a backdrop: white, or black when what is painted is itself bright. Strokes drawn on a
 * transparent canvas thus stay visible whichever colour they have.
 *
 * @throws TypeError or RangeError as {@link checkedImage}, and RangeError for a float pixel that is not in [0, 1].
 */
export function toGrey(image: PixelImage, maximumSide: number): ReducedGrey {
  const { data, length, width, height, channels, brightest } = checkedImage(image);
  const scale = 1 / brightest;
  if (brightest === 1) checkUnitRange(data, length);

  const colours = channels >= 3;
  const alphaAt = channels === 2 ? 1 : channels === 4 ? 3 : -1;
  const { red, green, blue, offset: black } = colours ? colourAxis(data, length, channels, scale) : LUMA;
  const lumaAt = (offset: number): number =>
    colours
      ? black +
        scale *
          (red * (data[offset] as number) + green * (data[offset + 1] as number) + blue * (data[offset + 2] as number))
      : scale * (data[offset] as number);

  let backdrop = 1;
  if (alphaAt >= 0) {
    let paint = 0;
    let opacity = 0;
    for (let offset = 0; offset < length; offset += channels) {
      const alpha = scale * (data[offset + alphaAt] as number);
      paint += alpha * lumaAt(offset);
      opacity += alpha;
    }
    backdrop = paint > 0.5 * opacity ? 0 : 1;
  }

  const factor = Math.ceil(Math.max(width, height) / maximumSide);
  const reducedWidth = Math.ceil(width / factor);
  const reducedHeight = Math.ceil(height / factor);
  const values = new Float32Array(reducedWidth * reducedHeight);
  if (channels === 1) addBlocks(values, data, scale, width, height, factor);
  else {
    for (let row = 0, offset = 0; row < height; ++row) {
      const rowStart = Math.floor(row / factor) * reducedWidth;
      for (let column = 0; column < width; ++column, offset += channels) {
        // A weighted mean of values in [0, 1] can come out a rounding outside.
        let luma = Math.max(0, Math.min(1, lumaAt(offset)));
        if (alphaAt >= 0) {
          const alpha = scale * (data[offset + alphaAt] as number);
          luma = alpha * luma + (1 - alpha) * backdrop;
        }
        const index = rowStart + (factor === 1 ? column : Math.floor(column / factor));
        values[index] = (values[index] as number) + luma;
      }
    }
  }
  if (factor > 1) divideByBlockSize(values, width, height, factor);
  return { values, width: reducedWidth, height: reducedHeight, factor };
}

/** Averages square blocks of a grey image so that no side is longer than `maximumSide`. */
export function reduceGrey(image: GreyImage, maximumSide: number): ReducedGrey {
  return toGrey({ data: image.values, width: image.width, height: image.height, channels: 1 }, maximumSide);
}

/** Adds each pixel of one channel to its block, to the bits that several channels of one grey give: colours need not be asked for. */
function addBlocks(
  sums: Float32Array,
  data: PixelData,
  scale: number,
  width: number,
  height: number,
  factor: number,
): void {
  const columns = Math.ceil(width / factor);
  const columnOf = Int32Array.from({ length: width }, (_, column) => Math.floor(column / factor));
  for (let row = 0, offset = 0; row < height; ++row) {
    const rowStart = Math.floor(row / factor) * columns;
    for (let column = 0; column < width; ++column, ++offset) {
      const index = rowStart + (columnOf[column] as number);
      sums[index] = (sums[index] as number) + Math.max(0, Math.min(1, scale * (data[offset] as number)));
    }
  }
}

/** Bilinear interpolation at a place counted in pixel centres, held to the edge outside. */
export function interpolate({ values, width, height }: GreyImage, x: number, y: number): number {
  const left = Math.max(0, Math.min(width - 1, Math.floor(x)));
  const top = Math.max(0, Math.min(height - 1, Math.floor(y)));
  const right = Math.min(width - 1, left + 1);
  const bottom = Math.min(height - 1, top + 1);
  const across = Math.max(0, Math.min(1, x - left));
  const down = Math.max(0, Math.min(1, y - top));
  const upper =
    (values[top * width + left] as number) * (1 - across) + (values[top * width + right] as number) * across;
  const lower =
    (values[bottom * width + left] as number) * (1 - across) + (values[bottom * width + right] as number) * across;
  return upper * (1 - down) + lower * down;
}

/** Turns block sums into means; blocks at the right and lower edge may be cut short. */
function divideByBlockSize(sums: Float32Array, width: number, height: number, factor: number): void {
  const columns = Math.ceil(width / factor);
  for (let index = 0; index < sums.length; ++index) {
    const across = Math.min(factor, width - (index % columns) * factor);
    const down = Math.min(factor, height - Math.floor(index / columns) * factor);
    // A mean of values in [0, 1] can come out a rounding above 1.
    sums[index] = Math.min(1, (sums[index] as number) / (across * down));
  }
}

function checkUnitRange(data: PixelData, length: number): void {
  for (let index = 0; index < length; ++index) {
    const value = data[index] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`data: got ${value} at index ${index}, wanted a number in [0, 1], as floats are`);
    }
  }
}
