import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";
import { uniformNumbers } from "../../test/support/random-model.ts";

// Images on which searches are compared: spoilt copies of digits, and images close to a decision boundary. Each set is
// drawn from its own seed.

/** Draws a spoilt copy of an image. */
type Spoil = (image: Float32Array, next: () => number) => Float32Array;

const SPOILS: Record<string, Spoil> = {
  "noise σ .3": (image, next) => image.map((value) => bounded(value + 0.3 * normal(next))),
  "shift ±3, 8 % struck": (image, next) => struck(shifted(image, 3, next), 0.08, next),
  fog: fogged,
  "rotation ±30°": (image, next) => rotated(image, (Math.PI / 6) * (2 * next() - 1)),
};

/** The names of the spoilt sets. */
export const SPOILT_SETS: readonly string[] = Object.keys(SPOILS);

/** A copy of every image, spoilt as the name of the set says. @throws {RangeError} for other names */
export function spoilt(name: string, images: readonly Float32Array[], seed = 1): Float32Array[] {
  const spoil = SPOILS[name];
  if (spoil === undefined) throw new RangeError(`there is no set "${name}"; there are ${SPOILT_SETS.join(", ")}`);
  const next = uniformNumbers(seed);
  return images.map((image) => spoil(image, next));
}

const bounded = (value: number): number => Math.min(1, Math.max(0, value));

/** A standard normal deviate. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Shifts by a whole number of pixels up to `reach` along each axis; black comes in. */
function shifted(image: Float32Array, reach: number, next: () => number): Float32Array {
  const [down, right] = [0, 0].map(() => Math.floor((2 * reach + 1) * next()) - reach) as [number, number];
  return image.map((_, pixel) => inkAt(image, Math.floor(pixel / IMAGE_SIDE) - down, (pixel % IMAGE_SIDE) - right));
}

/** Makes a share of the pixels black or white. */
function struck(image: Float32Array, share: number, next: () => number): Float32Array {
  return image.map((value) => (next() < share ? Math.round(next()) : value));
}

/** The value at a whole row and column; black outside. */
function inkAt(image: Float32Array, row: number, column: number): number {
  return row >= 0 && row < IMAGE_SIDE && column >= 0 && column < IMAGE_SIDE
    ? (image[IMAGE_SIDE * row + column] as number)
    : 0;
}

/** Turns by `angle` (radians) around the centre, with bilinear interpolation; black comes in. */
export function rotated(image: Float32Array, angle: number): Float32Array {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const centre = (IMAGE_SIDE - 1) / 2;
  return image.map((_, pixel) => {
    const [down, right] = [Math.floor(pixel / IMAGE_SIDE) - centre, (pixel % IMAGE_SIDE) - centre];
    const [y, x] = [centre + cosine * down + sine * right, centre + cosine * right - sine * down];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const upper = mixed(inkAt(image, top, left), inkAt(image, top, left + 1), x - left);
    const lower = mixed(inkAt(image, top + 1, left), inkAt(image, top + 1, left + 1), x - left);
    return bounded(mixed(upper, lower, y - top));
  });
}

const mixed = (first: number, second: number, share: number): number => first + share * (second - first);

/** How much fog is laid over the ink, at least and at most; image and fog together are scaled back to [0, 1]. */
const FOG_DENSITIES: readonly [number, number] = [0.3, 1];

/** Lays patchy fog over the image, as MNIST-C (Mu and Gilmer 2019) does, but thinner. */
function fogged(image: Float32Array, next: () => number): Float32Array {
  const density = mixed(...FOG_DENSITIES, next());
  const fog = cloud(next);
  return image.map((value, pixel) => (value + density * (fog[pixel] as number)) / (1 + density));
}

/** Smooth noise of four scales, each half as strong as the coarser one before it, stretched to the whole of [0, 1]. */
function cloud(next: () => number): Float32Array {
  const sum = new Float32Array(IMAGE_PIXELS);
  for (let cells = 2, strength = 1; cells <= 16; cells *= 2, strength /= 2) {
    const corners = Float32Array.from({ length: (cells + 1) ** 2 }, next);
    for (let pixel = 0; pixel < IMAGE_PIXELS; ++pixel) {
      const [y, x] = [
        (cells * Math.floor(pixel / IMAGE_SIDE)) / IMAGE_SIDE,
        (cells * (pixel % IMAGE_SIDE)) / IMAGE_SIDE,
      ];
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const at = (row: number, column: number): number => corners[(cells + 1) * row + column] as number;
      const upper = mixed(at(top, left), at(top, left + 1), smooth(x - left));
      const lower = mixed(at(top + 1, left), at(top + 1, left + 1), smooth(x - left));
      sum[pixel] = (sum[pixel] as number) + strength * mixed(upper, lower, smooth(y - top));
    }
  }
  const [low, high] = [Math.min(...sum), Math.max(...sum)];
  return sum.map((value) => (value - low) / (high - low));
}

/** Rises from 0 to 1 without a kink at either end. */
const smooth = (share: number): number => share * share * (3 - 2 * share);

/** Halvings of the line between two images: the boundary is found to a thousandth of it. */
const HALVINGS = 10;
/** How far from the boundary an image may lie, as a share of the distance to it. */
const NEARNESS = 0.03;

/**
 * For every image one on the line to another image that `decide` labels differently, close to where the label of the
 * first is lost: within 3 % of the distance from the first image to that place, on either side.
 *
 * @param decide labels an image, and is asked about a dozen times for each
 * @throws {RangeError} when all images have the same label
 */
export function nearBoundary(
  images: readonly Float32Array[],
  decide: (image: Float32Array) => number,
  seed = 1,
): Float32Array[] {
  const next = uniformNumbers(seed);
  const labels = images.map(decide);
  return images.map((from, index) => {
    const label = labels[index];
    const others = images.filter((_, other) => labels[other] !== label);
    const to = others[Math.floor(others.length * next())];
    if (to === undefined) throw new RangeError(`no boundary: all ${images.length} images are labelled ${label}`);
    let [kept, lost] = [0, 1];
    for (let halving = 0; halving < HALVINGS; ++halving) {
      const middle = (kept + lost) / 2;
      if (decide(between(from, to, middle)) === label) kept = middle;
      else lost = middle;
    }
    return between(from, to, Math.min(1, ((kept + lost) / 2) * (1 + NEARNESS * (2 * next() - 1))));
  });
}

function between(from: Float32Array, to: Float32Array, share: number): Float32Array {
  return from.map((value, pixel) => bounded(mixed(value, to[pixel] as number, share)));
}
