import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";
import type { Corruption } from "./corruption.ts";
import { smoothed } from "./smoothing.ts";

/** Of the gaussian before the derivatives, in pixels. */
const DEVIATION = 1;
/** Strengths of the derivative (Sobel's, unscaled) from which an edge starts, and as far as which it goes on. */
const STRONG = 0.2;
const WEAK = 0.1;

/** Only the digit's edges, white and one pixel wide, by Canny's detector (Canny 1986). */
export const cannyEdges: Corruption = {
  name: "canny-edges",
  corrupt: (image) => {
    const weight = smoothed(new Float32Array(IMAGE_PIXELS).fill(1), DEVIATION, "black");
    const even = smoothed(image, DEVIATION, "black").map((value, pixel) => value / (weight[pixel] as number));
    const { strength, ridge } = ridges(even);
    const edges = new Float32Array(IMAGE_PIXELS);
    // From every strong pixel along the weak ones that touch it.
    const waiting = ridge.filter((pixel) => (strength[pixel] as number) >= STRONG);
    const weak = new Set(ridge.filter((pixel) => (strength[pixel] as number) >= WEAK));
    for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
      if (!weak.delete(pixel)) continue;
      edges[pixel] = 1;
      for (const row of [-IMAGE_SIDE, 0, IMAGE_SIDE]) waiting.push(pixel + row - 1, pixel + row, pixel + row + 1);
    }
    return edges;
  },
};

/** Strengths of the derivative, and the pixels off the border whose strength is no less than ahead and behind. */
function ridges(image: Float32Array): { strength: Float64Array; ridge: number[] } {
  const across = derivative(image, 1, IMAGE_SIDE);
  const down = derivative(image, IMAGE_SIDE, 1);
  const strength = across.map((value, pixel) => Math.hypot(value, down[pixel] as number));
  const ridge: number[] = [];
  for (let row = 1; row < IMAGE_SIDE - 1; ++row) {
    for (let column = 1; column < IMAGE_SIDE - 1; ++column) {
      const pixel = row * IMAGE_SIDE + column;
      const here = strength[pixel] as number;
      if (here === 0) continue;
      const dx = across[pixel] as number;
      const dy = down[pixel] as number;
      const [sideways, upright] = [Math.sign(dx), IMAGE_SIDE * Math.sign(dy)];
      // The strength one step along the derivative lies between a straight and a diagonal neighbour.
      const straight = Math.abs(dx) >= Math.abs(dy) ? sideways : upright;
      const share = Math.min(Math.abs(dx), Math.abs(dy)) / Math.max(Math.abs(dx), Math.abs(dy));
      const ahead = (way: number): number =>
        (1 - share) * (strength[pixel + way * straight] as number) +
        share * (strength[pixel + way * (sideways + upright)] as number);
      if (here >= ahead(1) && here >= ahead(-1)) ridge.push(pixel);
    }
  }
  return { strength, ridge };
}

/** Sobel's derivative along one axis; beyond the edge lies its mirror image. */
function derivative(image: Float32Array, stride: number, otherStride: number): Float64Array {
  const shifted = (pixel: number, step: number, by: number): number => {
    const place = Math.floor(pixel / step) % IMAGE_SIDE;
    return place + by < 0 || place + by >= IMAGE_SIDE ? pixel : pixel + by * step;
  };
  const difference = (pixel: number): number =>
    (image[shifted(pixel, stride, 1)] as number) - (image[shifted(pixel, stride, -1)] as number);
  return Float64Array.from(
    { length: IMAGE_PIXELS },
    (_, pixel) =>
      difference(shifted(pixel, otherStride, -1)) + 2 * difference(pixel) + difference(shifted(pixel, otherStride, 1)),
  );
}
