import { IMAGE_PIXELS } from "../../format/image.ts";
import type { DecoderLayer } from "../../src/weights/decoder-shape.ts";
import type { RaceTables } from "../../src/weights/race.ts";

// Multiply-adds, counted by these rules:
//
// - A layer's are those of its definition: every output times every tap times every input channel, taps on padding included.
//   The derivative with respect to its input takes as many, so a decoder with its gradient takes twice those of decoding.
// - Winograd's F(4×4, 3×3) multiplies 36 points of a tile of 16 outputs instead of 16 · 9, pairs of inputs 49 points of a
//   square of 4 inputs instead of 4 · 25; transforms are not counted.
// - A race: the proposals' two layers and the projection onto the basis once; a surrogate for every loss foretold and again
//   for every gradient of one; a decoder for every true evaluation and again for every gradient.
// - The paper's search: 784 for every sample of every class, though these are products of 16-bit numbers; a decoder for
//   every sample looked at closely and for the last loss; twice a decoder for every update.
// - Activations, losses and the few numbers that BFGS and Adam step are not counted, nor is the confidence.

const WINOGRAD_TILE = 4;
const WINOGRAD_POINTS = 36;
const SHUFFLED = 4;

/** Multiply-adds of a layer by its definition, in either direction. */
export function nominalMultiplyAdds(layer: DecoderLayer): number {
  const { input, output } = layer;
  const pixels = input.height * input.width;
  switch (layer.kind) {
    case "dense":
      return pixels * input.channels * output.height * output.width * output.channels;
    case "transposed_convolution":
      return pixels * input.channels * layer.kernel ** 2 * output.channels;
    case "pixel_shuffle_convolution":
      return pixels * input.channels * 9 * SHUFFLED * output.channels;
  }
}

/** Products that Winograd's F(4×4, 3×3) makes for a 3×3 convolution with pixel shuffle, in either direction. */
export function winogradProducts({ input, output }: DecoderLayer): number {
  const tiles = Math.ceil(input.height / WINOGRAD_TILE) * Math.ceil(input.width / WINOGRAD_TILE);
  return tiles * WINOGRAD_POINTS * input.channels * SHUFFLED * output.channels;
}

/** Products that pairs of inputs make for a 5×5 transposed convolution of stride 2, in either direction. */
export function pairProducts({ input, output }: DecoderLayer): number {
  const rows = Math.ceil(input.height / 2);
  const columns = Math.ceil(input.width / 2);
  // With a row left over, the last squares need no product for the points of their lower row: 14 of 49.
  const left = input.height % 2 === 0 ? 0 : 14 * columns;
  return (49 * rows * columns - left) * input.channels * output.channels;
}

/** One decoding. */
export function decoderMultiplyAdds(layers: readonly DecoderLayer[]): number {
  return layers.reduce((sum, layer) => sum + nominalMultiplyAdds(layer), 0);
}

type TableSizes = Pick<RaceTables, "coefficients" | "surrogateHidden" | "proposalHidden" | "candidates">;

/** The projection of an image and the proposals for all classes. */
export function proposalMultiplyAdds(tables: TableSizes, latents: number, classes: number): number {
  const { coefficients, proposalHidden, candidates } = tables;
  return IMAGE_PIXELS * coefficients + proposalHidden * (coefficients + classes * candidates * latents);
}

/** One surrogate, forward. */
export function surrogateMultiplyAdds({ coefficients, surrogateHidden }: TableSizes, latents: number): number {
  return surrogateHidden * (latents + surrogateHidden + coefficients + 1);
}

/** What a search spent. */
export interface Spent {
  evaluations: number;
  gradients: number;
}

/** A race, by what it spent on surrogates and on decoders. */
export function raceMultiplyAdds(model: CountedModel, surrogates: Spent, decoders: Spent): number {
  const { layers, race, latents, classes } = model;
  if (race === undefined) throw new Error("these weights bring no tables for a race");
  return (
    proposalMultiplyAdds(race, latents, classes.length) +
    (surrogates.evaluations + surrogates.gradients) * surrogateMultiplyAdds(race, latents) +
    (decoders.evaluations + decoders.gradients) * decoderMultiplyAdds(layers)
  );
}

/** The paper's search; of `evaluations` decodings, `updates` per class came with a gradient. */
export function paperMultiplyAdds(
  { layers, classes }: CountedModel,
  samples: number,
  updates: number,
  evaluations: number,
): number {
  const withGradient = classes.length * updates;
  return classes.length * samples * IMAGE_PIXELS + (evaluations + withGradient) * decoderMultiplyAdds(layers);
}

/** What the counts depend on. */
export interface CountedModel {
  layers: readonly DecoderLayer[];
  latents: number;
  classes: readonly string[];
  race?: TableSizes;
}
