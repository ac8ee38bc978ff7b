import { IMAGE_PIXELS } from "../../format/image.ts";

/** Pixels between two looks at whether an image is out of the race already. */
const STRIDE = 56;
const WHITE = 255;

/** The training image that lies nearest. */
export interface Neighbour {
  /** Its label. */
  label: number;
  /** Its distance in L2, pixels in [0, 1]. */
  distance: number;
  /** Its place among the training images; of equally near ones the first. */
  index: number;
}

/** The nearest-neighbour classifier in L2, exact: the label of the training image that lies nearest. */
export class NearestNeighbour {
  readonly #images: Uint8Array;
  readonly #labels: Uint8Array;

  /**
   * @param images n×784 bytes; they are kept, not copied
   * @param labels n of them, one at least
   * @throws {RangeError} when the lengths do not fit
   */
  constructor(images: Uint8Array, labels: Uint8Array) {
    if (labels.length === 0 || images.length !== labels.length * IMAGE_PIXELS) {
      throw new RangeError(`got ${images.length} bytes of images for ${labels.length} labels, wanted 784 for each`);
    }
    this.#images = images;
    this.#labels = labels;
  }

  /** @param image 784 values in [0, 1] */
  classify(image: Float32Array): Neighbour {
    if (image.length !== IMAGE_PIXELS) throw new RangeError(`image has ${image.length} values, 784 are wanted`);
    const images = this.#images;
    const wanted = Float64Array.from(image, (value) => WHITE * value);
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#labels.length; ++index) {
      const start = index * IMAGE_PIXELS;
      let sum = 0;
      // Most images are too far away after a few rows.
      for (let from = 0; from < IMAGE_PIXELS && sum < least; from += STRIDE) {
        for (let pixel = from; pixel < from + STRIDE; ++pixel) {
          const difference = (wanted[pixel] as number) - (images[start + pixel] as number);
          sum += difference * difference;
        }
      }
      if (sum < least) {
        least = sum;
        nearest = index;
      }
    }
    return { label: this.#labels[nearest] as number, distance: Math.sqrt(least) / WHITE, index: nearest };
  }
}
