import { IMAGE_SIDE } from "../../format/image.ts";
import {
  CHANNELS_AT_ONCE,
  LARGEST_KERNEL,
  LARGEST_SIDE,
  LARGEST_STRIDE,
  MOST_CHANNELS,
  MOST_LAYERS,
  MOST_MULTIPLY_ADDS,
} from "../../format/limits.ts";
import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";

// The decoder's layers as the weights file names them, checked, with the size of what flows between them.

export interface PlaneSize {
  channels: number;
  height: number;
  width: number;
}

interface WeightedLayer {
  /** Place in the file's list of layers; its tensors are `layers.<index>.weight` and `.bias`. */
  index: number;
  input: PlaneSize;
  output: PlaneSize;
}

export interface DenseLayer extends WeightedLayer {
  kind: "dense";
}

export interface TransposedConvolutionLayer extends WeightedLayer {
  kind: "transposed_convolution";
  kernel: number;
  stride: number;
}

export interface PixelShuffleConvolutionLayer extends WeightedLayer {
  kind: "pixel_shuffle_convolution";
}

export type DecoderLayer = DenseLayer | TransposedConvolutionLayer | PixelShuffleConvolutionLayer;

/** Of a 3×3 convolution with four times the channels, for its pixel shuffle. */
const SHUFFLED_TAPS = 36;
const KINDS = "dense, transposed_convolution, pixel_shuffle_convolution, elu, sigmoid";

/**
 * Checks a parsed list of layers and works out every layer's input and output.
 *
 * @param latents number of latents, the channels of the first layer's 1×1 input
 * @throws {WeightsError} naming the layer that is unknown, malformed or out of place, or saying what the decoder takes and
 *   what it may
 */
export function decoderShape(layers: unknown, latents: number): DecoderLayer[] {
  if (!Array.isArray(layers)) throw new WeightsError(`weights file: "layers" is not a list`);
  // Each is followed by an activation.
  if (layers.length > 2 * MOST_LAYERS) {
    throw new WeightsError(
      `weights file: got ${layers.length} layers, wanted at most ${2 * MOST_LAYERS}, half of them activations`,
    );
  }
  const shape: DecoderLayer[] = [];
  let size: PlaneSize = { channels: latents, height: 1, width: 1 };
  let wanted: "weights" | "activation" | "nothing" = "weights";
  for (const [index, value] of layers.entries()) {
    const description = describe(value, index);
    const kind = description["kind"];
    if (kind === "elu" || kind === "sigmoid") {
      const last = index === layers.length - 1;
      if (wanted !== "activation" || last !== (kind === "sigmoid")) {
        throw new WeightsError(
          `weights file: layer ${index} is "${kind}"; wanted one elu behind each layer with weights, and a sigmoid behind the last`,
        );
      }
      wanted = last ? "nothing" : "weights";
      continue;
    }
    if (wanted !== "weights") throw new WeightsError(`weights file: layer ${index} follows no activation`);
    const layer = weightedLayer(description, index, size);
    shape.push(layer);
    size = layer.output;
    wanted = "activation";
  }
  if (wanted !== "nothing") throw new WeightsError("weights file: the list of layers does not end in a sigmoid");
  if (size.channels !== 1 || size.height !== IMAGE_SIDE || size.width !== IMAGE_SIDE) {
    throw new WeightsError(
      `weights file: the layers yield ${size.channels}×${size.height}×${size.width}, wanted 1×${IMAGE_SIDE}×${IMAGE_SIDE}`,
    );
  }
  const work = multiplyAdds(shape);
  if (work > MOST_MULTIPLY_ADDS) {
    throw new WeightsError(
      `weights file: decoding takes ${work} multiply-adds per class, wanted at most ${MOST_MULTIPLY_ADDS}`,
    );
  }
  return shape;
}

/**
 * Multiply-adds of decoding one latent, as the module's time goes: it computes 8 channels at once, so that a layer's, in and
 * out, count as the next multiple of 8.
 */
export function multiplyAdds(layers: readonly DecoderLayer[]): number {
  return layers.reduce((sum, layer) => sum + layerMultiplyAdds(layer), 0);
}

function layerMultiplyAdds(layer: DecoderLayer): number {
  const { input, output } = layer;
  const perPixel = wholeBlocks(input.channels) * wholeBlocks(output.channels);
  const pixels = input.height * input.width;
  switch (layer.kind) {
    case "dense":
      return pixels * output.height * output.width * perPixel;
    case "transposed_convolution":
      return pixels * layer.kernel ** 2 * perPixel;
    case "pixel_shuffle_convolution":
      return pixels * SHUFFLED_TAPS * perPixel;
  }
}

function wholeBlocks(channels: number): number {
  return CHANNELS_AT_ONCE * Math.ceil(channels / CHANNELS_AT_ONCE);
}

function describe(value: unknown, index: number): Record<string, unknown> {
  if (typeof value !== "object" || value === null || typeof (value as Record<string, unknown>)["kind"] !== "string") {
    throw new WeightsError(`weights file: layer ${index} has no kind; known kinds are ${KINDS}`);
  }
  return value as Record<string, unknown>;
}

function weightedLayer(description: Record<string, unknown>, index: number, input: PlaneSize): DecoderLayer {
  const kind = description["kind"];
  const count = (name: string, most: number): number => {
    const value = description[name];
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > most) {
      throw new WeightsError(
        `weights file: layer ${index} (${kind}) has ${name} ${shown(value)}, wanted a whole number from 1 to ${most}`,
      );
    }
    return value;
  };
  switch (kind) {
    case "dense": {
      const output = {
        channels: count("channels", MOST_CHANNELS),
        height: count("height", LARGEST_SIDE),
        width: count("width", LARGEST_SIDE),
      };
      return { kind, index, input, output };
    }
    case "transposed_convolution": {
      const kernel = count("kernel", LARGEST_KERNEL);
      const stride = count("stride", LARGEST_STRIDE);
      const side = (extent: number): number => stride * (extent - 1) + kernel;
      const output = {
        channels: count("channels", MOST_CHANNELS),
        height: side(input.height),
        width: side(input.width),
      };
      checkSide(output, index, kind);
      return { kind, index, kernel, stride, input, output };
    }
    case "pixel_shuffle_convolution": {
      if (description["kernel"] !== 3 || description["upscale"] !== 2) {
        throw new WeightsError(
          `weights file: layer ${index} (${kind}) has kernel ${shown(description["kernel"])} and upscale ${shown(description["upscale"])}, wanted 3 and 2`,
        );
      }
      const output = {
        channels: count("channels", MOST_CHANNELS),
        height: 2 * input.height,
        width: 2 * input.width,
      };
      checkSide(output, index, kind);
      return { kind, index, input, output };
    }
    default:
      throw new WeightsError(
        `weights file: layer ${index} is of the unknown kind ${shown(kind)}; known kinds are ${KINDS}`,
      );
  }
}

function checkSide(output: PlaneSize, index: number, kind: string): void {
  if (output.height > LARGEST_SIDE || output.width > LARGEST_SIDE) {
    throw new WeightsError(
      `weights file: layer ${index} (${kind}) yields ${output.height}×${output.width}, wanted at most ${LARGEST_SIDE}×${LARGEST_SIDE}`,
    );
  }
}
