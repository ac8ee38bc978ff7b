import { latin1 } from "../files/bytes.ts";
import { decodeJpegImage } from "../files/jpeg.ts";
import { decodePngImage } from "../files/png.ts";
import { looksLikePng } from "../files/png-chunks.ts";
import { asFramedDigit } from "../image/framed.ts";
import type { PixelImage } from "../image/pixel-image.ts";
import { preprocess } from "../image/preprocess.ts";

export { readDigits } from "../reading/read-digits.ts";

/** A picture that was read. */
export interface Upload {
  /** 784 values in [0, 1], as the classifier takes them. */
  readonly image: Float32Array;
  /** Pixels that the picture had. */
  readonly pixels: number;
}

/**
 * Reads a PNG or JPEG that somebody sent, and makes it what the classifier takes. Needs nothing of Node, and works in time and
 * memory that `pixelLimit` bounds: what the header claims is checked before anything is unpacked. The build puts it into
 * dist/examples/uploads.js for the services in examples.
 *
 * @param pixelLimit the most pixels that it may claim
 * @throws {RangeError} where it claims more pixels, or asks for more work than they can need
 * @throws {Error} saying what else is wrong: neither of the two kinds, damaged, cut short, of a kind that is not read
 */
export function readUpload(bytes: Uint8Array, pixelLimit: number): Upload {
  const picture = readUploadedPicture(bytes, pixelLimit);
  return {
    image: asFramedDigit(picture) ?? preprocess(picture).image,
    pixels: picture.width * picture.height,
  };
}

/** The same as it is, for `readDigits`. @throws as `readUpload` */
export function readUploadedPicture(bytes: Uint8Array, pixelLimit: number): PixelImage {
  if (looksLikePng(bytes)) return decodePngImage(bytes, pixelLimit);
  if (latin1(bytes, 0, 3) === "\xff\xd8\xff") return decodeJpegImage(bytes, pixelLimit);
  const head = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new Error(`got bytes that begin with ${head || "nothing"}, wanted a PNG or JPEG`);
}
