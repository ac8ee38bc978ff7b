// Images in JSON: 32-bit floats, little-endian, in base64, as `numpy.frombuffer` reads them.

/** Base64 of an image's values. */
export function packFloats(values: Float32Array): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeFloatLE(value, 4 * index);
  });
  return bytes.toString("base64");
}

/** The values in a text by `packFloats`; undefined when it is none of `length` finite values. */
export function unpackFloats(text: unknown, length: number): Float32Array | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 4 * length) return undefined;
  const values = Float32Array.from({ length }, (_, index) => bytes.readFloatLE(4 * index));
  return values.every(Number.isFinite) ? values : undefined;
}
