/** Values in [0, 1] as bytes; what lies outside is cut off. */
export function bytesOf(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
}
