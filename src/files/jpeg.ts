import jpeg from "jpeg-js";
import type { PixelImage } from "../image/pixel-image.ts";
import { readOrientation } from "./exif-orientation.ts";
import { readJpegSegments } from "./jpeg-segments.ts";
import { PIXEL_LIMIT } from "./limits.ts";
import { turnUpright } from "./turn-upright.ts";

/** Twice and more what a photograph of 50 million pixels has at the highest quality. */
const JPEG_BYTE_LIMIT = 2 ** 26;
/**
 * Blocks that all scans may go through, for each pixel that is allowed: an image of the largest size in full colour may have
 * 57 scans, where encoders write 10. Empty blocks take some 10 ns each.
 */
const VISITS_PER_PIXEL = 2 ** 27 / PIXEL_LIMIT;
const MEBIBYTE = 2 ** 20;
/** For tables; the decoder counts what it allocates for coefficients and pixels exactly. */
const TABLE_BYTES = 16 * MEBIBYTE;

/**
 * Decodes a JPEG, baseline or progressive, and turns it upright as its Exif orientation says. Time and memory are bounded
 * by the size that the file claims, by its bytes, at most 64 MiB, and by the work that its scans ask for.
 *
 * @param pixelLimit the most pixels that the file may claim, 50 million unless given
 * @throws {Error} saying what is wrong: claimed size, kind, too many scans, cut short, damaged
 */
export function decodeJpegImage(bytes: Uint8Array, pixelLimit = PIXEL_LIMIT): PixelImage {
  if (bytes.length > JPEG_BYTE_LIMIT) {
    throw new RangeError(`the JPEG has ${bytes.length} bytes, which is more than the ${JPEG_BYTE_LIMIT} that are read`);
  }
  const { width, height, components, blocks, visits, exif } = readJpegSegments(bytes, pixelLimit);
  const visitLimit = Math.floor(pixelLimit * VISITS_PER_PIXEL);
  if (visits > visitLimit) {
    throw new RangeError(
      `the JPEG's scans go through ${visits} blocks of its ${blocks}, which is more than the ${visitLimit} that are read`,
    );
  }
  const { data } = decodePixels(() =>
    jpeg.decode(bytes, {
      useTArray: true,
      // Damaged and truncated files must fail rather than come out half grey.
      tolerantDecoding: false,
      maxResolutionInMP: pixelLimit / 1e6,
      // Coefficients of four bytes and values of one for each place in a block, then pixels without and with transparency.
      maxMemoryUsageInMB: (blocks * 64 * (4 + 1) + width * height * (components + 4) + TABLE_BYTES) / MEBIBYTE,
    }),
  );
  return turnUpright({ data, width, height, channels: 4 }, exif === undefined ? 1 : readOrientation(exif));
}

function decodePixels<Decoded>(decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (error) {
    // The decoder's own words are about its variables.
    throw new Error("the JPEG is damaged: its pixels cannot be decoded", { cause: error });
  }
}
