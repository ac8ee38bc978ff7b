import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Classifier } from "../../src/classifier.ts";
import { Random } from "../../src/random.ts";

/** Every kind of image that a classifier may see: digits as the model draws them, spoilt and blended ones, and no digits. */
export function mixedImages(abs: Classifier, count: number, seed: number): Float32Array[] {
  const random = new Random(seed);
  const drawn = (): Float32Array => {
    const [image] = abs.sample(random.below(abs.classes.length), { seed: random.seed() });
    return image as Float32Array;
  };
  const kinds: readonly (() => Float32Array)[] = [
    drawn,
    () => drawn().map((value) => Math.min(1, Math.max(0, value + 0.3 * (2 * random.uniform() - 1)))),
    () => {
      const other = drawn();
      return drawn().map((value, pixel) => (value + (other[pixel] as number)) / 2);
    },
    () => Float32Array.from({ length: IMAGE_PIXELS }, () => random.uniform()),
    () => Float32Array.from({ length: IMAGE_PIXELS }, () => (random.uniform() < 0.1 ? 1 : 0)),
    () => new Float32Array(IMAGE_PIXELS).fill(random.uniform()),
  ];
  return Array.from({ length: count }, (_, index) => (kinds[index % kinds.length] as () => Float32Array)());
}
