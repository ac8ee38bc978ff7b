import { IMAGE_SIDE } from "../../format/image.ts";
import type { Random } from "../random.ts";
import { type Corruption, clipped } from "./corruption.ts";
import { smoothed } from "./smoothing.ts";

/** Of the fog, where white ink is 1. */
const FOG_STRENGTH = 3;
/** Side of the map from whose corner the fog is cut, a power of two. */
const FOG_SIDE = 256;
/** How much rougher the fog is at twice the distance. */
const FOG_ROUGHNESS = 1.4 ** 2;

/** Of the drops: mean, deviation and blur of the noise in which they are the places above the threshold. */
const DROPS = { mean: 0.65, deviation: 0.3, blur: 1, threshold: 0.65 };
/** Blur of the drops' outlines, and how much of a drop must lie around a pixel for it to be wet. */
const OUTLINE = { blur: 1.5, least: 0.8 };
const MUD = 63 / 255;

/**
 * Fog three times as bright as the ink at its thickest, unevenly thick (a fractal by midpoint displacement), and all of it
 * dimmed to a quarter, so that nothing is brighter than the ink was.
 */
export const fog: Corruption = {
  name: "fog",
  corrupt: (image, random) => {
    const brightest = image.reduce((most, value) => Math.max(most, value), 0);
    const thickness = fractal(random);
    const dimmed = brightest / (brightest + FOG_STRENGTH);
    return image.map((value, pixel) => {
      const place = Math.floor(pixel / IMAGE_SIDE) * FOG_SIDE + (pixel % IMAGE_SIDE);
      return clipped((value + FOG_STRENGTH * (thickness[place] as number)) * dimmed);
    });
  },
};

/** Splashes of grey mud, which cover the ink and are seen on the ground. */
export const spatter: Corruption = {
  name: "spatter",
  corrupt: (image, random) => {
    const { mean, deviation, blur, threshold } = DROPS;
    const noise = image.map(() => mean + deviation * random.normal());
    const drops = smoothed(noise, blur, "nearest").map((value) => (value > threshold ? 1 : 0));
    const wet = smoothed(drops, OUTLINE.blur, "nearest").map((value) => (value < OUTLINE.least ? 0 : value));
    return image.map((value, pixel) => {
      const share = wet[pixel] as number;
      return clipped(value * (1 - share) + MUD * share);
    });
  },
};

/**
 * A map of heights from 0 to 1 whose opposite edges meet, by midpoint displacement (the diamond-square algorithm of Fournier,
 * Fussell and Carpenter 1982): at every halving of the distance, middles of squares and then of edges become the mean of the
 * four points around them and a random displacement, which shrinks with the distance.
 */
function fractal(random: Random): Float64Array {
  const side = FOG_SIDE;
  const heights = new Float64Array(side * side);
  // Sides are powers of two, so a mask leads across an edge to the other side.
  const height = (x: number, y: number): number => heights[(y & (side - 1)) * side + (x & (side - 1))] as number;
  let displacement = 1;
  const displace = (x: number, y: number, sum: number): void => {
    heights[y * side + x] = sum / 4 + displacement * (2 * random.uniform() - 1);
  };
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2;
    for (let y = half; y < side; y += step) {
      for (let x = half; x < side; x += step) {
        const upper = height(x - half, y - half) + height(x + half, y - half);
        displace(x, y, upper + height(x - half, y + half) + height(x + half, y + half));
      }
    }
    // Of the edges' middles every second row starts with one, the others half a step later.
    for (let y = 0; y < side; y += half) {
      for (let x = y % step === 0 ? half : 0; x < side; x += step) {
        displace(x, y, height(x - half, y) + height(x + half, y) + height(x, y - half) + height(x, y + half));
      }
    }
    displacement /= FOG_ROUGHNESS;
  }
  const least = heights.reduce((low, found) => Math.min(low, found), Number.POSITIVE_INFINITY);
  const most = heights.reduce((high, found) => Math.max(high, found), Number.NEGATIVE_INFINITY);
  return heights.map((found) => (found - least) / (most - least));
}
