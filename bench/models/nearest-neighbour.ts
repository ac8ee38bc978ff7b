import { IMAGE_PIXELS } from "../../format/image.ts";

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

/**
 * The nearest-neighbour classifier in L2, exact but for rounding: the label of the training image that lies nearest. Of the
 * training images only the inked pixels are kept, a fifth of all, since ‖x − t‖² = ‖x‖² − 2 x·t + ‖t‖².
 */
export class NearestNeighbour {
  readonly #labels: Uint8Array;
  /** Where each image's inked pixels begin in `#places` and `#inks`, and the end of the last. */
  readonly #starts: Uint32Array;
  readonly #places: Uint16Array;
  readonly #inks: Uint8Array;
  readonly #squares: Float64Array;

  /**
   * @param images n×784 bytes
   * @param labels n of them, one at least; they are kept, not copied
   * @throws {RangeError} when the lengths do not fit
   */
  constructor(images: Uint8Array, labels: Uint8Array) {
    if (labels.length === 0 || images.length !== labels.length * IMAGE_PIXELS) {
      throw new RangeError(`got ${images.length} bytes of images for ${labels.length} labels, wanted 784 for each`);
    }
    this.#labels = labels;
    this.#starts = new Uint32Array(labels.length + 1);
    this.#squares = new Float64Array(labels.length);
    const inked = images.reduce((count, byte) => (byte === 0 ? count : count + 1), 0);
    this.#places = new Uint16Array(inked);
    this.#inks = new Uint8Array(inked);
    let at = 0;
    for (let index = 0; index < labels.length; ++index) {
      for (let pixel = 0; pixel < IMAGE_PIXELS; ++pixel) {
        const ink = images[index * IMAGE_PIXELS + pixel] as number;
        if (ink === 0) continue;
        this.#places[at] = pixel;
        this.#inks[at] = ink;
        this.#squares[index] = (this.#squares[index] as number) + ink * ink;
        ++at;
      }
      this.#starts[index + 1] = at;
    }
  }

  /**
   * @param image 784 values in [0, 1]
   * @param label only training images of this class are looked at, of all classes if left out
   * @throws {RangeError} for an image of another length, or a class without images
   */
  classify(image: Float32Array, label?: number): Neighbour {
    if (image.length !== IMAGE_PIXELS) throw new RangeError(`image has ${image.length} values, 784 are wanted`);
    const [labels, starts, places, inks, squares] = [
      this.#labels,
      this.#starts,
      this.#places,
      this.#inks,
      this.#squares,
    ];
    const wanted = Float64Array.from(image, (value) => WHITE * value);
    const square = wanted.reduce((sum, value) => sum + value * value, 0);
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < labels.length; ++index) {
      if (label !== undefined && labels[index] !== label) continue;
      const end = starts[index + 1] as number;
      let product = 0;
      for (let at = starts[index] as number; at < end; ++at) {
        product += (wanted[places[at] as number] as number) * (inks[at] as number);
      }
      const distance = square - 2 * product + (squares[index] as number);
      if (distance < least) {
        least = distance;
        nearest = index;
      }
    }
    if (nearest < 0) throw new RangeError(`there is no training image of class ${label}`);
    return { label: labels[nearest] as number, distance: Math.sqrt(Math.max(0, least)) / WHITE, index: nearest };
  }
}
