import { LARGEST_SIX_BIT, SIX_BIT_CHARACTERS } from "../../format/six-bits.ts";
import { type Kernel, moduleKernel, type Step, scalarKernel } from "./convolution-kernel.ts";

// Small convolutional networks, fitted by `python3 -m abs_training reading` (training/README.md).

/** The shape of a layer: channels in and out, side of its kernel in pixels, stride, and dilation of the kernel. */
export type Shape = readonly [inputs: number, outputs: number, kernel: number, stride: number, dilation: number];

/** A network as it is stored. */
export interface StoredNetwork {
  /** One for each layer; all but the last have a multiple of eight outputs. */
  readonly shapes: readonly Shape[];
  /** For each layer and output what its weights are multiples of. */
  readonly scales: readonly (readonly number[])[];
  /** For each layer and output what is added. */
  readonly biases: readonly (readonly number[])[];
  /** The multiples, a character each, by layer, row and column of the kernel, input and output. */
  readonly weights: string;
}

/** Values by row, column and channel. */
export interface Planes {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
}

/** A layer whose parameters are in the kernel's memory. Outputs are filled up to a multiple of eight. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly parameters: number;
}

/** Where a network's planes lie for inputs of one size. */
interface Plan {
  readonly rows: number;
  readonly columns: number;
  readonly steps: readonly Step[];
  /** Where the first value of the input goes, and how far it is from row to row. */
  readonly input: number;
  readonly inputRow: number;
}

const EIGHT = 8;

/** A network that is ready for use. */
export class Network {
  readonly #kernel: Kernel;
  readonly #layers: readonly Layer[];
  /** Floats of memory that parameters take. */
  readonly #parameters: number;
  #plan: Plan | undefined;

  /** @param kernel the module's where there is one */
  constructor(stored: StoredNetwork, kernel: Kernel = moduleKernel() ?? scalarKernel()) {
    this.#kernel = kernel;
    const { layers, parameters } = unpack(stored);
    this.#layers = layers;
    this.#parameters = parameters.length;
    kernel.reserve(parameters.length).set(parameters);
  }

  /** What the network makes of planes; after all layers but the last, negative values become 0. Outside there is 0. */
  run({ values, rows, columns, channels }: Planes): Planes {
    if (this.#plan?.rows !== rows || this.#plan.columns !== columns) this.#plan = this.#planFor(rows, columns);
    const { steps, input, inputRow } = this.#plan;
    const memory = this.#kernel.reserve(0);
    for (let row = 0; row < rows; ++row) {
      memory.set(values.subarray(row * columns * channels, (row + 1) * columns * channels), input + row * inputRow);
    }
    for (const step of steps) this.#kernel.convolve(step);
    const { to, height, width, outputs } = steps.at(-1) as Step;
    return {
      values: memory.slice(to, to + height * width * outputs),
      rows: height,
      columns: width,
      channels: outputs,
    };
  }

  /** Each layer's planes have a place of their own, so that what is outside stays 0. */
  #planFor(rows: number, columns: number): Plan {
    let end = this.#parameters;
    let [height, width] = [rows, columns];
    const margins = this.#layers.map(({ dilation, kernel }) => dilation * (kernel >> 1));
    const places = [...this.#layers, undefined].map((layer, place) => {
      const margin = margins[place] ?? 0;
      const channels = layer?.inputs ?? (this.#layers.at(-1) as Layer).outputs;
      const row = (width + 2 * margin) * channels;
      const own = { start: end, row, first: end + margin * row + margin * channels, height, width };
      end += (height + 2 * margin) * row;
      if (layer !== undefined) [height, width] = [Math.ceil(height / layer.stride), Math.ceil(width / layer.stride)];
      return own;
    });
    this.#kernel.reserve(end).fill(0, this.#parameters, end);
    const steps = this.#layers.map((layer, place): Step => {
      const [source, target] = places.slice(place, place + 2) as [(typeof places)[number], (typeof places)[number]];
      return {
        ...layer,
        from: source.start,
        fromRow: source.row,
        to: target.first,
        toRow: target.row,
        height: target.height,
        width: target.width,
        rectified: place + 1 < this.#layers.length,
      };
    });
    const [input] = places as [(typeof places)[number]];
    return { rows, columns, steps, input: input.first, inputRow: input.row };
  }
}

/** The layers of a stored network, and their parameters one after the other. */
function unpack({ shapes, scales, biases, weights: stored }: StoredNetwork): {
  layers: Layer[];
  parameters: Float32Array;
} {
  const multiples = Int8Array.from(stored, (character) => SIX_BIT_CHARACTERS.indexOf(character) - LARGEST_SIX_BIT);
  const parameters: number[] = [];
  let start = 0;
  const layers = shapes.map(([inputs, outputs, kernel, stride, dilation], place) => {
    const [ownScales, ownBiases] = [scales[place], biases[place]] as [readonly number[], readonly number[]];
    const filled = EIGHT * Math.ceil(outputs / EIGHT);
    const taps = kernel * kernel * inputs;
    const at = parameters.length;
    for (let first = 0; first < filled; first += EIGHT) {
      for (let tap = -1; tap < taps; ++tap) {
        for (let output = first; output < first + EIGHT; ++output) {
          if (output >= outputs) parameters.push(0);
          else if (tap < 0) parameters.push(ownBiases[output] as number);
          else parameters.push((multiples[start + tap * outputs + output] as number) * (ownScales[output] as number));
        }
      }
    }
    start += taps * outputs;
    return { inputs, outputs: filled, kernel, stride, dilation, parameters: at };
  });
  return { layers, parameters: Float32Array.from(parameters) };
}
