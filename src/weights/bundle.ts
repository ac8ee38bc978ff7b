import type { DecoderLayer } from "./decoderShape.ts";
import type { Model, ModelDescription } from "./model.ts";

// The bundle: a model as the module reads it (assembly/bundle.ts): a header, the layers, then flat tensors with
// channels innermost. Only two kinds of layer are left in it: dense, and transposed convolution with padding.

const MAGIC = 0x42534241;
const VERSION = 1;
const HEADER_WORDS = 12;
const LAYER_WORDS = 12;
const DENSE = 0;
const TRANSPOSED_CONVOLUTION = 1;

interface BundledLayer {
  kind: number;
  kernel: number;
  stride: number;
  padding: number;
  weight: Float32Array;
  bias: Float32Array;
}

/** What the wrapper reads back from a bundle's header; offsets count bytes from the bundle's start. */
export interface BundleHeader {
  classes: number;
  latents: number;
  prototypes: number;
  metadataOffset: number;
  metadataLength: number;
  prototypesOffset: number;
}

/** Reads the header of the bundle that starts where `view` does. */
export function readBundleHeader(view: DataView): BundleHeader {
  const word = (index: number): number => view.getUint32(4 * index, true);
  return {
    classes: word(2),
    latents: word(3),
    prototypes: word(5),
    metadataOffset: word(8),
    metadataLength: word(9),
    prototypesOffset: word(10),
  };
}

/** Turns a checked model into a bundle. */
export function writeBundle(model: Model): Uint8Array<ArrayBuffer> {
  const description: ModelDescription = {
    classes: model.classes,
    latents: model.latents,
    confidence: model.confidence,
  };
  const metadata = new TextEncoder().encode(JSON.stringify(description));
  const classes = model.classes.length;
  const layers = model.layers.map((layer, index) => {
    const tensors = model.weights[index] as { weight: Float32Array; bias: Float32Array };
    return bundleLayer(layer, classes, tensors.weight, tensors.bias);
  });
  const prototypes = model.prototypes?.values ?? new Float32Array(0);
  const metadataWords = Math.ceil(metadata.length / 4);
  const tensorWords = layers.reduce((sum, { weight, bias }) => sum + weight.length + bias.length, 0);
  const words = HEADER_WORDS + LAYER_WORDS * layers.length + metadataWords + tensorWords + prototypes.length;
  const bytes = new Uint8Array(words * 4);
  const view = new DataView(bytes.buffer);
  let cursor = 4 * (HEADER_WORDS + LAYER_WORDS * layers.length);
  const place = (values: Float32Array): number => {
    const offset = cursor;
    for (const value of values) {
      view.setFloat32(cursor, value, true);
      cursor += 4;
    }
    return offset;
  };
  const metadataOffset = cursor;
  bytes.set(metadata, metadataOffset);
  cursor += 4 * metadataWords;
  for (const [index, layer] of layers.entries()) {
    const { input, output } = model.layers[index] as DecoderLayer;
    const fields = [
      layer.kind,
      input.channels,
      input.height,
      input.width,
      output.channels,
      output.height,
      output.width,
      layer.kernel,
      layer.stride,
      layer.padding,
      place(layer.weight),
      place(layer.bias),
    ];
    fields.forEach((field, word) => {
      view.setUint32(4 * (HEADER_WORDS + LAYER_WORDS * index + word), field, true);
    });
  }
  const prototypesOffset = place(prototypes);
  const header = [MAGIC, VERSION, classes, model.latents, layers.length, model.prototypes?.count ?? 0];
  header.forEach((field, word) => {
    view.setUint32(4 * word, field, true);
  });
  view.setFloat32(24, model.beta, true);
  view.setFloat32(28, model.sphereRadius, true);
  [metadataOffset, metadata.length, prototypesOffset, bytes.length].forEach((field, word) => {
    view.setUint32(4 * (8 + word), field, true);
  });
  return bytes;
}

function bundleLayer(layer: DecoderLayer, classes: number, weight: Float32Array, bias: Float32Array): BundledLayer {
  switch (layer.kind) {
    case "dense":
      return denseLayer(layer, classes, weight, bias);
    case "transposed_convolution":
      // On a single pixel every output sees one tap: that is a dense layer, and far cheaper run as one.
      return layer.input.height === 1 && layer.input.width === 1
        ? singlePixelLayer(layer, layer.kernel, classes, weight, bias)
        : transposedConvolutionLayer(layer, layer.kernel, layer.stride, classes, weight, bias);
    case "pixel_shuffle_convolution":
      return pixelShuffleLayer(layer, classes, weight, bias);
  }
}

/** [class][output channel, row, column][input channel, row, column] → [class][input row, column, channel][output row, column, channel]. */
function denseLayer(
  { input, output }: DecoderLayer,
  classes: number,
  weight: Float32Array,
  bias: Float32Array,
): BundledLayer {
  const inputs = input.channels * input.height * input.width;
  const outputs = output.channels * output.height * output.width;
  const inputOrder = channelsInnermost(input);
  const outputOrder = channelsInnermost(output);
  const packed = new Float32Array(weight.length);
  const packedBias = new Float32Array(bias.length);
  let target = 0;
  for (let index = 0; index < classes; ++index) {
    for (const from of inputOrder) {
      for (const to of outputOrder) packed[target++] = weight[(index * outputs + to) * inputs + from] as number;
    }
    outputOrder.forEach((to, position) => {
      packedBias[index * outputs + position] = bias[index * outputs + to] as number;
    });
  }
  return { kind: DENSE, kernel: 0, stride: 0, padding: 0, weight: packed, bias: packedBias };
}

