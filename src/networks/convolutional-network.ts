import { IMAGE_SIDE } from "../../format/image.ts";
import type { LossesAndGradients } from "../attacks/model.ts";

// Plain feed-forward networks with gradients, in loops: the ones that the classifier is compared with. An attack asks for
// derivatives, one image at a time and at once, and a page that shows them has no room for a runtime.

/** One convolution as networks are stored: PyTorch's order. */
export interface StoredConvolution {
  readonly inputs: number;
  readonly outputs: number;
  /** Pixels along one side of the kernel. */
  readonly kernel: number;
  readonly stride: number;
  /** By output map, input map, row and column of the kernel. */
  readonly weights: Float32Array;
  /** One per output map. */
  readonly bias: Float32Array;
}

interface Convolution extends StoredConvolution {
  readonly inputSide: number;
  readonly outputSide: number;
  /** By row, column and input map of the kernel, the weights of all output maps in a row. */
  readonly weights: Float32Array;
}

/** What a network answers. */
export interface NetworkAnswer {
  label: number;
  /** The largest softmax probability. */
  confidence: number;
  /** The softmax of the logits, one per class. */
  probabilities: Float64Array;
}

/** Convolutions with ReLU between them that lead from 28×28 pixels to one logit per class. */
export class ConvolutionalNetwork {
  readonly #layers: readonly Convolution[];
  readonly classes: number;

  /** @throws {Error} when the convolutions do not follow on each other, or do not end in a single pixel */
  constructor(convolutions: readonly StoredConvolution[]) {
    let side: number = IMAGE_SIDE;
    let maps = 1;
    this.#layers = convolutions.map((stored, index) => {
      const { inputs, outputs, kernel, stride } = stored;
      const outputSide = Math.floor((side - kernel) / stride) + 1;
      if (inputs !== maps || !(outputSide >= 1)) {
        throw new Error(
          `convolution ${index}: got ${inputs} maps with a kernel of ${kernel}, wanted ${maps} with one of at most ${side}`,
        );
      }
      const layer = { ...stored, weights: outputsLast(stored), inputSide: side, outputSide };
      side = outputSide;
      maps = outputs;
      return layer;
    });
    if (side !== 1) throw new Error(`convolutions: got an output of ${side}×${side} pixels, wanted a single one`);
    this.classes = maps;
  }

  /** @param image 784 values in [0, 1] */
  classify(image: Float32Array): NetworkAnswer {
    const logits = this.logits(image);
    const largest = Math.max(...logits);
    const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    const probabilities = exponentials.map((value) => value / sum);
    return { label: logits.indexOf(largest), confidence: 1 / sum, probabilities };
  }

  /** @param image 784 values in [0, 1] */
  logits(image: Float32Array): Float32Array {
    return this.#forward(image).at(-1) as Float32Array;
  }

  /** Negative logits as the losses, and their derivatives, each computed when it is read. */
  lossAndGradient(image: Float32Array): LossesAndGradients {
    const activations = this.#forward(image);
    const losses = (activations.at(-1) as Float32Array).map((logit) => -logit);
    const gradients = { length: this.classes } as { length: number; [label: number]: Float32Array };
    for (let label = 0; label < this.classes; ++label) {
      let found: Float32Array | undefined;
      Object.defineProperty(gradients, label, {
        get: () => {
          found ??= this.#backward(activations, label);
          return found;
        },
      });
    }
    return { losses, gradients };
  }

  /** What every layer receives, and the logits at the end; maps lie side by side for each pixel. */
  #forward(image: Float32Array): Float32Array[] {
    const activations = [image];
    this.#layers.forEach((layer, index) => {
      const output = convolve(activations[index] as Float32Array, layer);
      if (index < this.#layers.length - 1) rectify(output);
      activations.push(output);
    });
    return activations;
  }

  /** The derivative of minus one logit with respect to the image. */
  #backward(activations: readonly Float32Array[], label: number): Float32Array {
    let gradient: Float32Array = new Float32Array(this.classes);
    gradient[label] = -1;
    for (let index = this.#layers.length - 1; index >= 0; --index) {
      gradient = convolveBack(gradient, this.#layers[index] as Convolution);
      if (index === 0) break;
      const received = activations[index] as Float32Array;
      for (let at = 0; at < gradient.length; ++at) if ((received[at] as number) <= 0) gradient[at] = 0;
    }
    return gradient;
  }
}

/** From PyTorch's order, output, input, row, column, to row, column, input, output. */
function outputsLast({ weights: stored, outputs, inputs, kernel }: StoredConvolution): Float32Array {
  const taps = kernel * kernel;
  const weights = new Float32Array(stored.length);
  for (let output = 0; output < outputs; ++output) {
    for (let input = 0; input < inputs; ++input) {
      for (let tap = 0; tap < taps; ++tap) {
        weights[(tap * inputs + input) * outputs + output] = stored[(output * inputs + input) * taps + tap] as number;
      }
    }
  }
  return weights;
}

function convolve(input: Float32Array, layer: Convolution): Float32Array {
  const { kernel, stride, inputs, outputs, inputSide, outputSide, weights, bias } = layer;
  const output = new Float32Array(outputSide * outputSide * outputs);
  const sums = new Float64Array(outputs);
  for (let row = 0; row < outputSide; ++row) {
    for (let column = 0; column < outputSide; ++column) {
      sums.set(bias);
      for (let down = 0; down < kernel; ++down) {
        let at = ((row * stride + down) * inputSide + column * stride) * inputs;
        let weight = down * kernel * inputs * outputs;
        for (let tap = 0; tap < kernel * inputs; ++tap, ++at, weight += outputs) {
          const value = input[at] as number;
          if (value === 0) continue;
          for (let map = 0; map < outputs; ++map)
            sums[map] = (sums[map] as number) + value * (weights[weight + map] as number);
        }
      }
      output.set(sums, (row * outputSide + column) * outputs);
    }
  }
  return output;
}

/** The derivative with respect to the input, from that with respect to the output. */
function convolveBack(gradient: Float32Array, layer: Convolution): Float32Array {
  const { kernel, stride, inputs, outputs, inputSide, outputSide, weights } = layer;
  const result = new Float32Array(inputSide * inputSide * inputs);
  for (let row = 0; row < outputSide; ++row) {
    for (let column = 0; column < outputSide; ++column) {
      const from = (row * outputSide + column) * outputs;
      const arriving = gradient.subarray(from, from + outputs);
      if (arriving.every((value) => value === 0)) continue;
      for (let down = 0; down < kernel; ++down) {
        let at = ((row * stride + down) * inputSide + column * stride) * inputs;
        let weight = down * kernel * inputs * outputs;
        for (let tap = 0; tap < kernel * inputs; ++tap, ++at, weight += outputs) {
          let sum = 0;
          for (let map = 0; map < outputs; ++map) sum += (arriving[map] as number) * (weights[weight + map] as number);
          result[at] = (result[at] as number) + sum;
        }
      }
    }
  }
  return result;
}

function rectify(values: Float32Array): void {
  for (let at = 0; at < values.length; ++at) if ((values[at] as number) < 0) values[at] = 0;
}
