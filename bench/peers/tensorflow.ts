import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { DENSE } from "../../format/bundle.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";
import type { DecoderLayer } from "../../src/weights/decoder-shape.ts";
import type { Model } from "../../src/weights/model.ts";
import { rearrange } from "../../src/weights/rearrange.ts";
import { parametersOf } from "../../test/reference/decoder.ts";
import type { DecoderPeer, LatentGradient } from "./decoder.ts";

// A decoder in TensorFlow.js on its WebAssembly backend (SIMD, one thread), made of its fused kernels. The gradient is
// written out, as in the ONNX graphs: the backend then does nothing but the arithmetic.

/** One layer with its bias, and the derivative with respect to its input from the one with respect to its sums. */
interface TensorflowLayer {
  forward(values: tf.Tensor, activation: "elu" | "sigmoid"): tf.Tensor;
  gradient(gradient: tf.Tensor): tf.Tensor;
}

/** Chooses the backend. @throws {Error} when it would not run as SIMD */
export async function startTensorflow(): Promise<void> {
  setThreadsCount(1);
  const started = await tf.setBackend("wasm");
  await tf.ready();
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  if (!started || !simd) throw new Error("TensorFlow.js has no WebAssembly backend with SIMD here");
}

/** A class's decoder; `startTensorflow` comes first. */
export class TensorflowDecoder implements DecoderPeer {
  readonly name = "tfjs-backend-wasm";
  readonly #layers: TensorflowLayer[];
  readonly #beta: number;

  constructor(model: Model, classIndex: number) {
    this.#beta = model.beta;
    this.#layers = model.layers.map((layer, index) => {
      const { weight, bias } = parametersOf(model, index, classIndex);
      const found = rearrange(layer);
      if (found.kind === DENSE) return denseLayer(layer, ordered(weight, found.weight), ordered(bias, found.bias));
      return layer.kind === "transposed_convolution"
        ? transposedConvolution(layer, layer.kernel, layer.stride, weight, bias)
        : shuffledConvolution(layer, weight, bias);
    });
  }

  forward(latent: Float32Array): Float32Array {
    const image = tf.tidy(() => this.#decode(tf.tensor(latent, [1, 1, 1, latent.length])).at(-1) as tf.Tensor);
    const values = image.dataSync();
    image.dispose();
    return values;
  }

  lossAndGradient(image: Float32Array, latent: Float32Array): LatentGradient {
    const [loss, gradient] = tf.tidy(() => this.#lossAndGradient(image, latent));
    const result = { loss: loss.dataSync()[0] as number, gradient: gradient.dataSync() };
    loss.dispose();
    gradient.dispose();
    return result;
  }

  /** Every layer's input, and the image. */
  #decode(latent: tf.Tensor): tf.Tensor[] {
    const values = [latent];
    for (const [index, layer] of this.#layers.entries()) {
      const activation = index === this.#layers.length - 1 ? "sigmoid" : "elu";
      values.push(layer.forward(values[index] as tf.Tensor, activation));
    }
    return values;
  }

  #lossAndGradient(image: Float32Array, latent: Float32Array): [tf.Tensor, tf.Tensor] {
    const z = tf.tensor(latent, [1, 1, 1, latent.length]);
    const values = this.#decode(z);
    const drawn = values[this.#layers.length] as tf.Tensor;
    const difference = tf.sub(drawn, tf.tensor(image, [1, IMAGE_SIDE, IMAGE_SIDE, 1]));
    const squares = tf.add(tf.sum(tf.square(difference)), tf.mul(tf.sum(tf.square(z)), this.#beta / 2));
    let gradient = tf.mul(tf.mul(tf.mul(difference, 2 / IMAGE_PIXELS), drawn), tf.sub(1, drawn));
    for (let index = this.#layers.length - 1; index >= 0; --index) {
      gradient = (this.#layers[index] as TensorflowLayer).gradient(gradient);
      // ELU's slope where it yielded h is min(h, 0) + 1.
      if (index > 0) gradient = tf.mul(gradient, tf.add(tf.minimum(values[index] as tf.Tensor, 0), 1));
    }
    return [tf.mul(squares, 1 / IMAGE_PIXELS), tf.add(gradient, tf.mul(z, this.#beta / IMAGE_PIXELS))];
  }
}

function ordered(values: Float32Array, order: ArrayLike<number>): Float32Array {
  return Float32Array.from(order, (place) => values[place] as number);
}

/** `weight` is [input row, column, channel][output row, column, channel]. */
function denseLayer({ input, output }: DecoderLayer, weight: Float32Array, bias: Float32Array): TensorflowLayer {
  const inputs = input.height * input.width * input.channels;
  const matrix = tf.tensor(weight, [inputs, bias.length]);
  const added = tf.tensor(bias, [bias.length]);
  return {
    forward: (values, activation) => {
      const flat = tf.fused.matMul({ a: tf.reshape(values, [1, inputs]), b: matrix, bias: added, activation });
      return tf.reshape(flat, [1, output.height, output.width, output.channels]);
    },
    gradient: (gradient) => {
      const flat = tf.matMul(tf.reshape(gradient, [1, bias.length]), matrix, false, true);
      return tf.reshape(flat, [1, input.height, input.width, input.channels]);
    },
  };
}

/** `weight` is [input][output][row][column]. */
function transposedConvolution(
  { input, output }: DecoderLayer,
  kernel: number,
  stride: number,
  weight: Float32Array,
  bias: Float32Array,
): TensorflowLayer {
  const given = tf.tensor(weight, [input.channels, output.channels, kernel, kernel]);
  const filter = tf.transpose(given, [2, 3, 1, 0]);
  const added = tf.tensor(bias, [output.channels]);
  const shape = [1, output.height, output.width, output.channels];
  return {
    forward: (values, activation) => {
      const sums = tf.add(tf.conv2dTranspose(values, filter, shape, stride, "valid"), added);
      return activation === "elu" ? tf.elu(sums) : tf.sigmoid(sums);
    },
    gradient: (gradient) => tf.conv2d(gradient, filter, stride, "valid"),
  };
}

/** 3×3 with padding 1 and pixel shuffle by 2; `weight` is [4 · output][input][row][column]. */
function shuffledConvolution(
  { input, output }: DecoderLayer,
  weight: Float32Array,
  bias: Float32Array,
): TensorflowLayer {
  const { height, width } = input;
  const { channels } = output;
  // TensorFlow's shuffle has the phase outermost in the channels, PyTorch's innermost.
  const given = tf.tensor(weight, [channels, 4, input.channels, 9]);
  const filter = tf.reshape(tf.transpose(given, [3, 2, 1, 0]), [3, 3, input.channels, 4 * channels]);
  // Not by `transpose` and `reshape`: the fused kernel looks at the rank of what these were made of.
  const phasesFirst = bias.map((_, at) => bias[4 * (at % channels) + Math.floor(at / channels)] as number);
  const added = tf.tensor(phasesFirst, [4 * channels]);
  return {
    forward: (values, activation) => {
      const sums = tf.fused.conv2d({ x: values, filter, strides: 1, pad: "same", bias: added, activation });
      return tf.depthToSpace(sums, 2, "NHWC");
    },
    gradient: (gradient) => {
      const split = tf.transpose(tf.reshape(gradient, [height, 2, width, 2, channels]), [0, 2, 1, 3, 4]);
      const phases = tf.reshape(split, [1, height, width, 4 * channels]);
      return tf.conv2dTranspose(phases, filter, [1, height, width, input.channels], 1, "same");
    },
  };
}
