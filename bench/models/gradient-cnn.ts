import { readFileSync } from "node:fs";
import { ConvolutionalNetwork, type StoredConvolution } from "../../src/networks/convolutional-network.ts";
import { float32Values, readSafetensors } from "../../src/weights/safetensors.ts";

/** Strides of the four convolutions; their kernels are in the weights. */
const STRIDES = [1, 2, 2, 1];

/** @param path a `.safetensors` of bench/baselines */
export function readConvolutions(path: string): StoredConvolution[] {
  const { tensors } = readSafetensors(readFileSync(path));
  return STRIDES.map((stride, index) => {
    const weights = tensors.get(`convolutions.${index}.weight`);
    const bias = tensors.get(`convolutions.${index}.bias`);
    if (weights === undefined || bias === undefined) throw new Error(`${path}: has no convolution ${index}`);
    const [outputs, inputs, kernel] = weights.shape as [number, number, number];
    return { inputs, outputs, kernel, stride, weights: float32Values(weights), bias: float32Values(bias) };
  });
}

/** A network of bench/baselines that can be attacked. */
export class GradientCnn extends ConvolutionalNetwork {
  /** @param path a `.safetensors` of bench/baselines */
  constructor(path: string) {
    super(readConvolutions(path));
  }
}
