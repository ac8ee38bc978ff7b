import { describe, expect, it } from "vitest";
import {
  decoderMultiplyAdds,
  nominalMultiplyAdds,
  pairProducts,
  paperMultiplyAdds,
  proposalMultiplyAdds,
  raceMultiplyAdds,
  surrogateMultiplyAdds,
  winogradProducts,
} from "../../bench/measure/arithmetic.ts";
import { type DecoderLayer, decoderShape } from "../../src/weights/decoder-shape.ts";
import { shapes } from "../support/random-model.ts";

const layersOf = (name: string): DecoderLayer[] => decoderShape(shapes[name], 8);

describe("multiply-adds of a decoder", () => {
  it("are counted by the layers' definitions", () => {
    // Outputs × inputs; then input pixels × 3×3 taps × channels in × shuffled channels out.
    expect(layersOf("pixel shuffle").map(nominalMultiplyAdds)).toEqual([
      8 * 16 * 49,
      49 * 9 * 16 * 4 * 8,
      196 * 9 * 8 * 4 * 1,
    ]);
    // Every input pixel meets every tap of a transposed convolution.
    expect(layersOf("the paper's").map(nominalMultiplyAdds)).toEqual([
      1 * 8 * 16 * 32,
      16 * 32 * 25 * 16,
      121 * 16 * 25 * 16,
      625 * 16 * 16 * 1,
    ]);
    expect(decoderMultiplyAdds(layersOf("the paper's"))).toBe(1_143_296);
  });

  it("are fewer by Winograd's algorithm, with whole tiles", () => {
    const layer = layersOf("pixel shuffle")[1] as DecoderLayer;
    // 2×2 tiles of 4×4 cover 7×7; 36 products each, channel by channel.
    expect(winogradProducts(layer)).toBe(4 * 36 * 16 * 32);
    expect(winogradProducts(layer)).toBeLessThan(nominalMultiplyAdds(layer));
  });

  it("are fewer for pairs of inputs, half of whose last row is not worked out", () => {
    const [, second, third] = layersOf("the paper's") as [DecoderLayer, DecoderLayer, DecoderLayer];
    expect(pairProducts(second)).toBe(4 * 49 * 32 * 16);
    expect(pairProducts(third)).toBe((36 * 49 - 6 * 14) * 16 * 16);
  });
});

describe("multiply-adds of a search", () => {
  const race = { coefficients: 64, surrogateHidden: 32, proposalHidden: 100, candidates: 2 };
  const model = { layers: layersOf("the paper's"), latents: 8, classes: ["a", "b", "c"], race };

  it("count the race's proposals once, and gradients as much as values", () => {
    const proposals = 784 * 64 + 64 * 100 + 100 * 3 * 2 * 8;
    const surrogate = 8 * 32 + 32 * 32 + 32 * 65;
    expect(proposalMultiplyAdds(race, 8, 3)).toBe(proposals);
    expect(surrogateMultiplyAdds(race, 8)).toBe(surrogate);
    const spent = raceMultiplyAdds(model, { evaluations: 7, gradients: 4 }, { evaluations: 5, gradients: 3 });
    expect(spent).toBe(proposals + 11 * surrogate + 8 * 1_143_296);
  });

  it("count the scan over the samples, and updates twice", () => {
    // Of 20 decodings 4 per class came with a gradient.
    expect(paperMultiplyAdds(model, 100, 4, 20)).toBe(3 * 100 * 784 + (20 + 12) * 1_143_296);
  });

  it("refuse a race without tables", () => {
    const { layers, latents, classes } = model;
    const none = { evaluations: 0, gradients: 0 };
    expect(() => raceMultiplyAdds({ layers, latents, classes }, none, none)).toThrow("no tables");
  });
});
