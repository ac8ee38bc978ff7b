import type { StoredConvolution } from "./convolutional-network.ts";

// Networks in a quarter of their size: weights in 8 bits, one scale per output map. A page has to load them.
//
// The file: for each convolution four little-endian u16, inputs, outputs, kernel and stride; f32 biases and f32 scales, one per
// output map; then the weights as i8, by output map, input map, row and column. A weight is its i8 times its map's scale.

const LARGEST = 127;
const HEADER_BYTES = 8;

/** Writes convolutions as above, each weight rounded to the nearest of 255 steps between −m and m, m its map's largest. */
export function storeNetwork(convolutions: readonly StoredConvolution[]): Uint8Array {
  const parts = convolutions.map(({ inputs, outputs, kernel, stride, weights, bias }) => {
    const size = inputs * kernel * kernel;
    const part = new Uint8Array(HEADER_BYTES + 8 * outputs + weights.length);
    const view = new DataView(part.buffer);
    [inputs, outputs, kernel, stride].forEach((value, index) => {
      view.setUint16(2 * index, value, true);
    });
    for (let output = 0; output < outputs; ++output) {
      const map = weights.subarray(output * size, (output + 1) * size);
      const scale = Math.fround(map.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / LARGEST) || 1;
      view.setFloat32(HEADER_BYTES + 4 * output, bias[output] as number, true);
      view.setFloat32(HEADER_BYTES + 4 * (outputs + output), scale, true);
      map.forEach((weight, index) => {
        view.setInt8(HEADER_BYTES + 8 * outputs + output * size + index, Math.round(weight / scale));
      });
    }
    return part;
  });
  const stored = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    stored.set(part, at);
    at += part.length;
  }
  return stored;
}

/** Reads what `storeNetwork` writes. @throws {Error} when the bytes end before a convolution does */
export function readStoredNetwork(stored: Uint8Array): StoredConvolution[] {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const convolutions: StoredConvolution[] = [];
  const need = (end: number): void => {
    if (end > stored.length) throw new Error(`network: got ${stored.length} bytes, wanted ${end} at least`);
  };
  for (let at = 0; at < stored.length; ) {
    need(at + HEADER_BYTES);
    const [inputs, outputs, kernel, stride] = [0, 2, 4, 6].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
      number,
    ];
    const size = inputs * kernel * kernel;
    const from = at + HEADER_BYTES;
    const weightsAt = from + 8 * outputs;
    const end = weightsAt + outputs * size;
    need(end);
    const bias = Float32Array.from({ length: outputs }, (_, output) => view.getFloat32(from + 4 * output, true));
    const weights = Float32Array.from({ length: outputs * size }, (_, index) => {
      const scale = view.getFloat32(from + 4 * (outputs + Math.floor(index / size)), true);
      return scale * view.getInt8(weightsAt + index);
    });
    convolutions.push({ inputs, outputs, kernel, stride, weights, bias });
    at = end;
  }
  return convolutions;
}
