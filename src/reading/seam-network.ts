import { LINE_ROWS, type LineImage } from "./line-image.ts";
import { SEAM_BIASES, SEAM_STEPS, SEAM_WEIGHTS } from "./seam-weights.ts";

// A small convolutional network that tells for each pixel of a line's image whether digits part there. It sees some way to either
// side, and so knows a bridge between two digits from the bar of one. Fitted by `python3 -m abs_training seams` (training/README.md).

/** Inputs, outputs, side of the kernel, step, and spacing of its taps, as in training/abs_training/seams/network.py. */
const LAYERS = [
  [1, 8, 5, 2, 1],
  [8, 16, 3, 2, 1],
  [16, 24, 3, 1, 1],
  [24, 24, 3, 1, 2],
  [24, 24, 3, 1, 1],
  [24, 16, 1, 1, 1],
] as const;
/** The last layers see blocks of so many rows and columns, and tell of each of their pixels. */
const BLOCK = 4;

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly side: number;
  readonly step: number;
  readonly spacing: number;
  /** By row and column of the kernel, input and output. */
  readonly weights: Float32Array;
  readonly biases: readonly number[];
}

/** Values by row, column and channel. */
interface Planes {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

let layers: readonly Layer[] | undefined;

/** The log odds that a seam goes through each pixel of a line's image, row by row. */
export function seamLogits({ values, width }: LineImage): Float32Array {
  layers ??= unpack();
  let planes: Planes = { values, rows: LINE_ROWS, columns: width };
  layers.forEach((layer, place) => {
    planes = convolve(layer, planes, place + 1 < LAYERS.length);
  });
  const logits = new Float32Array(values.length);
  for (let row = 0, at = 0; row < LINE_ROWS; ++row) {
    for (let column = 0; column < width; ++column, ++at) {
      const block = Math.floor(row / BLOCK) * planes.columns + Math.floor(column / BLOCK);
      logits[at] = planes.values[block * BLOCK * BLOCK + (row % BLOCK) * BLOCK + (column % BLOCK)] as number;
    }
  }
  return logits;
}

function unpack(): Layer[] {
  const bytes = Int8Array.from(atob(SEAM_WEIGHTS), (character) => character.charCodeAt(0));
  let start = 0;
  return LAYERS.map(([inputs, outputs, side, step, spacing], place) => {
    const steps = SEAM_STEPS[place] as readonly number[];
    const count = side * side * inputs * outputs;
    const weights = Float32Array.from(
      bytes.subarray(start, start + count),
      (whole, at) => whole * (steps[at % outputs] as number),
    );
    start += count;
    return { inputs, outputs, side, step, spacing, weights, biases: SEAM_BIASES[place] as readonly number[] };
  });
}

/** Outside there is 0. */
function convolve(layer: Layer, { values, rows, columns }: Planes, rectified: boolean): Planes {
  const { inputs, outputs, side, step, spacing, weights, biases } = layer;
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const result = new Float32Array(height * width * outputs);
  const sums = new Float64Array(outputs);
  const margin = spacing * (side >> 1);
  for (let row = 0, to = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, to += outputs) {
      sums.set(biases);
      for (let down = 0; down < side; ++down) {
        const y = row * step + down * spacing - margin;
        if (y < 0 || y >= rows) continue;
        for (let across = 0; across < side; ++across) {
          const x = column * step + across * spacing - margin;
          if (x < 0 || x >= columns) continue;
          const from = (y * columns + x) * inputs;
          const tap = (down * side + across) * inputs * outputs;
          for (let input = 0; input < inputs; ++input) {
            const value = values[from + input] as number;
            // Much is 0: there is little ink, and rectified values are half of the time.
            if (value === 0) continue;
            const weight = tap + input * outputs;
            for (let output = 0; output < outputs; ++output) {
              sums[output] = (sums[output] as number) + value * (weights[weight + output] as number);
            }
          }
        }
      }
      for (let output = 0; output < outputs; ++output) {
        const sum = sums[output] as number;
        result[to + output] = rectified && sum < 0 ? 0 : sum;
      }
    }
  }
  return { values: result, rows: height, columns: width };
}
