import { IMAGE_PIXELS } from "../format/image.ts";

/** 784 values, 28 rows of 28, bright ink on dark: floats in [0, 1], or bytes in 0..255. Batches are n×784 in one array. */
export type ImageValues = Float32Array | Float64Array | Uint8Array | Uint8ClampedArray;

const BYTE_RANGE = 255;

/**
 * Checks one image or a batch and returns its values in [0, 1].
 *
 * @param images the number of images wanted, or undefined for any number
 * @throws {TypeError} when `values` is no array of a known kind
 * @throws {RangeError} when its length is wrong or a value is not a number in range
 */
export function normalisedImages(values: ImageValues, images?: number): Float32Array {
  const isBytes = values instanceof Uint8Array || values instanceof Uint8ClampedArray;
  if (!isBytes && !(values instanceof Float32Array) && !(values instanceof Float64Array)) {
    throw new TypeError(
      `image: got ${kindOf(values)}, wanted a Float32Array or Float64Array of values in [0, 1] or a Uint8Array or Uint8ClampedArray of values in 0..255`,
    );
  }
  const wanted = images === undefined ? undefined : images * IMAGE_PIXELS;
  if (wanted === undefined ? values.length % IMAGE_PIXELS !== 0 : values.length !== wanted) {
    throw new RangeError(
      wanted === undefined
        ? `images: got ${values.length} values, wanted a multiple of ${IMAGE_PIXELS} (28×28 per image)`
        : `image: got ${values.length} values, wanted ${wanted} (28×28)`,
    );
  }
  // Plain loops: callbacks took a tenth of a classification.
  const normalised = new Float32Array(values.length);
  if (isBytes) {
    for (let at = 0; at < values.length; ++at) normalised[at] = (values[at] as number) / BYTE_RANGE;
    return normalised;
  }
  for (let at = 0; at < values.length; ++at) {
    const value = values[at] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(
        `image: got ${value} at pixel ${at % IMAGE_PIXELS}${values.length > IMAGE_PIXELS ? ` of image ${Math.floor(at / IMAGE_PIXELS)}` : ""}, wanted a number in [0, 1]`,
      );
    }
    normalised[at] = value;
  }
  return normalised;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : `a ${typeof value}`;
}
