import { SIDE } from "../exchange.ts";
import { normals } from "../noise.ts";

// Ways of spoiling an image that leave people in no doubt.

/** How much of each; all 0 leaves the image as it is. */
export interface Spoiling {
  /** Standard deviation of the noise. */
  noise: number;
  /** What is added to every pixel, −1 to 1. */
  brightness: number;
  /** How bright the stripes are, 0 to 1. */
  stripes: number;
  /** Side of a grey square that covers what is under it, in pixels. */
  cover: number;
  /** The left edge of that square. */
  coverAt: number;
}

export const UNSPOILT: Spoiling = { noise: 0, brightness: 0, stripes: 0, cover: 0, coverAt: 10 };
/** Rows from one stripe to the next; each is one row thick. */
const STRIPE_DISTANCE = 4;
const COVER_GREY = 0.5;
const NOISE_SEED = 7;

/** @param image 784 values in [0, 1], left as they are */
export function spoilt(image: Float32Array, { noise, brightness, stripes, cover, coverAt }: Spoiling): Float32Array {
  const normal = normals(NOISE_SEED);
  const top = Math.floor((SIDE - cover) / 2);
  return image.map((value, pixel) => {
    const [row, column] = [Math.floor(pixel / SIDE), pixel % SIDE];
    const isCovered = row >= top && row < top + cover && column >= coverAt && column < coverAt + cover;
    const striped = row % STRIPE_DISTANCE === 1 ? Math.max(value, stripes) : value;
    const seen = (isCovered ? COVER_GREY : striped) + brightness;
    // Drawn for every pixel, so that each keeps its own noise whatever else changes.
    return Math.min(1, Math.max(0, seen + noise * normal()));
  });
}
