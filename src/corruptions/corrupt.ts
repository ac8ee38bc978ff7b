import { Random, seedOf } from "../random.ts";
import { glassBlur, motionBlur } from "./blur.ts";
import type { Corruption } from "./corruption.ts";
import { cannyEdges } from "./edges.ts";
import { rotate, scale, shear, translate } from "./geometry.ts";
import { brightness, stripe } from "./light.ts";
import { impulseNoise, shotNoise } from "./noise.ts";
import { dottedLine, zigzag } from "./strokes.ts";
import { fog, spatter } from "./weather.ts";

// Fifteen kinds of corruption after MNIST-C (Mu and Gilmer 2019, arXiv:1906.02337), at its strengths. The images are not those
// of that data set: the numbers behind them are other ones.

/** All kinds, in the order of MNIST-C. */
export const CORRUPTIONS: readonly Corruption[] = [
  shotNoise,
  impulseNoise,
  glassBlur,
  motionBlur,
  shear,
  scale,
  rotate,
  brightness,
  translate,
  stripe,
  fog,
  spatter,
  dottedLine,
  zigzag,
  cannyEdges,
];

/** The names of all kinds. */
export const CORRUPTION_NAMES: readonly string[] = CORRUPTIONS.map(({ name }) => name);

/**
 * One image under one kind of corruption, as bytes, as the images of MNIST-C are.
 *
 * @param image 784 bytes, 28 rows of 28, bright ink on dark; it is left as it is
 * @param index of the image in its data set: equal seeds, indices and kinds give equal images, whatever else is corrupted
 * @param seed a whole number from 0 below 2^32
 */
export function corrupted(corruption: Corruption, image: Uint8Array, index: number, seed: number): Uint8Array {
  const values = Float32Array.from(image, (byte) => byte / 255);
  const random = new Random(seedOf(seed, `${corruption.name} ${index}`));
  return Uint8Array.from(corruption.corrupt(values, random), (value) => Math.round(255 * value));
}