/** For each element in (row, column, channel) order, its place in (channel, row, column) order. */
function channelsInnermost({ channels, height, width }: { channels: number; height: number; width: number }): number[] {
  const order: number[] = [];
  for (let pixel = 0; pixel < height * width; ++pixel) {
    for (let channel = 0; channel < channels; ++channel) order.push(channel * height * width + pixel);
  }
  return order;
}

/** [class][input][output][row][column] → [class][input][row][column][output]. */
function outputsInnermost(
  { input, output }: DecoderLayer,
  kernel: number,
  classes: number,
  weight: Float32Array,
): Float32Array {
  const taps = kernel * kernel;
  const packed = new Float32Array(weight.length);
  let target = 0;
  for (let slice = 0; slice < classes * input.channels; ++slice) {
    for (let tap = 0; tap < taps; ++tap) {
      for (let channel = 0; channel < output.channels; ++channel) {
        packed[target++] = weight[(slice * output.channels + channel) * taps + tap] as number;
      }
    }
  }
  return packed;
}

function transposedConvolutionLayer(
  layer: DecoderLayer,
  kernel: number,
  stride: number,
  classes: number,
  weight: Float32Array,
  bias: Float32Array,
): BundledLayer {
  const { channels } = layer.output;
  const phases = stride * stride;
  const phaseBias = new Float32Array(classes * phases * channels);
  for (let copy = 0; copy < classes * phases; ++copy) {
    const index = Math.floor(copy / phases);
    phaseBias.set(bias.subarray(index * channels, (index + 1) * channels), copy * channels);
  }
  const packed = outputsInnermost(layer, kernel, classes, weight);
  return { kind: TRANSPOSED_CONVOLUTION, kernel, stride, padding: 0, weight: packed, bias: phaseBias };
}

function singlePixelLayer(
  layer: DecoderLayer,
  kernel: number,
  classes: number,
  weight: Float32Array,
  bias: Float32Array,
): BundledLayer {
  const { channels, height, width } = layer.output;
  const pixels = height * width;
  const everyPixel = new Float32Array(classes * pixels * channels);
  for (let index = 0; index < classes; ++index) {
    const ofClass = bias.subarray(index * channels, (index + 1) * channels);
    for (let pixel = 0; pixel < pixels; ++pixel) everyPixel.set(ofClass, (index * pixels + pixel) * channels);
  }
  const packed = outputsInnermost(layer, kernel, classes, weight);
  return { kind: DENSE, kernel: 0, stride: 0, padding: 0, weight: packed, bias: everyPixel };
}

const SHUFFLED_KERNEL = 6;
const SHUFFLED_STRIDE = 2;
const SHUFFLED_PADDING = 2;

/**
 * A 3×3 convolution with padding 1 and pixel shuffle by 2 is a transposed convolution with a 6×6 kernel, stride 2 and
 * padding 2. Output row 2y + p takes input row y + k − 1 through tap k of shuffle row p; in the transposed form it
 * takes input row i through tap 2y + p + 2 − 2i = p + 4 − 2k. Columns likewise.
 * The bias of the shuffled channels becomes one a phase.
 */
function pixelShuffleLayer(
  { input, output }: DecoderLayer,
  classes: number,
  weight: Float32Array,
  bias: Float32Array,
): BundledLayer {
  const packed = new Float32Array(classes * input.channels * SHUFFLED_KERNEL ** 2 * output.channels);
  const phaseBias = new Float32Array(bias.length);
  for (let index = 0; index < classes; ++index) {
    for (let shuffled = 0; shuffled < 4 * output.channels; ++shuffled) {
      const channel = shuffled >> 2;
      const ofClass = index * 4 * output.channels;
      phaseBias[ofClass + (shuffled & 3) * output.channels + channel] = bias[ofClass + shuffled] as number;
      const rowPhase = (shuffled >> 1) & 1;
      const columnPhase = shuffled & 1;
      for (let from = 0; from < input.channels; ++from) {
        for (let tap = 0; tap < 9; ++tap) {
          const row = rowPhase + 4 - 2 * Math.floor(tap / 3);
          const column = columnPhase + 4 - 2 * (tap % 3);
          const source = ((index * 4 * output.channels + shuffled) * input.channels + from) * 9 + tap;
          const target =
            (((index * input.channels + from) * SHUFFLED_KERNEL + row) * SHUFFLED_KERNEL + column) * output.channels +
            channel;
          packed[target] = weight[source] as number;
        }
      }
    }
  }
  return {
    kind: TRANSPOSED_CONVOLUTION,
    kernel: SHUFFLED_KERNEL,
    stride: SHUFFLED_STRIDE,
    padding: SHUFFLED_PADDING,
    weight: packed,
    bias: phaseBias,
  };
}
