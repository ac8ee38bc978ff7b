// From a layer's tensors in the bundle to the packed weights that its kernels read, class by class.

import { DENSE, F32 } from "../../format/bundle";
import { BundleLayer, BundleTensor, biasOf, weightsOf } from "../bundle";
import { floats, manyFloats } from "../bytes";
import { classes } from "../sizes";
import * as convolution from "./convolution/convolution";
import * as dense from "./dense";
import { forwardWeightsOf, gradientWeightsOf, Layer, packedBiasOf } from "./layer";
import { expand, storedBytes } from "./stored";

/** Values of one class's weights. */
function weightCount(layer: Layer): u64 {
  return layer.kind == DENSE ? dense.weightCount(layer) : convolution.weightCount(layer);
}

/** Values of one class's bias. */
function biasCount(layer: Layer): i32 {
  return layer.kind == DENSE ? dense.biasCount(layer) : convolution.biasCount(layer);
}

/** Scales of one class's weights, and of its bias: one for each channel, in convolutions for each channel of each phase. */
function scaleCount(layer: Layer): i32 {
  return layer.kind == DENSE ? layer.outputChannels : convolution.biasCount(layer);
}

/** Bytes of scratch that `packLayer` needs: one class's weights and bias as f32, unless the bundle holds those already. */
export function packingBytes(layer: Layer, source: BundleLayer): u64 {
  const weights = weightsOf(source).element == F32 ? 0 : manyFloats(weightCount(layer));
  return weights + (biasOf(source).element == F32 ? 0 : manyFloats(biasCount(layer)));
}

/** Packs all classes' weights and bias to where the layer has them; `scratch` has the bytes of `packingBytes`. */
export function packLayer(layer: Layer, bundle: usize, source: BundleLayer, scratch: usize): void {
  const weights = weightsOf(source);
  const bias = biasOf(source);
  const weightValues = <i32>weightCount(layer);
  const biasScratch = scratch + (weights.element == F32 ? 0 : floats(weightValues));
  for (let index = 0; index < classes; ++index) {
    const forward = forwardWeightsOf(layer, index);
    const gradient = gradientWeightsOf(layer, index);
    const expandedWeights = expandWeights(layer, bundle, weights, index, weightValues, scratch);
    const expandedBias = expandBias(layer, bundle, bias, index, biasScratch);
    if (layer.kind == DENSE) {
      dense.pack(layer, expandedWeights, forward);
      dense.packBias(layer, expandedBias, packedBiasOf(layer, index));
    } else {
      convolution.pack(layer, expandedWeights, forward, gradient);
      convolution.packBias(layer, expandedBias, packedBiasOf(layer, index));
    }
  }
}

/** Address of one class's `count` weights as f32: where they lie in the bundle, or expanded at `target`. */
function expandWeights(
  layer: Layer,
  bundle: usize,
  tensor: BundleTensor,
  classIndex: i32,
  count: i32,
  target: usize,
): usize {
  const source = bundle + tensor.offset + <usize>classIndex * storedBytes(tensor.element, count);
  if (tensor.element == F32) return source;
  const channels = scaleCount(layer);
  const scales = bundle + tensor.scalesOffset + floats(classIndex * channels);
  if (layer.kind == DENSE) expand(tensor.element, source, scales, target, count / channels, channels);
  else convolution.expandKernel(layer, tensor.element, source, scales, target);
  return target;
}

/** The same of one class's bias. */
function expandBias(layer: Layer, bundle: usize, tensor: BundleTensor, classIndex: i32, target: usize): usize {
  const count = biasCount(layer);
  const source = bundle + tensor.offset + <usize>classIndex * storedBytes(tensor.element, count);
  if (tensor.element == F32) return source;
  const channels = scaleCount(layer);
  const scales = bundle + tensor.scalesOffset + floats(classIndex * channels);
  expand(tensor.element, source, scales, target, count / channels, channels);
  return target;
}
