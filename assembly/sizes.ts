// Sizes of the loaded model that everything works with.

import { IMAGE_PIXELS } from "../format/image";

/** Pixels of the input image and of a reconstruction, row by row. */
export const PIXELS: i32 = IMAGE_PIXELS;

export let classes: i32 = 0;
/** Of each class. */
export let latents: i32 = 0;

/** Called when a model is loaded. */
export function setSizes(modelClasses: i32, modelLatents: i32): void {
  classes = modelClasses;
  latents = modelLatents;
}
