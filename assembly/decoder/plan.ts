// The plan: the loaded model's layers in order, with every buffer in place. One set of activation buffers serves all
// classes, since one class is decoded at a time.

import { DENSE, F32 } from "../../format/bundle";
import { BundleHeader, BundleLayer, BundleTensor, biasOf, bundleLayer, prototypesOf, weightsOf } from "../bundle";
import { floats, vectors } from "../bytes";
import { allocate, mark, release } from "../layout";
import { classes, latents, setSizes } from "../sizes";
import { eluForward, eluGradient } from "./activation";
import * as dense from "./dense";
import { DIRECT, Layer, Margins, PAIRS, PHASES, Plane, SHUFFLED_OUTPUT, storedChannels } from "./layer";
import * as pairConvolution from "./pairConvolution";
import * as phaseConvolution from "./phaseConvolution";
import * as shuffledOutput from "./shuffledOutput";
import { expand, storedBytes } from "./stored";
import * as transposedConvolution from "./transposedConvolution";

let layers: usize = 0;
let layerCount: i32 = 0;
let latentPlane: Plane = changetype<Plane>(0);
let latentGradientPlane: Plane = changetype<Plane>(0);
let zeros: usize = 0;

function layerAt(index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * offsetof<Layer>());
}

/** f32 [latents rounded up to 8]: where `decode` reads z. */
export function latentAddress(): usize {
  return latentPlane.address;
}

/** f32 [latents rounded up to 8]: where `backward` leaves the derivative with respect to z. */
export function latentGradientAddress(): usize {
  return latentGradientPlane.address;
}

/** The last layer's output before the sigmoid: 28 rows. */
export function logits(): Plane {
  return layerAt(layerCount - 1).output;
}

/** Where `backward` expects the derivative with respect to the logits: 28 rows. */
export function logitsGradient(): Plane {
  return layerAt(layerCount - 1).outputGradient;
}

/** Lays out and packs the bundle's decoders. Returns false when memory runs out. */
export function build(bundle: usize): bool {
  const header = changetype<BundleHeader>(bundle);
  setSizes(<i32>header.classes, <i32>header.latents);
  layerCount = <i32>header.layerCount;
  phaseConvolution.reset();
  pairConvolution.reset();
  layers = allocate(<usize>layerCount * offsetof<Layer>());
  zeros = allocate(64);
  latentPlane = newInputPlane(bundle, 0, 1, 1, storedChannels(latents));
  latentGradientPlane = newPlane(1, 1, storedChannels(latents), noMargins());
  if (latentPlane == changetype<Plane>(0) || latentGradientPlane == changetype<Plane>(0)) return false;
  for (let index = 0; index < layerCount; ++index) {
    if (!buildLayer(bundle, index)) return false;
  }
  return true;
}

function buildLayer(bundle: usize, index: i32): bool {
  const source = bundleLayer(bundle, index);
  const layer = layerAt(index);
  layer.kind = source.kind;
  layer.inputChannels = <i32>source.inputChannels;
  layer.outputChannels = <i32>source.outputChannels;
  layer.kernel = <i32>source.kernel;
  layer.stride = <i32>source.stride;
  layer.padding = <i32>source.padding;
  layer.input = index == 0 ? latentPlane : layerAt(index - 1).output;
  layer.inputGradient = index == 0 ? latentGradientPlane : layerAt(index - 1).outputGradient;
  const height = <i32>source.outputHeight;
  const width = <i32>source.outputWidth;
  const isLast = index == layerCount - 1;
  const channels = isLast ? 1 : storedChannels(layer.outputChannels);
  layer.output = newInputPlane(bundle, index + 1, height, width, channels);
  const around = noMargins();
  if (layer.kind != DENSE) {
    if (phaseConvolution.applies(layer, isLast)) {
      phaseConvolution.gradientMargins(around, layer.input.height, layer.input.width);
    } else {
      around.left = layer.padding;
      around.right = transposedConvolution.gradientColumnsAfter(layer, layer.input.width, width);
    }
  }
  layer.outputGradient = newPlane(height, width, channels, around);
  if (layer.output == changetype<Plane>(0) || layer.outputGradient == changetype<Plane>(0)) return false;
  layer.algorithm = DIRECT;
  if (layer.kind == DENSE) return packDense(layer, source, bundle);
  layer.algorithm = algorithmOf(layer, isLast);
  return packConvolution(layer, source, bundle);
}

function algorithmOf(layer: Layer, isLast: bool): i32 {
  if (phaseConvolution.applies(layer, isLast)) return PHASES;
  if (pairConvolution.applies(layer, isLast)) return PAIRS;
  return shuffledOutput.applies(layer, isLast) ? SHUFFLED_OUTPUT : DIRECT;
}

