import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";
import type { Random } from "../random.ts";
import { type Corruption, clipped } from "./corruption.ts";

/** Radians, either way. */
const SHEAR = 0.4;
const ROTATION = 0.4;
/** What is left of the digit's width and height. */
const SHRUNK = 0.7;
/** Pixels along each axis, either way. */
const SHIFT = 3;

/** From a place in the result to its place in the image, both from the middle: x' = a·x + b·y, y' = c·x + d·y. */
interface LinearMap {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** Sheared by .4 radians to one side or the other. */
export const shear: Corruption = {
  name: "shear",
  corrupt: (image, random) => {
    const angle = SHEAR * sign(random);
    // The rows come closer as they slant, so that a stroke keeps its length.
    return mapped(image, { a: 1, b: -Math.sin(angle), c: 0, d: Math.cos(angle) });
  },
};

/** Shrunk to 70 % of its size about the middle. */
export const scale: Corruption = {
  name: "scale",
  corrupt: (image) => mapped(image, { a: 1 / SHRUNK, b: 0, c: 0, d: 1 / SHRUNK }),
};

/** Rotated by .4 radians about the middle, one way or the other. */
export const rotate: Corruption = {
  name: "rotate",
  corrupt: (image, random) => {
    const angle = ROTATION * sign(random);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    return mapped(image, { a: cosine, b: -sine, c: sine, d: cosine });
  },
};

/** Shifted by 3 pixels along both axes, one way or the other along each. */
export const translate: Corruption = {
  name: "translate",
  corrupt: (image, random) => {
    const across = SHIFT * sign(random);
    const down = SHIFT * sign(random);
    return image.map((_, pixel) =>
      valueAt(image, (pixel % IMAGE_SIDE) + across, Math.floor(pixel / IMAGE_SIDE) + down),
    );
  },
};

function sign(random: Random): number {
  return random.uniform() < 0.5 ? -1 : 1;
}

/** The image seen through a map about its middle, interpolated between pixels; outside is black. */
function mapped(image: Float32Array, { a, b, c, d }: LinearMap): Float32Array {
  const middle = (IMAGE_SIDE - 1) / 2;
  return Float32Array.from({ length: IMAGE_PIXELS }, (_, pixel) => {
    const x = (pixel % IMAGE_SIDE) - middle;
    const y = Math.floor(pixel / IMAGE_SIDE) - middle;
    return interpolated(image, middle + a * x + b * y, middle + c * x + d * y);
  });
}

function interpolated(image: Float32Array, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = x - left;
  const down = y - top;
  const upper = (1 - across) * valueAt(image, left, top) + across * valueAt(image, left + 1, top);
  const lower = (1 - across) * valueAt(image, left, top + 1) + across * valueAt(image, left + 1, top + 1);
  return clipped((1 - down) * upper + down * lower);
}

function valueAt(image: Float32Array, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= IMAGE_SIDE || y >= IMAGE_SIDE) return 0;
  return image[y * IMAGE_SIDE + x] as number;
}
