// The plan: the loaded model's layers in order, with every buffer in place. One set of planes and one workspace serve all
// classes and layers, since one class is decoded at a time, layer by layer.

import { DENSE } from "../../format/bundle";
import { BundleHeader, bundleLayer, prototypesOf } from "../bundle";
import { floats } from "../bytes";
import { allocate, exhausted, mark, release } from "../layout";
import { classes, latents, setSizes } from "../sizes";
import { eluForward, eluGradient } from "./activation";
import * as convolution from "./convolution/convolution";
import * as dense from "./dense";
import { Layer } from "./layer";
import { packingBytes, packLayer } from "./packing";
import { noMargins, Plane, reservePlane, shapePlane, storedChannels } from "./planes";
import { expand, storedBytes } from "./stored";

let layers: usize = 0;
let layerCount: i32 = 0;
/** Planes of values and of derivatives: that of the latent, then every layer's output. */
let valuePlanes: usize = 0;
let gradientPlanes: usize = 0;
/** What a layer needs while it runs; nothing in it outlives the call. */
let workspace: usize = 0;

function layerAt(index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * offsetof<Layer>());
}

function valuesAt(index: i32): Plane {
  return changetype<Plane>(valuePlanes + <usize>index * offsetof<Plane>());
}

function gradientsAt(index: i32): Plane {
  return changetype<Plane>(gradientPlanes + <usize>index * offsetof<Plane>());
}

/** f32 [latents rounded up to 8]: where `decode` reads z. */
export function latentAddress(): usize {
  return valuesAt(0).address;
}

/** f32 [latents rounded up to 8]: where `backward` leaves the derivative with respect to z. */
export function latentGradientAddress(): usize {
  return gradientsAt(0).address;
}

/** The last layer's output before the sigmoid: 28 rows of 28 floats. */
export function logits(): Plane {
  return valuesAt(layerCount);
}

/** Where `backward` expects the derivative with respect to the logits: 28 rows of 28 floats. */
export function logitsGradient(): Plane {
  return gradientsAt(layerCount);
}

/** Lays out and packs the bundle's decoders. Returns false when memory runs out; then nothing is packed. */
export function build(bundle: usize): bool {
  const header = changetype<BundleHeader>(bundle);
  setSizes(<i32>header.classes, <i32>header.latents);
  layerCount = <i32>header.layerCount;
  layers = allocate(<u64>layerCount * offsetof<Layer>());
  valuePlanes = allocate(<u64>(layerCount + 1) * offsetof<Plane>());
  gradientPlanes = allocate(<u64>(layerCount + 1) * offsetof<Plane>());
  if (exhausted) return false;
  shape(valuesAt(0), gradientsAt(0), 1, 1, storedChannels(latents));
  for (let index = 0; index < layerCount; ++index) describe(bundle, index);
  reservePlanes();
  reserveWeights();
  const packed = mark();
  const scratch = allocate(mostPackingBytes(bundle));
  if (exhausted) return false;
  for (let index = 0; index < layerCount; ++index) {
    packLayer(layerAt(index), bundle, bundleLayer(bundle, index), scratch);
  }
  release(packed);
  return true;
}

function shape(values: Plane, gradients: Plane, height: i32, width: i32, channels: i32): void {
  shapePlane(values, height, width, channels);
  shapePlane(gradients, height, width, channels);
}

/** What a layer is, where its planes are described, and how it will be run. */
function describe(bundle: usize, index: i32): void {
  const source = bundleLayer(bundle, index);
  const layer = layerAt(index);
  layer.kind = source.kind;
  layer.inputChannels = <i32>source.inputChannels;
  layer.outputChannels = <i32>source.outputChannels;
  layer.kernel = <i32>source.kernel;
  layer.stride = <i32>source.stride;
  layer.padding = <i32>source.padding;
  layer.input = valuesAt(index);
  layer.inputGradient = gradientsAt(index);
  layer.output = valuesAt(index + 1);
  layer.outputGradient = gradientsAt(index + 1);
  const channels = index == layerCount - 1 ? 1 : storedChannels(layer.outputChannels);
  shape(layer.output, layer.outputGradient, <i32>source.outputHeight, <i32>source.outputWidth, channels);
  if (layer.kind != DENSE) convolution.choose(layer);
}

/** Every plane has the margins that the one layer which reads it reads around it. */
function reservePlanes(): void {
  reservePlane(gradientsAt(0), noMargins());
  for (let index = 0; index < layerCount; ++index) {
    const layer = layerAt(index);
    const around = noMargins();
    if (layer.kind != DENSE) convolution.inputMargins(layer, around);
    reservePlane(layer.input, around);
    const gradientAround = noMargins();
    if (layer.kind != DENSE) convolution.gradientMargins(layer, gradientAround);
    reservePlane(layer.outputGradient, gradientAround);
  }
  reservePlane(valuesAt(layerCount), noMargins());
}

/** Room for every layer's packed weights, and the workspace. */
function reserveWeights(): void {
  let workspaceBytes: u64 = 0;
  for (let index = 0; index < layerCount; ++index) {
    const layer = layerAt(index);
    const isDense = layer.kind == DENSE;
    const weightBytes = isDense ? dense.weightBytes(layer) : convolution.weightBytes(layer);
    const biasBytes = isDense ? dense.biasBytes(layer) : convolution.biasBytes(layer);
    layer.weightClassBytes = <usize>weightBytes;
    layer.biasClassBytes = <usize>biasBytes;
    layer.forwardWeights = allocate(<u64>classes * weightBytes);
    // Dense layers read the same weights in both directions.
    layer.gradientWeights = isDense ? layer.forwardWeights : allocate(<u64>classes * weightBytes);
    layer.bias = allocate(<u64>classes * biasBytes);
    workspaceBytes = max(workspaceBytes, isDense ? dense.workspaceBytes(layer) : convolution.workspaceBytes(layer));
  }
  workspace = allocate(workspaceBytes);
}

function mostPackingBytes(bundle: usize): u64 {
  let most: u64 = 0;
  for (let index = 0; index < layerCount; ++index) {
    most = max(most, packingBytes(layerAt(index), bundleLayer(bundle, index)));
  }
  return most;
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
  if (layer.kind == DENSE) dense.forward(layer, classIndex, workspace);
  else convolution.forward(layer, classIndex, workspace);
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
  if (layer.kind == DENSE) dense.gradient(layer, classIndex, workspace);
  else convolution.gradient(layer, classIndex, workspace);
}

/** How a convolution is run: a constant of convolution/convolution.ts. */
export function algorithmOfLayer(index: i32): i32 {
  return layerAt(index).algorithm;
}
