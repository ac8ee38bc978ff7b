import { AS_GIVEN, CENTRED, FILLED, NO_PIXEL } from "../format/views.ts";

// What a host knows of the other views of an image that a race tries; assembly/inference/views.ts makes them.

/** How an image was looked at in the end; see `Explanation`. */
export type View = "given" | "centred" | "levelled" | "filled";

/** The view's name. @param code as format/views.ts numbers them */
export function viewOf(code: number): View {
  if (code === AS_GIVEN) return "given";
  if (code === CENTRED) return "centred";
  return code === FILLED ? "filled" : "levelled";
}

/**
 * A derivative with respect to a view, as one with respect to the image as it was given: what a pixel of the view says goes to the
 * pixel that it is, and, turned round, to the one that is taken off.
 *
 * @param gradient 784 values, with respect to the view
 * @param sources 784 pairs of pixels of the image, −1 for none: the one that a pixel of the view is, and the one taken off it, whose
 *   difference counts by its size
 * @param given 784 values, the image as it was given: which of such two is the brighter
 * @returns 784 values, with respect to the image as it was given
 */
export function throughView(gradient: Float32Array, sources: Int32Array, given: Float32Array): Float32Array {
  const found = new Float32Array(gradient.length);
  gradient.forEach((slope, pixel) => {
    const source = sources[2 * pixel] as number;
    const base = sources[2 * pixel + 1] as number;
    if (source === NO_PIXEL) return;
    const isBelow = base !== NO_PIXEL && (given[source] as number) < (given[base] as number);
    const signed = isBelow ? -slope : slope;
    found[source] = (found[source] as number) + signed;
    if (base !== NO_PIXEL) found[base] = (found[base] as number) - signed;
  });
  return found;
}
