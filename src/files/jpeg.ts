import jpeg from "jpeg-js";
import type { PixelImage } from "../image/pixel-image.ts";
import { readOrientation } from "./exif-orientation.ts";
import { checkClaimedSize, PIXEL_LIMIT } from "./limits.ts";
import { turnUpright } from "./turn-upright.ts";

/** What the decoder may use: coefficients and pixels of the largest image that is read. */
const MEMORY_LIMIT_MB = 2048;

/**
 * Decodes a JPEG, baseline or progressive, and turns it upright as its Exif orientation says.
 *
 * @throws Error saying what is wrong: claimed size, no image inside, cut short, damaged
 */
export function decodeJpegImage(bytes: Uint8Array): PixelImage {
  const { width, height, exif } = readSegments(bytes);
  checkClaimedSize(width, height);
  const decoded = jpeg.decode(bytes, {
    useTArray: true,
    // Damaged and truncated files must fail rather than come out half grey.
    tolerantDecoding: false,
    maxResolutionInMP: PIXEL_LIMIT / 1e6,
    maxMemoryUsageInMB: MEMORY_LIMIT_MB,
  });
  const image = { data: decoded.data, width: decoded.width, height: decoded.height, channels: 4 };
  return turnUpright(image, exif === undefined ? 1 : readOrientation(exif));
}

interface Segments {
  readonly width: number;
  readonly height: number;
  /** The Exif block after its `Exif\0\0` mark, if there is one. */
  readonly exif: Uint8Array | undefined;
}

/** Walks the segments up to the frame header, which holds the size. */
function readSegments(bytes: Uint8Array): Segments {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Uint8Array | undefined;
  for (let offset = 2; offset + 4 <= bytes.length; ) {
    if (view.getUint8(offset) !== 0xff) throw new Error(`the JPEG is damaged: no marker at byte ${offset}`);
    const marker = view.getUint8(offset + 1);
    if (marker === 0xff) {
      // Any number of fill bytes may stand before a marker.
      ++offset;
      continue;
    }
    const length = view.getUint16(offset + 2);
    const end = offset + 2 + length;
    if (length < 2 || end > bytes.length) break;
    const isFrameHeader = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrameHeader) {
      if (length < 8) break;
      return { height: view.getUint16(offset + 5), width: view.getUint16(offset + 7), exif };
    }
    const content = bytes.subarray(offset + 4, end);
    if (marker === 0xe1 && Buffer.from(content.subarray(0, 6)).toString("latin1") === "Exif\0\0") {
      exif = content.subarray(6);
    }
    offset = end;
  }
  throw new Error("the JPEG is cut short: it ends before its frame header");
}
