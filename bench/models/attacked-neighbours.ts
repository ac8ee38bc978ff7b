import { IMAGE_PIXELS } from "../../format/image.ts";
import type { AttackedModel, LossesAndGradients, Redrawings } from "../../src/attacks/model.ts";
import { NearestNeighbour } from "./nearest-neighbour.ts";

const CLASSES = 10;

/**
 * The nearest neighbour as attacks see it: the loss of a class is the squared distance to the nearest of its training images, per
 * pixel, and that image is how the class redraws what it sees.
 */
export class AttackedNeighbours implements AttackedModel {
  readonly #images: Uint8Array;
  readonly #neighbours: NearestNeighbour;

  /**
   * @param images n×784 bytes
   * @param labels n of them, from 0 to 9
   */
  constructor(images: Uint8Array, labels: Uint8Array) {
    this.#images = images;
    this.#neighbours = new NearestNeighbour(images, labels);
  }

  classify(image: Float32Array): { label: number } {
    return this.#neighbours.classify(image);
  }

  lossAndGradient(image: Float32Array): LossesAndGradients {
    const { losses, classes } = this.explain(image);
    const gradients = Array.from({ length: CLASSES }, (_, label) => {
      const nearest = classes[label]?.reconstruction ?? image;
      return image.map((value, pixel) => (2 * (value - (nearest[pixel] as number))) / IMAGE_PIXELS);
    });
    return { losses, gradients };
  }

  explain(image: Float32Array): Redrawings {
    const found = this.#neighbours.nearestOfEach(image, CLASSES);
    return {
      losses: found.map(({ distance }) => distance ** 2 / IMAGE_PIXELS),
      classes: found.map(({ index }) => ({
        reconstruction: Float32Array.from(
          this.#images.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS),
          (byte) => byte / 255,
        ),
      })),
    };
  }
}
