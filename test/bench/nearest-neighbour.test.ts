import { describe, expect, it } from "vitest";
import { NearestNeighbour } from "../../bench/models/nearest-neighbour.ts";
import { Random } from "../../src/random.ts";

describe("the nearest neighbour", () => {
  it("is the one that comparing all distances finds", () => {
    const random = new Random(3);
    const images = Uint8Array.from({ length: 40 * 784 }, () => random.below(256));
    const labels = Uint8Array.from({ length: 40 }, () => random.below(10));
    const model = new NearestNeighbour(images, labels);
    for (let trial = 0; trial < 10; ++trial) {
      const image = Float32Array.from({ length: 784 }, () => random.uniform());
      const distances = Array.from(labels, (_, index) =>
        Math.hypot(...image.map((value, pixel) => value - (images[index * 784 + pixel] as number) / 255)),
      );
      const { label, distance, index } = model.classify(image);
      expect(index).toBe(distances.indexOf(Math.min(...distances)));
      expect(label).toBe(labels[index]);
      expect(distance).toBeCloseTo(Math.min(...distances), 5);
    }
  });

  it("is the first of equals, and the image itself where that was trained on", () => {
    const images = new Uint8Array(3 * 784).fill(9);
    images.fill(200, 0, 784);
    const model = new NearestNeighbour(images, Uint8Array.of(4, 5, 6));
    expect(model.classify(new Float32Array(784).fill(9 / 255))).toEqual({
      label: 5,
      distance: expect.closeTo(0, 5),
      index: 1,
    });
  });

  it("looks at one class alone where it is told to", () => {
    const images = Uint8Array.from({ length: 3 * 784 }, (_, index) => 100 * Math.floor(index / 784));
    const model = new NearestNeighbour(images, Uint8Array.of(4, 5, 4));
    const image = new Float32Array(784).fill(110 / 255);
    expect(model.classify(image)).toMatchObject({ label: 5, index: 1 });
    expect(model.classify(image, 4)).toMatchObject({ label: 4, index: 2 });
    expect(() => model.classify(image, 7)).toThrow("class 7");
  });

  it("refuses images and labels that do not fit", () => {
    expect(() => new NearestNeighbour(new Uint8Array(784), new Uint8Array(2))).toThrow(RangeError);
    expect(() => new NearestNeighbour(new Uint8Array(0), new Uint8Array(0))).toThrow(RangeError);
    const model = new NearestNeighbour(new Uint8Array(784), new Uint8Array(1));
    expect(() => model.classify(new Float32Array(783))).toThrow("783 values");
  });
});
