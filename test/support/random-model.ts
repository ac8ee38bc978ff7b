import { decoderShape } from "../../src/weights/decoderShape.ts";
import type { Model, StoredTensor } from "../../src/weights/model.ts";
import type { RaceTables } from "../../src/weights/race.ts";

/** Seeded uniform numbers in [0, 1) (mulberry32). */
export function uniformNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An image with soft structure: 784 values in [0, 1]. */
export function randomImage(seed: number): Float32Array {
  const next = uniformNumbers(seed);
  return Float32Array.from({ length: 784 }, () => Math.max(0, next() * 1.6 - 0.6));
}

/** A model of the given layers with seeded weights, scaled so that activations stay of the order of 1. */
export function randomModel(
  layers: readonly Record<string, unknown>[],
  { latents = 8, classes = 3, seed = 1, prototypes = 0, element = "F32" as StoredTensor["element"] } = {},
): Model {
  const shape = decoderShape(layers, latents);
  const next = uniformNumbers(seed);
  const fill = (length: number, scale: number, channels: number): StoredTensor =>
    randomTensor(next, element, length, scale, classes * channels);
  const weights = shape.map((layer) => {
    const { input, output } = layer;
    const outputs = output.channels * output.height * output.width;
    const inputs = input.channels * input.height * input.width;
    switch (layer.kind) {
      case "dense":
        return {
          weight: fill(classes * outputs * inputs, 2 / Math.sqrt(inputs), output.channels),
          bias: fill(classes * outputs, 0.5, output.channels),
        };
      case "transposed_convolution": {
        const length = classes * input.channels * output.channels * layer.kernel ** 2;
        // Each output sees about (kernel / stride)² taps, at least one.
        const fan = input.channels * Math.max(1, layer.kernel / layer.stride) ** 2;
        return {
          weight: fill(length, 2 / Math.sqrt(fan), output.channels),
          bias: fill(classes * output.channels, 0.5, output.channels),
        };
      }
      default: {
        const length = classes * 4 * output.channels * input.channels * 9;
        return {
          weight: fill(length, 2 / Math.sqrt(9 * input.channels), 4 * output.channels),
          bias: fill(classes * 4 * output.channels, 0.5, 4 * output.channels),
        };
      }
    }
  });
  return {
    classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
    latents,
    layers: shape,
    weights,
    beta: 1,
    sphereRadius: 5,
    confidence: { paper: { scale: 440, floor: 4e-5, rejectBelow: 0.5 }, calibrated: undefined },
    prototypes:
      prototypes === 0 ? undefined : { count: prototypes, latents: fill(classes * prototypes * latents, 1.5, latents) },
  };
}

/** The largest finite 32-bit float. */
const LARGEST = 2 ** 128 - 2 ** 104;

/**
 * The model with some weights so large that sums of them overflow, although every one is finite: each class's part of a
 * tensor, with the probability `share`, times a power of ten from 1 to 10^38. Tables of the race are tensors too.
 */
export function overflowingModel(model: Model, seed: number, share: number): Model {
  const next = uniformNumbers(seed);
  const enlarged = (tensor: StoredTensor, groups = model.classes.length): StoredTensor => {
    if (tensor.element !== "F32") throw new Error(`overflowingModel: got ${tensor.element}, wanted F32`);
    const factors = Array.from({ length: groups }, () => (next() < share ? 10 ** Math.floor(39 * next()) : 1));
    const part = tensor.values.length / groups;
    const values = tensor.values.map((value, index) => {
      const product = value * (factors[Math.floor(index / part)] as number);
      return Math.max(-LARGEST, Math.min(LARGEST, product));
    });
    return { element: "F32", values };
  };
  const { weights, prototypes, race } = model;
  return {
    ...model,
    weights: weights.map(({ weight, bias }) => ({ weight: enlarged(weight), bias: enlarged(bias) })),
    prototypes: prototypes && { ...prototypes, latents: enlarged(prototypes.latents) },
    ...(race && {
      race: {
        ...race,
        tensors: race.tensors.map((table) => ({ ...table, tensor: enlarged(table.tensor, table.groups) })),
      },
    }),
  };
}

