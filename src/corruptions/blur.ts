import { IMAGE_SIDE } from "../../format/image.ts";
import { type Corruption, clipped } from "./corruption.ts";
import { smoothed } from "./smoothing.ts";

/** Of the gaussian before and after the pixels trade places, in pixels. */
const GLASS_DEVIATION = 0.7;
const GLASS_PASSES = 2;
/** How far a moving pen leaves a trail, in pixels, and the deviation of the half gaussian by which it fades. */
const TRAIL = 20;
const TRAIL_DEVIATION = 3;
/** The trail runs within this of the rows' direction, in radians. */
const STEEPEST_TRAIL = Math.PI / 4;

/**
 * As seen through structured glass: a gaussian blur of deviation .7, then two passes in which every second pixel, at random,
 * trades places with itself or its neighbour above, on the left, or both, then the blur again.
 */
export const glassBlur: Corruption = {
  name: "glass-blur",
  corrupt: (image, random) => {
    const blurred = smoothed(image, GLASS_DEVIATION, "nearest");
    for (let pass = 0; pass < GLASS_PASSES; ++pass) {
      for (let row = IMAGE_SIDE - 1; row > 1; --row) {
        for (let column = IMAGE_SIDE - 1; column > 1; --column) {
          if (random.uniform() < 0.5) continue;
          const pixel = row * IMAGE_SIDE + column;
          const other = pixel - random.below(2) - IMAGE_SIDE * random.below(2);
          const kept = blurred[pixel] as number;
          blurred[pixel] = blurred[other] as number;
          blurred[other] = kept;
        }
      }
    }
    return smoothed(blurred, GLASS_DEVIATION, "nearest").map(clipped);
  },
};

/**
 * A trail to one side: every pixel is the mean of those up to 20 further along a direction within 45° of the rows', weighted
 * by half a gaussian of deviation 3. The stroke's weight moves by more than two pixels.
 */
export const motionBlur: Corruption = {
  name: "motion-blur",
  corrupt: (image, random) => {
    const angle = (2 * random.uniform() - 1) * STEEPEST_TRAIL;
    const weights = Array.from({ length: TRAIL + 1 }, (_, at) => Math.exp(-(at ** 2) / (2 * TRAIL_DEVIATION ** 2)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const steps = weights.map((weight, at) => ({
      weight: weight / total,
      across: Math.ceil(at * Math.cos(angle) - 0.5),
      down: Math.ceil(at * Math.sin(angle) - 0.5),
    }));
    return image.map((_, pixel) => {
      const row = Math.floor(pixel / IMAGE_SIDE);
      const column = pixel % IMAGE_SIDE;
      let sum = 0;
      for (const { weight, across, down } of steps) {
        const x = within(column + across);
        const y = within(row + down);
        sum += weight * (image[y * IMAGE_SIDE + x] as number);
      }
      return clipped(sum);
    });
  },
};

/** The nearest row or column that there is. */
function within(place: number): number {
  return Math.min(IMAGE_SIDE - 1, Math.max(0, place));
}
