// The variant for black-and-white images (binary ABS, Schott et al. 2018): the image is thresholded before it is
// compared, and each class's loss is multiplied by a scale of the class.

import * as sizes from "../sizes";

/** Turns `image`, f32 [784], into 1 where it is at least `threshold` and 0 elsewhere, in place. */
export function thresholdImage(image: usize, threshold: f32): void {
  const least = f32x4.splat(threshold);
  const one = f32x4.splat(1);
  const end = image + ((<usize>sizes.PIXELS) << 2);
  for (let at = image; at < end; at += 16) v128.store(at, v128.and(f32x4.ge(v128.load(at), least), one));
}

/** Multiplies `losses` by `scales`, both f32 [classes], in place. */
export function scaleLosses(losses: usize, scales: usize): void {
  for (let index = 0; index < sizes.classes; ++index) {
    const at = (<usize>index) << 2;
    store<f32>(losses + at, load<f32>(losses + at) * load<f32>(scales + at));
  }
}
