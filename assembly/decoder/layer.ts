// One layer with weights, as the kernels see it.

import { Plane } from "./planes";

@unmanaged
export class Layer {
  /** DENSE or TRANSPOSED_CONVOLUTION of format/bundle.ts. */
  kind: u32;
  /** Without the channels that only pad. */
  inputChannels: i32;
  outputChannels: i32;
  /** Of a convolution, like stride and padding. */
  kernel: i32;
  stride: i32;
  padding: i32;
  /** How a convolution is run: a constant of convolution/convolution.ts. */
  algorithm: i32;
  /** Packed weights of class 0, for each direction, and the distance to the next class. */
  forwardWeights: usize;
  gradientWeights: usize;
  weightClassBytes: usize;
  /** Likewise: one float for each output of a dense layer; for convolutions, all channels for each phase. */
  bias: usize;
  biasClassBytes: usize;
  input: Plane;
  output: Plane;
  /** Derivatives of the loss with respect to the layer's input, and to its output before the activation. */
  inputGradient: Plane;
  outputGradient: Plane;
}

/** Address of a class's packed weights for the forward pass. */
export function forwardWeightsOf(layer: Layer, classIndex: i32): usize {
  return layer.forwardWeights + <usize>classIndex * layer.weightClassBytes;
}

/** The same for the gradient. */
export function gradientWeightsOf(layer: Layer, classIndex: i32): usize {
  return layer.gradientWeights + <usize>classIndex * layer.weightClassBytes;
}

/** Address of a class's packed bias. */
export function packedBiasOf(layer: Layer, classIndex: i32): usize {
  return layer.bias + <usize>classIndex * layer.biasClassBytes;
}
