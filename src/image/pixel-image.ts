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

/**
 * Checks that an image is what it says and returns its number of channels.
 *
 * @throws TypeError when `data` is no typed array of a known kind, or a size is not a number.
 * @throws RangeError when a size is not a whole number from 1, the channels are not 1 to 4, or the length does not fit.
 */
export function checkPixelImage(image: PixelImage): 1 | 2 | 3 | 4 {
  if (typeof image !== "object" || image === null) {
    throw new TypeError(
      `an image must be { data, width, height, channels }, got ${image === null ? "null" : typeof image}`,
    );
  }
  const { data, width, height } = image;
  if (sampleMaximum(data) === undefined) {
    throw new TypeError(
      `data must be a Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array or Float64Array, got ${kindOf(data)}`,
    );
  }
  checkSide("width", width);
  checkSide("height", height);
  const channels = image.channels ?? data.length / (width * height);
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new RangeError(
      image.channels === undefined
        ? `${data.length} values do not make ${width}×${height} pixels of 1, 2, 3 or 4 channels`
        : `channels must be 1, 2, 3 or 4, got ${String(channels)}`,
    );
  }
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `data has ${data.length} values, but ${width}×${height} pixels of ${channels} channels need ${width * height * channels}`,
    );
  }
  return channels;
}

/** The value that stands for full brightness in this kind of array, or undefined for what is no pixel array. */
export function sampleMaximum(data: unknown): number | undefined {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 255;
  if (data instanceof Uint16Array) return 65535;
  if (data instanceof Float32Array || data instanceof Float64Array) return 1;
  return undefined;
}

function checkSide(name: string, side: number): void {
  if (typeof side !== "number") throw new TypeError(`${name} must be a number, got ${kindOf(side)}`);
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new RangeError(`${name} must be a whole number from 1, got ${side}`);
  }
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return value.constructor?.name ?? "object";
}
