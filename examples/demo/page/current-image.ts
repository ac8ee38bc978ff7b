/** The image that is on the sheet, as the models see it, for all who show or change it. */
export class CurrentImage {
  #image: Float32Array | undefined;
  readonly #listeners: ((image: Float32Array | undefined) => void)[] = [];

  /** 784 values in [0, 1]; undefined while the sheet is empty. */
  get image(): Float32Array | undefined {
    return this.#image;
  }

  set(image: Float32Array | undefined): void {
    this.#image = image;
    for (const listener of this.#listeners) listener(image);
  }

  onChange(listener: (image: Float32Array | undefined) => void): void {
    this.#listeners.push(listener);
  }
}
