import { IMAGE_PIXELS } from "../format/image.ts";
import { checkArray } from "./arguments/checks.ts";
import { typedArrayName } from "./arguments/typed-arrays.ts";

/** 784 values, 28 rows of 28, bright ink on dark: floats in [0, 1], or bytes in 0..255. Batches are n×784 in one array. */
export type ImageValues = Float32Array | Float64Array | Uint8Array | Uint8ClampedArray;

const BYTE_ARRAYS = ["Uint8Array", "Uint8ClampedArray"] as const;
const KINDS: ReadonlySet<string> = /* @__PURE__ */ new Set(["Float32Array", "Float64Array", ...BYTE_ARRAYS]);
const WANTED =
  "a Float32Array or Float64Array of values in [0, 1] or a Uint8Array or Uint8ClampedArray of values in 0..255";
const BYTE_RANGE = 255;

/**
 * Checks one image or a batch and returns its values in [0, 1].
 *
 * @param images the number of images wanted, or undefined for any number
 * @throws {TypeError} when `values` is no array of a known kind, or one whose memory was handed over
 * @throws {RangeError} when its length is wrong or a value is not a number in range
 */
export function normalisedImages(values: ImageValues, images?: number): Float32Array {
  const length = checkArray(images === undefined ? "images" : "image", values, KINDS, WANTED);
  const wanted = images === undefined ? undefined : images * IMAGE_PIXELS;
  if (wanted === undefined ? length % IMAGE_PIXELS !== 0 : length !== wanted) {
    throw new RangeError(
      wanted === undefined
        ? `images: got ${length} values, wanted a multiple of ${IMAGE_PIXELS} (28×28 per image)`
        : `image: got ${length} values, wanted ${wanted} (28×28)`,
    );
  }
  // Plain loops: callbacks took a tenth of a classification.
  const normalised = new Float32Array(length);
  const kind = typedArrayName(values);
  if (kind === BYTE_ARRAYS[0] || kind === BYTE_ARRAYS[1]) {
    for (let at = 0; at < length; ++at) normalised[at] = (values[at] as number) / BYTE_RANGE;
    return normalised;
  }
  for (let at = 0; at < length; ++at) {
    const value = values[at] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(
        `image: got ${value} at pixel ${at % IMAGE_PIXELS}${length > IMAGE_PIXELS ? ` of image ${Math.floor(at / IMAGE_PIXELS)}` : ""}, wanted a number in [0, 1]`,
      );
    }
    normalised[at] = value;
  }
  return normalised;
}
