import type { AttackedImage } from "../attacked-image.ts";
import type { LossesAndGradients } from "../model.ts";

// What a change of single pixels does to a margin, foretold from its gradient.

/** An image of which some pixels have been moved, and what the model says of it. */
export interface PixelState {
  readonly image: Float32Array;
  /** The pixels that differ from the original. */
  readonly moved: readonly number[];
  readonly answer: LossesAndGradients;
}

/** A pixel, the value that it should get, and how much the margin is foretold to fall by it. */
export interface PixelMove {
  readonly pixel: number;
  readonly value: number;
  readonly gain: number;
}

/** Asks the model about an image, which is kept if it is the nearest success. */
export function stateOf(target: AttackedImage, image: Float32Array): PixelState {
  const answer = target.lossAndGradient(image);
  if (lowestMargin(target, answer) < 0) target.offer(image);
  const moved: number[] = [];
  for (let pixel = 0; pixel < image.length; ++pixel) if (image[pixel] !== target.original[pixel]) moved.push(pixel);
  return { image, moved, answer };
}

/** Loss of the nearest other class less that of the true class: below 0 the image is misclassified. */
export function lowestMargin(target: AttackedImage, { losses }: LossesAndGradients): number {
  return marginTo(target, losses, target.nearestRival(losses));
}

/** Loss of one class less that of the true class. */
export function marginTo(target: AttackedImage, losses: ArrayLike<number>, rival: number): number {
  return (losses[rival] as number) - (losses[target.label] as number);
}

/** The gradient of the margin to a class. */
export function marginGradient(target: AttackedImage, { gradients }: LossesAndGradients, rival: number): Float32Array {
  const toRival = gradients[rival] as ArrayLike<number>;
  const toLabel = gradients[target.label] as ArrayLike<number>;
  return Float32Array.from(toRival, (slope, pixel) => slope - (toLabel[pixel] as number));
}

/** Every pixel's move to 0 or 1, whichever lowers the margin more; those first that lower it most. */
export function movesByGain(image: Float32Array, gradient: Float32Array): PixelMove[] {
  const moves: PixelMove[] = [];
  for (let pixel = 0; pixel < image.length; ++pixel) {
    const slope = gradient[pixel] as number;
    const value = slope > 0 ? 0 : 1;
    const gain = slope * ((image[pixel] as number) - value);
    if (gain > 0) moves.push({ pixel, value, gain });
  }
  return moves.sort((one, other) => other.gain - one.gain || one.pixel - other.pixel);
}

/** How much the margin would rise if a pixel went back to its original value. */
export function worthOf(target: AttackedImage, image: Float32Array, gradient: Float32Array, pixel: number): number {
  return (gradient[pixel] as number) * ((target.original[pixel] as number) - (image[pixel] as number));
}
