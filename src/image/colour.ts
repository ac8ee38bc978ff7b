import type { PixelData } from "./pixel-image.ts";

/** What brightness means for RGB: `offset + red * r + green * g + blue * b`, which runs from 0 to 1. */
export interface ColourAxis {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly offset: number;
}

/** Rec. 601 luma, the brightness of gamma-coded RGB. */
export const LUMA: ColourAxis = { red: 0.299, green: 0.587, blue: 0.114, offset: 0 };
/** Luma shows too little if its variance along its own direction is below this share of the largest along any. */
const LEAST_LUMA_SHARE = 0.1;
/** Pixels looked at: a grid of about so many shows a picture's colours. */
const SAMPLES = 40_000;
/** Multiplications that turn any start into the main axis: 2^6 applications of the covariance. */
const SQUARINGS = 6;

/**
 * The axis along which a picture's colours differ most, if luma is not near enough to it: ink and paper of like
 * brightness differ in hue alone. Its bright end is the brighter or, where luma is blind, the redder. Inverting the
 * picture leaves the axis as it is.
 *
 * @param data pixels with 3 or 4 channels; where there is a fourth, pixels count by it
 * @param scale brings values into [0, 1]
 */
export function colourAxis(data: PixelData, length: number, channels: number, scale: number): ColourAxis {
  // Odd, lest an even width be met in few columns only.
  const stride = channels * (Math.floor(length / channels / SAMPLES) | 1);
  let total = 0;
  const sums = [0, 0, 0];
  const products = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < length; at += stride) {
    const weight = channels === 4 ? scale * (data[at + 3] as number) : 1;
    total += weight;
    for (let row = 0; row < 3; ++row) {
      const value = scale * (data[at + row] as number);
      sums[row] = (sums[row] as number) + weight * value;
      for (let column = 0; column < 3; ++column) {
        const place = 3 * row + column;
        products[place] = (products[place] as number) + weight * value * scale * (data[at + column] as number);
      }
    }
  }
  if (!(total > 0)) return LUMA;
  const covariance = products.map((product, place) => {
    const [row, column] = [Math.floor(place / 3), place % 3];
    return product / total - ((sums[row] as number) / total) * ((sums[column] as number) / total);
  });
  const luma = [LUMA.red, LUMA.green, LUMA.blue];
  const main = mainAxis(covariance);
  if (main === undefined || along(covariance, luma) >= LEAST_LUMA_SHARE * along(covariance, main)) return LUMA;
  const upwards = main.reduce((sum, share, channel) => sum + share * (luma[channel] as number), 0);
  const sign = Math.abs(upwards) > 0.1 ? Math.sign(upwards) : Math.sign((main[0] as number) || 1);
  const span = sign * main.reduce((sum, share) => sum + Math.abs(share), 0);
  const [red, green, blue] = main.map((share) => share / span) as [number, number, number];
  return { red, green, blue, offset: -[red, green, blue].reduce((sum, share) => sum + Math.min(0, share), 0) };
}

/** The variance along a direction of any length. */
function along(covariance: readonly number[], direction: readonly number[]): number {
  let sum = 0;
  covariance.forEach((value, place) => {
    sum += value * (direction[Math.floor(place / 3)] as number) * (direction[place % 3] as number);
  });
  return sum / direction.reduce((square, share) => square + share * share, 0);
}

/** The direction of the largest variance: the longest column of a high power of the covariance. */
function mainAxis(covariance: readonly number[]): number[] | undefined {
  let power = covariance;
  for (let squaring = 0; squaring < SQUARINGS; ++squaring) {
    const trace = (power[0] as number) + (power[4] as number) + (power[8] as number);
    // One colour all over, but for roundings.
    if (!(trace > 1e-9)) return undefined;
    const unit = power.map((value) => value / trace);
    power = unit.map((_, place) => {
      const [row, column] = [Math.floor(place / 3), place % 3];
      return [0, 1, 2].reduce((sum, k) => sum + (unit[3 * row + k] as number) * (unit[3 * k + column] as number), 0);
    });
  }
  const longest = [0, 1, 2].reduce((best, row) =>
    (power[4 * row] as number) > (power[4 * best] as number) ? row : best,
  );
  return power.slice(3 * longest, 3 * longest + 3);
}
