/** An image with more pixels is refused by its header, before anything is decoded. */
export const PIXEL_LIMIT = 50_000_000;
/** A file with more bytes, packed or unpacked, is refused. */
export const BYTE_LIMIT = 2 ** 30;

/**
 * Checks the size that a header claims.
 *
 * @param limit the most pixels, {@link PIXEL_LIMIT} unless given
 * @throws Error when a side is zero
 * @throws RangeError when there are more pixels than `limit`
 */
export function checkClaimedSize(width: number, height: number, limit = PIXEL_LIMIT): void {
  if (!(width >= 1 && height >= 1)) {
    throw new Error(`the header claims ${width}×${height} pixels; both sides must be at least 1`);
  }
  if (width * height > limit) {
    throw new RangeError(
      `the header claims ${width}×${height} pixels, which is more than the ${limit / 1e6} million that are read`,
    );
  }
}
