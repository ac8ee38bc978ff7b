import type { StoredTensor } from "../../src/weights/stored-tensor.ts";

// What stored numbers stand for, one at a time.

/** The value of a 16-bit float (IEEE 754 binary16) by its bits. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * All values of a tensor `[classes, …]`.
 *
 * @param within consecutive values of a channel: value i of a class belongs to channel ⌊i / within⌋ mod channels
 */
export function storedValues(tensor: StoredTensor, classes: number, within: number): Float32Array {
  switch (tensor.element) {
    case "F32":
      return tensor.values;
    case "F16":
      return Float32Array.from(tensor.values, halfValue);
    case "I8": {
      const { values, scales } = tensor;
      const channels = scales.length / classes;
      const perClass = values.length / classes;
      return Float32Array.from(values, (value, index) => {
        const classIndex = Math.floor(index / perClass);
        const channel = Math.floor((index % perClass) / within) % channels;
        return value * (scales[classIndex * channels + channel] as number);
      });
    }
  }
}
