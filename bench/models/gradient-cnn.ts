import { readFileSync } from "node:fs";
import { IMAGE_SIDE } from "../../format/image.ts";
import type { LossesAndGradients } from "../../src/attacks/model.ts";
import { float32Values, readSafetensors } from "../../src/weights/safetensors.ts";

// The baseline networks with gradients: what onnxruntime computes, and in plain loops, since an attack asks for derivatives, one
// image at a time and at once.

/** Strides of the four convolutions; their kernels are in the weights. */
const STRIDES = [1, 2, 2, 1];

interface Convolution {
  readonly kernel: number;
  readonly stride: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly inputSide: number;
  readonly outputSide: number;
  /** By row, column and input map of the kernel, the weights of all output maps in a row. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** What a network answers. */
export interface CnnAnswer {
  label: number;
  /** The largest softmax probability. */
  confidence: number;
  /** The softmax of the logits, one per class. */
  probabilities: Float64Array;
}

/** A network of bench/baselines that can be attacked. */
export class GradientCnn {
  readonly #layers: readonly Convolution[];
  readonly classes: number;

  /** @param path a `.safetensors` of bench/baselines */
  constructor(path: string) {
    const { tensors } = readSafetensors(readFileSync(path));
    let side: number = IMAGE_SIDE;
    this.#layers = STRIDES.map((stride, index) => {
      const stored = tensors.get(`convolutions.${index}.weight`);
      const bias = tensors.get(`convolutions.${index}.bias`);
      if (stored === undefined || bias === undefined) throw new Error(`${path}: has no convolution ${index}`);
      const [outputs, inputs, kernel] = stored.shape as [number, number, number];
      const outputSide = Math.floor((side - kernel) / stride) + 1;
      const weights = outputsLast(float32Values(stored), outputs, inputs, kernel);
      const layer = {
        kernel,
        stride,
        inputs,
        outputs,
        inputSide: side,
        outputSide,
        weights,
        bias: float32Values(bias),
      };
      side = outputSide;
      return layer;
    });
    this.classes = (this.#layers.at(-1) as Convolution).outputs;
  }

  /** @param image 784 values in [0, 1] */
  classify(image: Float32Array): CnnAnswer {
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
function outputsLast(stored: Float32Array, outputs: number, inputs: number, kernel: number): Float32Array {
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
