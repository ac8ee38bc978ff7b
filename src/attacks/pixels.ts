// Images as vectors: what all attacks do to them. None of these writes to what it is given.

/** A pixel's value, brought into [0, 1]. */
export function clip(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** `image + step·direction`, clipped to the box. */
export function moved(image: Float32Array, direction: ArrayLike<number>, step: number): Float32Array {
  return image.map((value, pixel) => clip(value + step * (direction[pixel] as number)));
}

/** A mixture of two images: the first at share 0, the second at 1. */
export function blended(from: Float32Array, to: ArrayLike<number>, share: number): Float32Array {
  return from.map((value, pixel) => value + share * ((to[pixel] as number) - value));
}

/** The pixels in which two images differ, in their order. */
export function changedPixels(original: Float32Array, image: Float32Array): number[] {
  return Array.from(image, (_, pixel) => pixel).filter((pixel) => image[pixel] !== original[pixel]);
}

/** Whether every value lies in [0, 1]; `NaN` does not. */
export function isInBox(image: Float32Array): boolean {
  return image.every((value) => value >= 0 && value <= 1);
}
