import type { AttackedImage } from "../attacked-image.ts";
import type { LossesAndGradients } from "../model.ts";
import { changedPixels } from "../pixels.ts";

// What a change of single pixels does to a margin, foretold from its gradient.

/** An image of which some pixels have been moved, and what the model says of it. */
export interface PixelState {
  readonly image: Float32Array;
  /** The pixels that differ from the original. */
  readonly moved: readonly number[];
  readonly answer: LossesAndGradients;
  /** Whether the label has turned, and where the image is the nearest, by the decision that counts. */
  readonly isTurned: boolean;
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
  const isBeyond = target.marginValue(answer) <= 0;
  const isTurned = isBeyond && (target.distanceOf(image) >= target.bestDistance || target.isAdversarial(image));
  return { image, moved: changedPixels(target.original, image), answer, isTurned };
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
