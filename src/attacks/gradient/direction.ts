import type { AttackedImage, Margin } from "../attacked-image.ts";
import type { LossesAndGradients } from "../model.ts";
import { clip, moved } from "../pixels.ts";
import type { BallNorm } from "../projection.ts";

// Which way an image goes, and whether it has come far enough. Nothing here depends on the scale of the losses.

/** The length of a vector in a norm. */
export function lengthOf(values: Float32Array, norm: BallNorm): number {
  let sum = 0;
  for (const value of values) {
    if (norm === "linf") sum = Math.max(sum, Math.abs(value));
    else sum += norm === "l2" ? value * value : Math.abs(value);
  }
  return norm === "l2" ? Math.sqrt(sum) : sum;
}

/** The inner product of a gradient and the way from one image to another. */
export function change(gradient: Float32Array, from: Float32Array, to: Float32Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < gradient.length; ++pixel) {
    sum += (gradient[pixel] as number) * ((to[pixel] as number) - (from[pixel] as number));
  }
  return sum;
}

/** Down the gradient, but for pixels that are at the end of their range already. */
export function downhill(image: Float32Array, gradient: Float32Array): Float32Array {
  return gradient.map((slope, pixel) => {
    const value = image[pixel] as number;
    return (slope > 0 && value <= 0) || (slope < 0 && value >= 1) ? 0 : -slope;
  });
}

/** A direction with length 1: in L∞ that of the signs, otherwise itself by its length in L2. All 0 stays so. */
export function unit(direction: Float32Array, norm: BallNorm): Float32Array {
  if (norm === "linf") return direction.map((value) => Math.sign(value));
  const length = lengthOf(direction, "l2");
  return length > 0 ? direction.map((value) => value / length) : direction;
}

/** The signs of the components that are largest, so many of them, with length 1 in L1. */
export function steepest(direction: Float32Array, pixels: number): Float32Array {
  const sizes = direction.map(Math.abs).sort();
  const least = sizes[Math.max(0, sizes.length - pixels)] as number;
  const signs = direction.map((value) => (Math.abs(value) >= least ? Math.sign(value) : 0));
  const count = signs.reduce((sum, sign) => sum + Math.abs(sign), 0);
  return signs.map((sign) => sign / Math.max(1, count));
}

/** Falls from 1 to 0 over a run of steps, half a cosine. */
export function cosineDecay(step: number, steps: number): number {
  return (1 + Math.cos((Math.PI * step) / steps)) / 2;
}

/**
 * Whether an image with this margin is a success. The model decides again only where the image would be the nearest, so that
 * steps beyond the boundary cost nothing more. It decides ties too: losses of 32 bits meet at 0 where steps are small.
 */
export function succeeds(target: AttackedImage, image: Float32Array, { value }: Margin): boolean {
  return value <= 0 && (target.distanceOf(image) >= target.bestDistance || target.isAdversarial(image));
}

/** An image at random within a distance from another, pixel by pixel, clipped to the box. */
export function randomlyMoved(
  target: AttackedImage,
  image: Float32Array,
  radius: number,
  norm: BallNorm,
): Float32Array {
  const { random } = target;
  if (norm === "linf") return image.map((value) => clip(value + radius * (2 * random.uniform() - 1)));
  const noise = image.map(() => random.normal());
  return moved(image, noise, (radius * random.uniform()) / lengthOf(noise, norm));
}

/**
 * How much an image's margin has to fall, for attacks that measure by it: the margin, or what it would be at a hundredth of a
 * pixel's range from the boundary where the losses say that the image is there or beyond, while the decision is otherwise.
 */
export function fallNeeded({ value, gradient }: Margin): number {
  return value > 0 ? value : Math.max(-value, 0.01 * lengthOf(gradient, "l2"));
}

/** The margin to the class whose boundary is nearest by the linear estimate, where it is as the losses say. */
export function nearestBoundary(
  target: AttackedImage,
  image: Float32Array,
  answer: LossesAndGradients,
  norm: BallNorm,
): Margin {
  const { losses } = answer;
  const rivals = target.rivals(losses);
  const own = losses[target.label] as number;
  // Beyond the boundary it is the one that was crossed.
  if ((losses[rivals[0] as number] as number) < own) rivals.length = 1;
  let nearest: Margin | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const rival of rivals) {
    const margin = target.marginIn(answer, rival);
    const distance = margin.value / lengthOf(downhill(image, margin.gradient), dual(norm));
    if (nearest !== undefined && !(distance < least)) continue;
    nearest = margin;
    least = distance;
  }
  return nearest as Margin;
}

/** The norm that measures the slope of what is measured in this one. */
function dual(norm: BallNorm): BallNorm {
  return norm === "linf" ? "l1" : norm === "l1" ? "linf" : "l2";
}
