// Small convolutional networks, fitted by `python3 -m abs_training reading` (training/README.md).

/** The shape of a layer: channels in and out, side of its kernel in pixels, stride, and dilation of the kernel. */
export type Shape = readonly [inputs: number, outputs: number, kernel: number, stride: number, dilation: number];

/** A network as it is stored. */
export interface StoredNetwork {
  /** One for each layer. */
  readonly shapes: readonly Shape[];
  /** For each layer and output what its weights are multiples of. */
  readonly scales: readonly (readonly number[])[];
  /** For each layer and output what is added. */
  readonly biases: readonly (readonly number[])[];
  /** The multiples, one signed byte each, by layer, row and column of the kernel, input and output; in base64. */
  readonly weights: string;
}

/** A layer, ready to be used. Outputs are filled up to a multiple of eight. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** By group of eight outputs, row and column of the kernel, input, and output within the group. */
  readonly weights: Float64Array;
  readonly biases: readonly number[];
}

/** Values by row, column and channel. */
export interface Planes {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

const EIGHT = 8;
type Eight = [number, number, number, number, number, number, number, number];

/** The layers of a stored network. */
export function unpack({ shapes, scales, biases, weights: stored }: StoredNetwork): Layer[] {
  const bytes = Int8Array.from(atob(stored), (character) => character.charCodeAt(0));
  let start = 0;
  return shapes.map(([inputs, outputs, kernel, stride, dilation], place) => {
    const own = scales[place] as readonly number[];
    const filled = EIGHT * Math.ceil(outputs / EIGHT);
    const taps = kernel * kernel * inputs;
    const weights = new Float64Array(taps * filled);
    for (let at = 0; at < taps * outputs; ++at) {
      const output = at % outputs;
      const within = output % EIGHT;
      weights[(output - within) * taps + ((at - output) / outputs) * EIGHT + within] =
        (bytes[start + at] as number) * (own[output] as number);
    }
    start += taps * outputs;
    const added = [...(biases[place] as readonly number[]), ...Array<number>(filled - outputs).fill(0)];
    return { inputs, outputs: filled, kernel, stride, dilation, weights, biases: added };
  });
}

/** What a network makes of planes; after all layers but the last, negative values become 0. */
export function convolveAll(layers: readonly Layer[], planes: Planes): Planes {
  return layers.reduce((seen, layer, place) => convolve(layer, seen, place + 1 < layers.length), planes);
}

/** Outside there is 0. Eight outputs at a time: so many sums stay in registers. */
function convolve(layer: Layer, { values, rows, columns }: Planes, rectified: boolean): Planes {
  const { inputs, outputs, kernel, stride, dilation, weights, biases } = layer;
  const [height, width] = [Math.ceil(rows / stride), Math.ceil(columns / stride)];
  const result = new Float64Array(height * width * outputs);
  const margin = dilation * (kernel >> 1);
  for (let first = 0; first < outputs; first += EIGHT) {
    const [b0, b1, b2, b3, b4, b5, b6, b7] = biases.slice(first, first + EIGHT) as Eight;
    const own = first * kernel * kernel * inputs;
    for (let row = 0; row < height; ++row) {
      for (let column = 0; column < width; ++column) {
        let [s0, s1, s2, s3, s4, s5, s6, s7] = [b0, b1, b2, b3, b4, b5, b6, b7];
        for (let down = 0; down < kernel; ++down) {
          const y = row * stride + down * dilation - margin;
          if (y < 0 || y >= rows) continue;
          for (let across = 0; across < kernel; ++across) {
            const x = column * stride + across * dilation - margin;
            if (x < 0 || x >= columns) continue;
            const from = (y * columns + x) * inputs;
            let at = own + (down * kernel + across) * inputs * EIGHT;
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
