import { checkArray, checkWhole, readFields } from "../arguments/checks.ts";
import { shown } from "../arguments/shown.ts";
import { typedArrayName } from "../arguments/typed-arrays.ts";

/** Pixels as typed arrays hold them. The type tells the range: bytes 0..255, 16-bit 0..65535, floats 0..1. */
export type PixelData = Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array | Float64Array;

/** An image as a canvas, a camera or a decoder hands it over: row-major, channels interleaved. */
export interface PixelImage {
  /** `width * height * channels` values. */
  readonly data: PixelData;
  /** Pixels per row, a whole number from 1. */
  readonly width: number;
  /** Rows, a whole number from 1. */
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. Default: `data.length / (width * height)`. */
  readonly channels?: number | undefined;
}

/** An image that was checked: its fields were read once and fit together. */
export interface CheckedImage {
  readonly data: PixelData;
  /** Values in `data`: width times height times channels. */
  readonly length: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** The value that stands for full brightness; 1 for floats. */
  readonly brightest: number;
}

/** The value that stands for full brightness in each kind of array. */
const BRIGHTEST: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ["Uint8Array", 255],
  ["Uint8ClampedArray", 255],
  ["Uint16Array", 65535],
  ["Float32Array", 1],
  ["Float64Array", 1],
]);
const WANTED = "a Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array or Float64Array";

/**
 * Checks that an image is what it says.
 *
 * @throws {TypeError} when `data` is no typed array of a known kind, or a size is not a number
 * @throws {RangeError} when a size is not a whole number from 1, the channels are not 1 to 4, or the length does not fit
 */
export function checkedImage(image: PixelImage): CheckedImage {
  const fields = ["data", "width", "height", "channels"] as const;
  const {
    data,
    width,
    height,
    channels: given,
  } = readFields("picture", image, fields, "{ data, width, height, channels }");
  const length = checkArray("data", data, BRIGHTEST, WANTED);
  checkWhole("width", width, 1);
  checkWhole("height", height, 1);
  const channels = given === undefined ? length / (width * height) : given;
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    if (given === undefined) {
      throw new RangeError(`data: got ${length} values, wanted ${width}×${height} pixels of 1, 2, 3 or 4 channels`);
    }
    const Kind = typeof given === "number" ? RangeError : TypeError;
    throw new Kind(`channels: got ${shown(given)}, wanted 1, 2, 3 or 4`);
  }
  if (length !== width * height * channels) {
    throw new RangeError(
      `data: got ${length} values, wanted ${width * height * channels} for ${width}×${height} pixels of ${channels} channels`,
    );
  }
  const brightest = BRIGHTEST.get(typedArrayName(data) as string) as number;
  return { data, length, width, height, channels, brightest };
}
