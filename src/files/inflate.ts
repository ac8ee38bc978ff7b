import { Unzlib } from "fflate";

/** Bytes that are unpacked in one go: they make 16 MiB at most, so that a bomb is met before it has gone off. */
const PIECE_BYTES = 2 ** 14;

/** What unpacks to more bytes than were wanted. */
export class InflatedTooLarge extends Error {
  override readonly name = "InflatedTooLarge";
}

/**
 * Unpacks a zlib stream that lies in parts, in memory that the wanted size bounds.
 *
 * @param limit the most bytes that it may unpack to
 * @returns the bytes, which may be fewer
 * @throws {InflatedTooLarge} where there are more
 * @throws {Error} where the stream is damaged or cut short
 */
export function inflateBounded(parts: readonly Uint8Array[], limit: number): Uint8Array {
  const inflated = new Uint8Array(limit);
  let length = 0;
  const stream = new Unzlib((piece) => {
    if (length + piece.length > limit) throw new InflatedTooLarge(`more than ${limit} bytes`);
    inflated.set(piece, length);
    length += piece.length;
  });
  for (const part of parts) {
    for (let start = 0; start < part.length; start += PIECE_BYTES) {
      stream.push(part.subarray(start, start + PIECE_BYTES), false);
    }
  }
  stream.push(new Uint8Array(0), true);
  return inflated.subarray(0, length);
}
