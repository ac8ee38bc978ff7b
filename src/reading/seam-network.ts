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
  [24, 24, 3, 1, 2],
  [24, 16, 1, 1, 1],
] as const;
const EIGHT = 8;
type Eight = [number, number, number, number, number, number, number, number];
/** The last layers see blocks of so many rows and columns, and tell of each of their pixels. */
const BLOCK = 4;

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly side: number;
  readonly step: number;
  readonly spacing: number;
  /** By group of eight outputs, row and column of the kernel, input, and output within the group. */
  readonly weights: Float64Array;
  readonly biases: readonly number[];
}

/** Values by row, column and channel. */
interface Planes {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

let layers: readonly Layer[] | undefined;

/** The log odds that a seam goes through each pixel of a line's image, row by row. */
export function seamLogits({ values, width }: LineImage): Float32Array {
  layers ??= unpack();
  let planes: Planes = { values: Float64Array.from(values), rows: LINE_ROWS, columns: width };
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
    const weights = new Float64Array(count);
    for (let at = 0; at < count; ++at) {
      const output = at % outputs;
      const [tap, group] = [(at - output) / outputs, output - (output % EIGHT)];
      weights[group * (count / outputs) + tap * EIGHT + (output % EIGHT)] =
        (bytes[start + at] as number) * (steps[output] as number);
    }
    start += count;
    return { inputs, outputs, side, step, spacing, weights, biases: SEAM_BIASES[place] as readonly number[] };
  });
}

/** Outside there is 0. Eight outputs at a time: so many sums stay in registers. */
function convolve(layer: Layer, { values, rows, columns }: Planes, rectified: boolean): Planes {
  const { inputs, outputs, side, step, spacing, weights, biases } = layer;
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const result = new Float64Array(height * width * outputs);
  const margin = spacing * (side >> 1);
  for (let first = 0; first < outputs; first += EIGHT) {
    const [b0, b1, b2, b3, b4, b5, b6, b7] = biases.slice(first, first + EIGHT) as Eight;
    const own = first * side * side * inputs;
    for (let row = 0; row < height; ++row) {
      for (let column = 0; column < width; ++column) {
        let [s0, s1, s2, s3, s4, s5, s6, s7] = [b0, b1, b2, b3, b4, b5, b6, b7];
        for (let down = 0; down < side; ++down) {
          const y = row * step + down * spacing - margin;
          if (y < 0 || y >= rows) continue;
          for (let across = 0; across < side; ++across) {
            const x = column * step + across * spacing - margin;
            if (x < 0 || x >= columns) continue;
            const from = (y * columns + x) * inputs;
            let at = own + (down * side + across) * inputs * EIGHT;
            for (let input = 0; input < inputs; ++input, at += EIGHT) {
              const value = values[from + input] as number;
              // Much is 0: there is little ink, and rectified values are half of the time.
              if (value === 0) continue;
              s0 += value * (weights[at] as number);
              s1 += value * (weights[at + 1] as number);
              s2 += value * (weights[at + 2] as number);
              s3 += value * (weights[at + 3] as number);
              s4 += value * (weights[at + 4] as number);
              s5 += value * (weights[at + 5] as number);
              s6 += value * (weights[at + 6] as number);
              s7 += value * (weights[at + 7] as number);
            }
          }
        }
        const to = (row * width + column) * outputs + first;
        result[to] = s0;
        result[to + 1] = s1;
        result[to + 2] = s2;
        result[to + 3] = s3;
        result[to + 4] = s4;
        result[to + 5] = s5;
        result[to + 6] = s6;
        result[to + 7] = s7;
      }
    }
  }
  if (rectified) {
    for (let index = 0; index < result.length; ++index) if ((result[index] as number) < 0) result[index] = 0;
  }
  return { values: result, rows: height, columns: width };
}
