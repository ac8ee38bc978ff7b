import { readUpload, readUploadedPicture } from "../../dist/examples/uploads.js";
import { Refusal, shown } from "./refusal.js";

/** Pixels that the pictures of a request may claim together, whatever they pack to: what they cost is bounded with them. */
export const MOST_PIXELS = 2_000_000;

/**
 * What reads pictures one after the other, within the bound for a request.
 *
 * @returns `(bytes) => 784 values` from PNG or JPEG, which throws a `Refusal` for other bytes: 413 for a picture that claims
 *   more pixels than are left, before it is unpacked, 400 for one that is damaged
 */
export function pictureReader() {
  let left = MOST_PIXELS;
  return (bytes) => {
    try {
      const { image, pixels } = readUpload(bytes, left);
      left -= pixels;
      return image;
    } catch (error) {
      const { status, message } = refusalOf(error);
      throw new Refusal(status, left < MOST_PIXELS && status === 413 ? `${message} after those before` : message);
    }
  };
}

/** A PNG or JPEG with its pixels, for `readDigits`. @throws {Refusal} as the reader above */
export function wholePicture(bytes) {
  try {
    return readUploadedPicture(bytes, MOST_PIXELS);
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error) {
  // Messages quote the names of parts, which can be any bytes.
  const message = shown(error instanceof Error ? error.message : String(error), 200);
  return new Refusal(error instanceof RangeError ? 413 : 400, message);
}
