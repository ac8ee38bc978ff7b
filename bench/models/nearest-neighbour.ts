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
    let nearest: Neighbour | undefined;
    for (const found of this.#nearestOfClasses(image, label)) {
      const isNearer = nearest === undefined || found.distance < nearest.distance;
      if (isNearer || (found.distance === nearest?.distance && found.index < nearest.index)) nearest = found;
    }
    if (nearest === undefined) throw new RangeError(`there is no training image of class ${label}`);
    return nearest;
  }

  /**
   * The nearest training image of each class.
   *
   * @param image 784 values in [0, 1]
   * @param classes how many there are
   * @throws {RangeError} for an image of another length, or a class without images
   */
  nearestOfEach(image: Float32Array, classes: number): Neighbour[] {
    const found = new Map(this.#nearestOfClasses(image).map((neighbour) => [neighbour.label, neighbour]));
    return Array.from({ length: classes }, (_, label) => {
      const neighbour = found.get(label);
      if (neighbour === undefined) throw new RangeError(`there is no training image of class ${label}`);
      return neighbour;
    });
  }

  /** One per class that has images, or of one class alone. */
  #nearestOfClasses(image: Float32Array, only?: number): Neighbour[] {
    if (image.length !== IMAGE_PIXELS) throw new RangeError(`image has ${image.length} values, 784 are wanted`);
    const labels = this.#labels;
    const starts = this.#starts;
    const places = this.#places;
    const inks = this.#inks;
    const wanted = Float64Array.from(image, (value) => WHITE * value);
    const square = wanted.reduce((sum, value) => sum + value * value, 0);
    const least = new Float64Array(WHITE + 1).fill(Number.POSITIVE_INFINITY);
    const nearest = new Int32Array(WHITE + 1).fill(-1);
    for (let index = 0; index < labels.length; ++index) {
      const label = labels[index] as number;
      if (only !== undefined && label !== only) continue;
      const end = starts[index + 1] as number;
      let product = 0;
      for (let at = starts[index] as number; at < end; ++at) {
        product += (wanted[places[at] as number] as number) * (inks[at] as number);
      }
      const distance = square - 2 * product + (this.#squares[index] as number);
      if (distance < (least[label] as number)) {
        least[label] = distance;
        nearest[label] = index;
      }
    }
    return Array.from(nearest, (index, label) => ({ label, distance: least[label] as number, index }))
      .filter(({ index }) => index >= 0)
      .map(({ label, distance, index }) => ({ label, distance: Math.sqrt(Math.max(0, distance)) / WHITE, index }));
  }
}
