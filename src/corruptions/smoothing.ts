import { IMAGE_SIDE } from "../../format/image.ts";

/** Deviations after which a gaussian is cut off. */
const REACH = 4;

/** What lies beyond the edge: the nearest pixel of the image, or black. */
export type Beyond = "nearest" | "black";

/**
 * A 28×28 image under a gaussian blur.
 *
 * @param deviation in pixels
 */
export function smoothed(image: Float32Array, deviation: number, beyond: Beyond): Float32Array {
  const reach = Math.floor(REACH * deviation + 0.5);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * deviation ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = weights.map((weight) => weight / total);
  return alongAxis(alongAxis(image, kernel, 1, beyond), kernel, IMAGE_SIDE, beyond);
}

/** @param stride from a pixel to its neighbour along the axis: 1 in a row, 28 in a column */
function alongAxis(image: Float32Array, kernel: Float64Array, stride: number, beyond: Beyond): Float32Array {
  const reach = (kernel.length - 1) / 2;
  return image.map((_, pixel) => {
    const place = Math.floor(pixel / stride) % IMAGE_SIDE;
    let sum = 0;
    for (let offset = -reach; offset <= reach; ++offset) {
      const wanted = place + offset;
      const found = Math.min(IMAGE_SIDE - 1, Math.max(0, wanted));
      if (found !== wanted && beyond === "black") continue;
      sum += (kernel[offset + reach] as number) * (image[pixel + (found - place) * stride] as number);
    }
    return sum;
  });
}
