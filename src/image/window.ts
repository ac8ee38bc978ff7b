import type { GreyImage } from "./grey.ts";

/** The largest value in the square window of side `2 * radius + 1` around each pixel, cut off at the image's edges. */
export function windowMaximum(image: GreyImage, radius: number): GreyImage {
  const longest = Math.max(image.width, image.height);
  const queue = { places: new Int32Array(longest), values: new Float32Array(longest) };
  return separable(image, (source, target, start, stride, count) => {
    slidingMaximum(source, target, start, stride, count, radius, queue);
  });
}

/** The smallest value in the square window of side `2 * radius + 1` around each pixel, cut off at the image's edges. */
export function windowMinimum(image: GreyImage, radius: number): GreyImage {
  const { values } = windowMaximum({ ...image, values: negated(image.values) }, radius);
  return { ...image, values: negated(values) };
}

function negated(values: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  for (let index = 0; index < values.length; ++index) result[index] = -(values[index] as number);
  return result;
}

/** The mean of the square window of side `2 * radius + 1` around each pixel, over the part that lies in the image. */
export function windowMean(image: GreyImage, radius: number): GreyImage {
  return separable(image, (source, target, start, stride, count) => {
    slidingMean(source, target, start, stride, count, radius);
  });
}

/** Filters one line of `count` values, the first at `start` and each `stride` further on. */
type LineFilter = (source: Float32Array, target: Float32Array, start: number, stride: number, count: number) => void;

function separable({ values, width, height }: GreyImage, filter: LineFilter): GreyImage {
  const rows = new Float32Array(values.length);
  for (let row = 0; row < height; ++row) filter(values, rows, row * width, 1, width);
  const both = new Float32Array(values.length);
  for (let column = 0; column < width; ++column) filter(rows, both, column, width, height);
  return { values: both, width, height };
}

/** Room for the places of a line and their values. */
interface Queue {
  readonly places: Int32Array;
  readonly values: Float32Array;
}

/** Keeps the indices of falling values in a queue, so that a line costs the same whatever the radius. */
function slidingMaximum(
  source: Float32Array,
  target: Float32Array,
  start: number,
  stride: number,
  count: number,
  radius: number,
  { places: queue, values: queued }: Queue,
): void {
  let head = 0;
  let tail = 0;
  for (let entering = 0; entering < count + radius; ++entering) {
    if (entering < count) {
      const value = source[start + entering * stride] as number;
      while (tail > head && (queued[tail - 1] as number) <= value) --tail;
      queue[tail] = entering;
      queued[tail] = value;
      ++tail;
    }
    const centre = entering - radius;
    if (centre < 0) continue;
    while ((queue[head] as number) < centre - radius) ++head;
    target[start + centre * stride] = queued[head] as number;
  }
}

function slidingMean(
  source: Float32Array,
  target: Float32Array,
  start: number,
  stride: number,
  count: number,
  radius: number,
): void {
  let sum = 0;
  for (let index = 0; index < Math.min(radius, count); ++index) sum += source[start + index * stride] as number;
  for (let centre = 0; centre < count; ++centre) {
    if (centre + radius < count) sum += source[start + (centre + radius) * stride] as number;
    if (centre - radius > 0) sum -= source[start + (centre - radius - 1) * stride] as number;
    const held = Math.min(count - 1, centre + radius) - Math.max(0, centre - radius) + 1;
    target[start + centre * stride] = sum / held;
  }
}
