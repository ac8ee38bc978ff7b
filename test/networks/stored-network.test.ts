import { describe, expect, it } from "vitest";
import { readConvolutions } from "../../bench/models/gradient-cnn.ts";
import { ConvolutionalNetwork, type StoredConvolution } from "../../src/networks/convolutional-network.ts";
import { readStoredNetwork, storeNetwork } from "../../src/networks/stored-network.ts";
import { Random } from "../../src/random.ts";

function randomConvolutions(random: Random): StoredConvolution[] {
  const maps = [1, 1 + random.below(9), 1 + random.below(9), 2 + random.below(9)];
  const geometry = [
    [5, 1],
    [4, 2],
    [11, 1],
  ] as const;
  return geometry.map(([kernel, stride], index) => {
    const [inputs, outputs] = [maps[index] as number, maps[index + 1] as number];
    const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
    return { inputs, outputs, kernel, stride, weights: draw(outputs * inputs * kernel ** 2), bias: draw(outputs) };
  });
}

describe("a network in 8 bits", () => {
  it("keeps its shape and biases, and every weight to half a step of its map", () => {
    const random = new Random(1);
    for (let draw = 0; draw < 200; ++draw) {
      const convolutions = randomConvolutions(random);
      const read = readStoredNetwork(storeNetwork(convolutions));
      expect(read).toHaveLength(convolutions.length);
      read.forEach((convolution, index) => {
        const { weights: wanted, ...shape } = convolutions[index] as StoredConvolution;
        const { weights, ...found } = convolution;
        expect(found).toEqual(shape);
        const size = wanted.length / shape.outputs;
        for (let map = 0; map < shape.outputs; ++map) {
          const exact = wanted.subarray(map * size, (map + 1) * size);
          const largest = exact.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
          const worst = exact.reduce(
            (most, weight, at) => Math.max(most, Math.abs(weight - (weights[map * size + at] as number))),
            0,
          );
          expect(worst).toBeLessThanOrEqual((largest / 254) * 1.001);
        }
      });
    }
  });

  it("is the same when it is stored again", () => {
    const stored = storeNetwork(randomConvolutions(new Random(2)));
    expect(storeNetwork(readStoredNetwork(stored))).toEqual(stored);
  });

  it("is refused when bytes are missing, whichever", () => {
    const stored = storeNetwork(randomConvolutions(new Random(3)).slice(0, 1));
    for (let length = 1; length < stored.length; ++length) {
      expect(() => readStoredNetwork(stored.subarray(0, length))).toThrow(
        /^network: got \d+ bytes, wanted \d+ at least$/,
      );
    }
  });

  it.each(["plain", "adversarial"])("of bench/baselines answers random images as the %s one does", (name) => {
    const convolutions = readConvolutions(`bench/baselines/${name}-cnn.safetensors`);
    const [exact, stored] = [convolutions, readStoredNetwork(storeNetwork(convolutions))].map(
      (layers) => new ConvolutionalNetwork(layers),
    ) as [ConvolutionalNetwork, ConvolutionalNetwork];
    const random = new Random(4);
    for (let draw = 0; draw < 50; ++draw) {
      const image = Float32Array.from({ length: 784 }, () => Math.max(0, random.normal() / 2));
      const [wanted, found] = [exact.logits(image), stored.logits(image)];
      const largest = Math.max(...wanted.map(Math.abs));
      found.forEach((logit, label) => {
        expect(Math.abs(logit - (wanted[label] as number))).toBeLessThan(0.05 * largest);
      });
    }
  });
});

describe("a convolutional network", () => {
  it("is refused when its layers do not fit", () => {
    const layers = randomConvolutions(new Random(5));
    expect(() => new ConvolutionalNetwork(layers.slice(1))).toThrow(/^convolution 0: got /);
    expect(() => new ConvolutionalNetwork(layers.slice(0, 2))).toThrow(/^convolutions: got an output of 11×11 pixels/);
  });
});
