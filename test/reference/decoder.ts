import { IMAGE_PIXELS } from "../../format/image.ts";
import type { DecoderLayer, PlaneSize } from "../../src/weights/decoder-shape.ts";
import type { Model } from "../../src/weights/model.ts";
import type { StoredTensor } from "../../src/weights/stored-tensor.ts";
import { storedValues } from "./stored.ts";

// The decoder in double precision, written from the layers' definitions in PyTorch's layout (channel, row, column):
// scatter form, no packing, no rewriting of one layer as another. Slow and plain on purpose.

const volume = ({ channels, height, width }: PlaneSize): number => channels * height * width;
const at = ({ height, width }: PlaneSize, channel: number, y: number, x: number): number =>
  (channel * height + y) * width + x;
const inside = ({ height, width }: PlaneSize, y: number, x: number): boolean =>
  y >= 0 && y < height && x >= 0 && x < width;

/** Calls `connect(output index, input index, weight index)` for every multiplication that the layer makes. */
function connections(layer: DecoderLayer, connect: (output: number, input: number, weight: number) => void): void {
  const { input, output } = layer;
  if (layer.kind === "dense") {
    const inputs = volume(input);
    for (let o = 0; o < volume(output); ++o) for (let i = 0; i < inputs; ++i) connect(o, i, o * inputs + i);
    return;
  }
  for (let from = 0; from < input.channels; ++from) {
    for (let y = 0; y < input.height; ++y) {
      for (let x = 0; x < input.width; ++x) {
        const i = at(input, from, y, x);
        if (layer.kind === "transposed_convolution") {
          const { kernel, stride } = layer;
          for (let to = 0; to < output.channels; ++to) {
            for (let ky = 0; ky < kernel; ++ky) {
              for (let kx = 0; kx < kernel; ++kx) {
                const weight = ((from * output.channels + to) * kernel + ky) * kernel + kx;
                connect(at(output, to, y * stride + ky, x * stride + kx), i, weight);
              }
            }
          }
          continue;
        }
        for (let shuffled = 0; shuffled < 4 * output.channels; ++shuffled) {
          for (let ky = 0; ky < 3; ++ky) {
            for (let kx = 0; kx < 3; ++kx) {
              const oy = y + 1 - ky;
              const ox = x + 1 - kx;
              if (!inside(input, oy, ox)) continue;
              const weight = ((shuffled * input.channels + from) * 3 + ky) * 3 + kx;
              const shuffledRow = 2 * oy + ((shuffled >> 1) & 1);
              const shuffledColumn = 2 * ox + (shuffled & 1);
              connect(at(output, shuffled >> 2, shuffledRow, shuffledColumn), i, weight);
            }
          }
        }
      }
    }
  }
}

function biasOf(layer: DecoderLayer, bias: Float32Array, channel: number, y: number, x: number): number {
  if (layer.kind === "dense") return bias[at(layer.output, channel, y, x)] as number;
  if (layer.kind === "transposed_convolution") return bias[channel] as number;
  return bias[4 * channel + 2 * (y & 1) + (x & 1)] as number;
}

/** Weights and biases of one class, whatever form they are stored in. */
export function parametersOf(
  model: Model,
  index: number,
  classIndex: number,
): { weight: Float32Array; bias: Float32Array } {
  const layer = model.layers[index] as DecoderLayer;
  const { weight, bias } = model.weights[index] as { weight: StoredTensor; bias: StoredTensor };
  const pixels = layer.kind === "dense" ? layer.output.height * layer.output.width : 1;
  const taps = { dense: pixels * volume(layer.input), pixel_shuffle_convolution: 9 * layer.input.channels };
  const within = layer.kind === "transposed_convolution" ? layer.kernel ** 2 : taps[layer.kind];
  const classes = model.classes.length;
  return {
    weight: slice(storedValues(weight, classes, within), classes, classIndex),
    bias: slice(storedValues(bias, classes, pixels), classes, classIndex),
  };
}

/** What the decoder of one class makes of a latent, and what is needed to go back. */
export interface ReferenceDecoding {
  /** 784 logits and their sigmoids. */
  logits: Float64Array;
  reconstruction: Float64Array;
  /** Values before each layer's activation. */
  beforeActivation: Float64Array[];
}

function slice(values: Float32Array, classes: number, classIndex: number): Float32Array {
  const length = values.length / classes;
  return values.subarray(classIndex * length, (classIndex + 1) * length);
}

/** Decodes one latent. */
export function referenceDecode(model: Model, classIndex: number, latent: ArrayLike<number>): ReferenceDecoding {
  let values = Float64Array.from(latent);
  const beforeActivation: Float64Array[] = [];
  model.layers.forEach((layer, index) => {
    const { weight, bias } = parametersOf(model, index, classIndex);
    const sums = new Float64Array(volume(layer.output));
    for (let channel = 0; channel < layer.output.channels; ++channel) {
      for (let y = 0; y < layer.output.height; ++y) {
        for (let x = 0; x < layer.output.width; ++x) {
          sums[at(layer.output, channel, y, x)] = biasOf(layer, bias, channel, y, x);
        }
      }
    }
    connections(layer, (output, input, w) => {
      sums[output] = (sums[output] as number) + (values[input] as number) * (weight[w] as number);
    });
    beforeActivation.push(sums);
    values = sums.map((value) => (value > 0 ? value : Math.expm1(value)));
  });
  const logits = beforeActivation.at(-1) as Float64Array;
  return { logits, reconstruction: logits.map((logit) => 1 / (1 + Math.exp(-logit))), beforeActivation };
}

/** ℓ = (‖x − G(z)‖² + β ½‖z‖²) / 784 and its derivative with respect to z. */
export function referenceLossAndGradient(
  model: Model,
  classIndex: number,
  latent: ArrayLike<number>,
  image: ArrayLike<number>,
): { loss: number; gradient: Float64Array } {
  const { reconstruction, beforeActivation } = referenceDecode(model, classIndex, latent);
  const z = Array.from(latent);
  let loss = (model.beta / 2) * z.reduce((sum, value) => sum + value * value, 0);
  let gradient = reconstruction.map((g, pixel) => {
    const difference = g - (image[pixel] as number);
    loss += difference * difference;
    return (2 * difference * g * (1 - g)) / IMAGE_PIXELS;
  });
  for (let index = model.layers.length - 1; index >= 0; --index) {
    const layer = model.layers[index] as DecoderLayer;
    const { weight } = parametersOf(model, index, classIndex);
    const inputGradient = new Float64Array(volume(layer.input));
    connections(layer, (output, input, w) => {
      inputGradient[input] = (inputGradient[input] as number) + (gradient[output] as number) * (weight[w] as number);
    });
    const before = beforeActivation[index - 1];
    gradient = before ? inputGradient.map((d, i) => d * Math.exp(Math.min(before[i] as number, 0))) : inputGradient;
  }
  return {
    loss: loss / IMAGE_PIXELS,
    gradient: gradient.map((d, i) => d + (model.beta * (z[i] as number)) / IMAGE_PIXELS),
  };
}