/** Tables for a race of this model, which fit together but foretell nothing. */
export function randomRaceTables(
  { classes, latents }: { classes: readonly string[]; latents: number },
  { coefficients = 12, surrogateHidden = 8, proposalHidden = 20, candidates = 3, seed = 2 } = {},
  element: StoredTensor["element"] = "F32",
): RaceTables {
  const next = uniformNumbers(seed);
  const count = classes.length;
  const table = (groups: number, inputs: number, channels: number, scale: number) => ({
    tensor: randomTensor(next, element, groups * inputs * channels, scale, groups * channels),
    groups,
    channels,
  });
  const layer = (groups: number, inputs: number, outputs: number) => [
    table(groups, inputs, outputs, 1.5 / Math.sqrt(inputs)),
    table(groups, 1, outputs, 0.3),
  ];
  return {
    coefficients,
    surrogateHidden,
    proposalHidden,
    candidates,
    tensors: [
      table(1, 784, coefficients, 0.06),
      table(1, 1, 784, 0.3),
      ...layer(1, coefficients, proposalHidden),
      ...layer(1, proposalHidden, count * candidates * latents),
      ...layer(count, latents, surrogateHidden),
      ...layer(count, surrogateHidden, surrogateHidden),
      ...layer(count, surrogateHidden, coefficients + 1),
      identityMetrics(count, latents),
    ],
  };
}

/** 100 · I for every class. */
function identityMetrics(classes: number, latents: number): RaceTables["tensors"][number] {
  const values = new Float32Array(classes * latents ** 2);
  for (let row = 0; row < classes * latents; ++row) values[row * latents + (row % latents)] = 100;
  return { tensor: { element: "F32", values }, groups: classes, channels: latents };
}

/** Seeded values up to about `scale` in any form; whole numbers come with `scales` different scales. */
function randomTensor(
  next: () => number,
  element: StoredTensor["element"],
  length: number,
  scale: number,
  scales: number,
): StoredTensor {
  const signed = (): number => 2 * next() - 1;
  switch (element) {
    case "F32":
      return { element, values: Float32Array.from({ length }, () => signed() * scale) };
    case "F16": {
      // Exponents of 1 to 14 and any fraction: below 1 in magnitude. Doubling adds one to the exponent.
      const doublings = Math.max(-1, Math.floor(Math.log2(scale)));
      const bits = (): number => ((8 + Math.floor(7 * next()) + doublings) << 10) | Math.floor(1024 * next());
      return { element, values: Uint16Array.from({ length }, () => bits() | (next() < 0.5 ? 0x8000 : 0)) };
    }
    case "I8":
      return {
        element,
        values: Int8Array.from({ length }, () => Math.round(127 * signed())),
        scales: Float32Array.from({ length: scales }, () => (scale * (0.5 + next())) / 127),
      };
  }
}

const ELU = { kind: "elu" };
const SIGMOID = { kind: "sigmoid" };

/** The layer lists that the project uses, by name, and some chosen for their tails. */
export const shapes: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  "the paper's": [
    { kind: "transposed_convolution", channels: 32, kernel: 4, stride: 1 },
    ELU,
    { kind: "transposed_convolution", channels: 16, kernel: 5, stride: 2 },
    ELU,
    { kind: "transposed_convolution", channels: 16, kernel: 5, stride: 2 },
    ELU,
    { kind: "transposed_convolution", channels: 1, kernel: 4, stride: 1 },
    SIGMOID,
  ],
  "pixel shuffle": [
    { kind: "dense", channels: 16, height: 7, width: 7 },
    ELU,
    { kind: "pixel_shuffle_convolution", channels: 8, kernel: 3, upscale: 2 },
    ELU,
    { kind: "pixel_shuffle_convolution", channels: 1, kernel: 3, upscale: 2 },
    SIGMOID,
  ],
  "fully connected": [
    { kind: "dense", channels: 64, height: 1, width: 1 },
    ELU,
    { kind: "dense", channels: 37, height: 1, width: 1 },
    ELU,
    { kind: "dense", channels: 1, height: 28, width: 28 },
    SIGMOID,
  ],
  "odd channels and a dense layer after pixels": [
    { kind: "dense", channels: 5, height: 3, width: 2 },
    ELU,
    { kind: "dense", channels: 11, height: 7, width: 7 },
    ELU,
    { kind: "transposed_convolution", channels: 13, kernel: 3, stride: 2 },
    ELU,
    { kind: "transposed_convolution", channels: 1, kernel: 14, stride: 1 },
    SIGMOID,
  ],
  "stride above kernel, narrow planes": [
    { kind: "pixel_shuffle_convolution", channels: 7, kernel: 3, upscale: 2 },
    ELU,
    { kind: "transposed_convolution", channels: 3, kernel: 2, stride: 3 },
    ELU,
    { kind: "transposed_convolution", channels: 9, kernel: 4, stride: 5 },
    ELU,
    { kind: "transposed_convolution", channels: 1, kernel: 5, stride: 1 },
    SIGMOID,
  ],
};
