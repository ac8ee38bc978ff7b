// The variant for black-and-white images (binary ABS, Schott et al. 2018) thresholds the image before it is compared. It
// also multiplies each class's loss by a scale of the class, which every search does (loss.ts): for other models by 1.

import { floats } from "../bytes";
import * as sizes from "../sizes";

/** Turns `image`, f32 [784], into 1 where it is at least `threshold` and 0 elsewhere, in place. */
export function thresholdImage(image: usize, threshold: f32): void {
  const least = f32x4.splat(threshold);
  const one = f32x4.splat(1);
  const end = image + floats(sizes.PIXELS);
  for (let at = image; at < end; at += 16) v128.store(at, v128.and(f32x4.ge(v128.load(at), least), one));
}