function packDense(layer: Layer, source: BundleLayer, bundle: usize): bool {
  const inputs = layer.input.height * layer.input.width * layer.inputChannels;
  const row = layer.output.width * layer.output.channels;
  const outputs = layer.output.height * layer.output.width * layer.outputChannels;
  layer.forwardClassBytes = dense.weightBytes(inputs, row, layer.output.height);
  layer.biasClassBytes = floats(row * layer.output.height);
  layer.forwardWeights = allocate(<usize>classes * layer.forwardClassBytes);
  layer.bias = allocate(<usize>classes * layer.biasClassBytes);
  layer.line = allocate(floats(inputs));
  layer.partialSums = allocate(vectors(inputs));
  if (!layer.forwardWeights || !layer.bias || !layer.line || !layer.partialSums) return false;
  const scratch = mark();
  const weights = reserveExpanded(weightsOf(source), inputs * outputs);
  const bias = reserveExpanded(biasOf(source), outputs);
  if (!weights || !bias) return false;
  for (let index = 0; index < classes; ++index) {
    dense.pack(
      layer,
      expandClass(bundle, weightsOf(source), index, inputs * outputs, layer.outputChannels, weights),
      expandClass(bundle, biasOf(source), index, outputs, layer.outputChannels, bias),
      layer.forwardWeights + <usize>index * layer.forwardClassBytes,
      layer.bias + <usize>index * layer.biasClassBytes,
    );
  }
  release(scratch);
  return true;
}

function packConvolution(layer: Layer, source: BundleLayer, bundle: usize): bool {
  if (layer.algorithm == PHASES) {
    layer.forwardClassBytes = phaseConvolution.weightBytes(layer);
    layer.gradientClassBytes = layer.forwardClassBytes;
    if (!phaseConvolution.reserve(layer)) return false;
  } else if (layer.algorithm == PAIRS) {
    layer.forwardClassBytes = pairConvolution.weightBytes(layer);
    layer.gradientClassBytes = layer.forwardClassBytes;
    if (!pairConvolution.reserve(layer)) return false;
  } else {
    layer.forwardClassBytes = transposedConvolution.forwardBytes(layer, layer.input.channels, layer.output.channels);
    layer.gradientClassBytes = transposedConvolution.gradientBytes(layer, layer.input.channels, layer.output.channels);
  }
  if (layer.algorithm == SHUFFLED_OUTPUT) layer.forwardClassBytes = shuffledOutput.weightBytes(layer);
  const phases = layer.stride * layer.stride;
  layer.biasClassBytes = floats(phases * layer.output.channels);
  layer.forwardWeights = allocate(<usize>classes * layer.forwardClassBytes);
  layer.gradientWeights = allocate(<usize>classes * layer.gradientClassBytes);
  layer.bias = allocate(<usize>classes * layer.biasClassBytes);
  if (!layer.forwardWeights || !layer.gradientWeights || !layer.bias) return false;
  const count = layer.inputChannels * layer.kernel * layer.kernel * layer.outputChannels;
  const biases = phases * layer.outputChannels;
  const biasRow = floats(layer.outputChannels);
  const scratch = mark();
  const weights = reserveExpanded(weightsOf(source), count);
  const bias = reserveExpanded(biasOf(source), biases);
  if (!weights || !bias) return false;
  for (let index = 0; index < classes; ++index) {
    const kernel = expandKernel(layer, bundle, weightsOf(source), index, count, biases, weights);
    const forward = layer.forwardWeights + <usize>index * layer.forwardClassBytes;
    const gradient = layer.gradientWeights + <usize>index * layer.gradientClassBytes;
    if (layer.algorithm == PHASES) phaseConvolution.pack(layer, kernel, forward, gradient);
    else if (layer.algorithm == PAIRS) pairConvolution.pack(layer, kernel, forward, gradient);
    else {
      if (layer.algorithm == SHUFFLED_OUTPUT) shuffledOutput.pack(layer, kernel, forward);
      else transposedConvolution.packForward(layer, kernel, forward);
      transposedConvolution.packGradient(layer, kernel, gradient);
    }
    const expanded = expandClass(bundle, biasOf(source), index, biases, biases, bias);
    for (let phase = 0; phase < phases; ++phase) {
      const target = layer.bias + floats((index * phases + phase) * layer.output.channels);
      memory.copy(target, expanded + <usize>phase * biasRow, biasRow);
    }
  }
  release(scratch);
  return true;
}

/** Scratch for one class's `count` values as f32; just an address where the bundle holds f32 already. 0: no memory. */
function reserveExpanded(tensor: BundleTensor, count: i32): usize {
  return allocate(tensor.element == F32 ? 4 : floats(count));
}

/**
 * Address of one class's `count` values as f32: where they lie in the bundle, or expanded at `target`. Value i takes
 * scale i mod `scaleCount`.
 */
function expandClass(
  bundle: usize,
  tensor: BundleTensor,
  classIndex: i32,
  count: i32,
  scaleCount: i32,
  target: usize,
): usize {
  const source = bundle + tensor.offset + <usize>classIndex * storedBytes(tensor.element, count);
  if (tensor.element == F32) return source;
  const scales = bundle + tensor.scalesOffset + floats(classIndex * scaleCount);
  expand(tensor.element, source, scales, target, count / scaleCount, scaleCount);
  return target;
}

