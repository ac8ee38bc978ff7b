import { DENSE, TRANSPOSED_CONVOLUTION } from "../../format/bundle.ts";
import type { DecoderLayer, PlaneSize } from "./decoder-shape.ts";

// From the weights file's layouts to the bundle's (assembly/bundle.ts): channels innermost, and only two kinds of
// layer: dense, and transposed convolution with padding.

/** For each place in one class's part of a bundle's tensor, the index of its value in the file's. */
export type Order = ArrayLike<number>;

/** How a layer lies in the bundle. */
export interface Rearrangement {
  kind: number;
  kernel: number;
  stride: number;
  padding: number;
  weight: Order;
  bias: Order;
  /** Of the scales of both: a value's scale is that of its output channel and, in a convolution, its phase. */
  scales: Order;
}

export function rearrange(layer: DecoderLayer): Rearrangement {
  switch (layer.kind) {
    case "dense":
      return denseLayer(layer);
    case "transposed_convolution":
      // On a single pixel every output sees one tap: that is a dense layer, and far cheaper run as one.
      return layer.input.height === 1 && layer.input.width === 1
        ? singlePixelLayer(layer, layer.kernel)
        : transposedConvolutionLayer(layer, layer.kernel, layer.stride);
    case "pixel_shuffle_convolution":
      return pixelShuffleLayer(layer);
  }
}

const dense = { kind: DENSE, kernel: 0, stride: 0, padding: 0 };

/** [output channel, row, column][input channel, row, column] → [input row, column, channel][output row, column, channel]. */
function denseLayer({ input, output }: DecoderLayer): Rearrangement {
  const inputs = input.channels * input.height * input.width;
  const bias = channelsInnermost(output);
  const weight = channelsInnermost(input).flatMap((from) => bias.map((to) => to * inputs + from));
  return { ...dense, weight, bias, scales: counted(output.channels) };
}

/** For each element in (row, column, channel) order, its place in (channel, row, column) order. */
function channelsInnermost({ channels, height, width }: PlaneSize): number[] {
  const order: number[] = [];
  for (let pixel = 0; pixel < height * width; ++pixel) {
    for (let channel = 0; channel < channels; ++channel) order.push(channel * height * width + pixel);
  }
  return order;
}

/** [input][output][row][column] → [input][row][column][output]. */
function outputsInnermost({ input, output }: DecoderLayer, kernel: number): number[] {
  const order: number[] = [];
  for (let from = 0; from < input.channels; ++from) {
    for (let tap = 0; tap < kernel ** 2; ++tap) {
      for (let to = 0; to < output.channels; ++to) order.push((from * output.channels + to) * kernel ** 2 + tap);
    }
  }
  return order;
}

function transposedConvolutionLayer(layer: DecoderLayer, kernel: number, stride: number): Rearrangement {
  const everyPhase = repeated(layer.output.channels, stride ** 2);
  const weight = outputsInnermost(layer, kernel);
  return { kind: TRANSPOSED_CONVOLUTION, kernel, stride, padding: 0, weight, bias: everyPhase, scales: everyPhase };
}

function singlePixelLayer(layer: DecoderLayer, kernel: number): Rearrangement {
  const { channels, height, width } = layer.output;
  const weight = outputsInnermost(layer, kernel);
  return { ...dense, weight, bias: repeated(channels, height * width), scales: counted(channels) };
}

const SHUFFLED_KERNEL = 6;
const SHUFFLED_STRIDE = 2;
const SHUFFLED_PADDING = 2;

/**
 * A 3×3 convolution with padding 1 and pixel shuffle by 2 is a transposed convolution with a 6×6 kernel, stride 2 and
 * padding 2. Output row 2y + p takes input row y + k − 1 through tap k of shuffle row p; in the transposed form it
 * takes input row i through tap 2y + p + 2 − 2i = p + 4 − 2k. Columns likewise.
 * The bias of the shuffled channels becomes one a phase, and so do the scales.
 */
function pixelShuffleLayer({ input, output }: DecoderLayer): Rearrangement {
  const weight = new Uint32Array(input.channels * SHUFFLED_KERNEL ** 2 * output.channels);
  const phases = new Uint32Array(4 * output.channels);
  for (let shuffled = 0; shuffled < 4 * output.channels; ++shuffled) {
    const channel = shuffled >> 2;
    const rowPhase = (shuffled >> 1) & 1;
    const columnPhase = shuffled & 1;
    phases[(shuffled & 3) * output.channels + channel] = shuffled;
    for (let from = 0; from < input.channels; ++from) {
      for (let tap = 0; tap < 9; ++tap) {
        const row = rowPhase + 4 - 2 * Math.floor(tap / 3);
        const column = columnPhase + 4 - 2 * (tap % 3);
        const target = ((from * SHUFFLED_KERNEL + row) * SHUFFLED_KERNEL + column) * output.channels + channel;
        weight[target] = (shuffled * input.channels + from) * 9 + tap;
      }
    }
  }
  return {
    kind: TRANSPOSED_CONVOLUTION,
    kernel: SHUFFLED_KERNEL,
    stride: SHUFFLED_STRIDE,
    padding: SHUFFLED_PADDING,
    weight,
    bias: phases,
    scales: phases,
  };
}

/** 0 … count − 1. */
export function counted(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** 0 … count − 1, several times over. */
function repeated(count: number, times: number): number[] {
  return Array.from({ length: count * times }, (_, index) => index % count);
}