/** As `expandClass`, for a convolution's `count` weights with `scaleCount` scales by phase and channel. */
function expandKernel(
  layer: Layer,
  bundle: usize,
  tensor: BundleTensor,
  classIndex: i32,
  count: i32,
  scaleCount: i32,
  target: usize,
): usize {
  const source = bundle + tensor.offset + <usize>classIndex * storedBytes(tensor.element, count);
  if (tensor.element == F32) return source;
  const scales = bundle + tensor.scalesOffset + floats(classIndex * scaleCount);
  transposedConvolution.expandWeights(layer, tensor.element, source, scales, target);
  return target;
}

/** Expands the bundle's prototypes to f32 [classes][prototypes][latents] at `target`. */
export function expandPrototypes(bundle: usize, target: usize): void {
  const header = changetype<BundleHeader>(bundle);
  const count = <i32>(header.prototypes * header.latents);
  const tensor = prototypesOf(header);
  for (let index = 0; index < classes; ++index) {
    const source = bundle + tensor.offset + <usize>index * storedBytes(tensor.element, count);
    const scales = bundle + tensor.scalesOffset + floats(index * latents);
    expand(tensor.element, source, scales, target, <i32>header.prototypes, latents);
    target += floats(count);
  }
}

/** A plane with the margins that the layer `reader` reads around it; past the last layer, none. */
function newInputPlane(bundle: usize, reader: i32, height: i32, width: i32, channels: i32): Plane {
  const around = noMargins();
  if (reader == layerCount) return newPlane(height, width, channels, around);
  const source = bundleLayer(bundle, reader);
  if (source.kind == DENSE) return newPlane(height, width, channels, around);
  const layer = layerAt(reader);
  layer.kernel = <i32>source.kernel;
  layer.stride = <i32>source.stride;
  layer.padding = <i32>source.padding;
  if (phaseConvolution.isPixelShuffle(layer)) phaseConvolution.inputMargins(around, height, width);
  around.left = max(around.left, transposedConvolution.inputColumnsBefore(layer));
  around.right = max(around.right, transposedConvolution.inputColumnsAfter(layer, width, <i32>source.outputWidth));
  return newPlane(height, width, channels, around);
}

const margins: Margins = changetype<Margins>(memory.data(offsetof<Margins>(), 4));

function noMargins(): Margins {
  margins.above = 0;
  margins.below = 0;
  margins.left = 0;
  margins.right = 0;
  return margins;
}

/** A zeroed plane with zeroed margins; a null reference when memory runs out. */
function newPlane(height: i32, width: i32, channels: i32, around: Margins): Plane {
  const plane = changetype<Plane>(allocate(offsetof<Plane>()));
  const rowBytes = floats((around.left + width + around.right) * channels);
  const rows = allocate(<usize>(around.above + height + around.below) * rowBytes);
  if (changetype<usize>(plane) == 0 || rows == 0) return changetype<Plane>(0);
  plane.address = rows + <usize>around.above * rowBytes + floats(around.left * channels);
  plane.rowBytes = rowBytes;
  plane.height = height;
  plane.width = width;
  plane.channels = channels;
  return plane;
}

/** From the latent to the logits of one class's decoder. */
export function decode(classIndex: i32): void {
  for (let index = 0; index < layerCount; ++index) {
    forwardLayer(index, classIndex);
    if (index < layerCount - 1) eluForward(layerAt(index).output);
  }
}

/** One layer's output before the activation, from what its input holds. */
export function forwardLayer(index: i32, classIndex: i32): void {
  const layer = layerAt(index);
  if (layer.kind == DENSE) dense.forward(layer, classIndex);
  else if (layer.algorithm == PHASES) phaseConvolution.forward(layer, classIndex);
  else if (layer.algorithm == PAIRS) pairConvolution.forward(layer, classIndex);
  else if (layer.algorithm == SHUFFLED_OUTPUT) shuffledOutput.forward(layer, classIndex);
  else transposedConvolution.forward(layer, classIndex);
}

/** From the derivative with respect to the logits to the one with respect to the latent; `decode` ran just before. */
export function backward(classIndex: i32): void {
  for (let index = layerCount - 1; index >= 0; --index) {
    const layer = layerAt(index);
    if (index < layerCount - 1) eluGradient(layer.output, layer.outputGradient);
    gradientLayer(index, classIndex);
  }
}

/** Derivative with respect to one layer's input, from the one with respect to its output before the activation. */
export function gradientLayer(index: i32, classIndex: i32): void {
  const layer = layerAt(index);
  if (layer.kind == DENSE) dense.gradient(layer, classIndex);
  else if (layer.algorithm == PHASES) phaseConvolution.gradient(layer, classIndex);
  else if (layer.algorithm == PAIRS) pairConvolution.gradient(layer, classIndex);
  else transposedConvolution.gradient(layer, classIndex, zeros);
}

/** Which file runs a layer that is no dense one: a constant of layer.ts. */
export function algorithmOfLayer(index: i32): i32 {
  return layerAt(index).algorithm;
}
