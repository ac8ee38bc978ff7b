import { type GreyImage, reduceGrey } from "./grey.ts";
import { FITTED_ACROSS, fitLighting } from "./lighting.ts";
import type { Ink } from "./polarity.ts";
import { windowMaximum, windowMean, windowMinimum } from "./window.ts";

/** Light changes slowly across a sheet; a background of this many pixels per side follows it. */
const BACKGROUND_SIDE = 96;
/** Half the window that the background is looked for in, as a share of the longer side: wider than any stroke. */
const WINDOW_SHARE = 0.2;
/** Below this brightness the background is taken as this bright, lest noise in the dark be blown up. */
const DARKEST_BACKGROUND = 0.15;

/**
 * How much ink lies on each pixel: 0 none, 1 all the light there is. It is the share of the background's light that
 * is missing, so that ink in a shadow is as strong as ink in the light. Bright ink is looked at as its negative.
 *
 * The background is found in two steps: a smooth surface for the lamp and the lens, then the morphological closing of
 * what is left (the largest value of a window, then the smallest of the same window), which fills strokes narrower
 * than the window and follows the edges of shadows.
 *
 * @param fittedAcross how many pixels along the longer side the light is fitted to, at least
 */
export function inkStrength(image: GreyImage, ink: Ink, fittedAcross = FITTED_ACROSS): GreyImage {
  const { width, height } = image;
  const paper: GreyImage =
    ink === "dark" ? image : { width, height, values: image.values.map((value) => Math.max(0, 1 - value)) };
  const background = findBackground(paper, fittedAcross);
  const values = new Float32Array(width * height);
  const across = placesIn(background.width, width);
  const down = placesIn(background.height, height);
  const light = background.values;
  for (let row = 0, index = 0; row < height; ++row) {
    const upper = (down.first[row] as number) * background.width;
    const lower = (down.second[row] as number) * background.width;
    const part = down.part[row] as number;
    for (let column = 0; column < width; ++column, ++index) {
      const [left, right] = [across.first[column] as number, across.second[column] as number];
      const share = across.part[column] as number;
      const above = (light[upper + left] as number) * (1 - share) + (light[upper + right] as number) * share;
      const below = (light[lower + left] as number) * (1 - share) + (light[lower + right] as number) * share;
      const here = above * (1 - part) + below * part;
      const missing = here - (paper.values[index] as number);
      values[index] = Math.max(0, Math.min(1, missing / Math.max(DARKEST_BACKGROUND, here)));
    }
  }
  return { values, width, height };
}

/** The brightness of the bare sheet, at most 96 pixels per side. */
function findBackground(paper: GreyImage, fittedAcross: number): GreyImage {
  const small = reduceGrey(paper, BACKGROUND_SIDE);
  const { width, height } = small;
  const light = fitLighting(small, fittedAcross).values.map((value) => Math.max(DARKEST_BACKGROUND, value));
  const even = { width, height, values: small.values.map((value, index) => value / (light[index] as number)) };
  const radius = Math.max(1, Math.ceil(WINDOW_SHARE * Math.max(width, height)));
  const filled = windowMinimum(windowMaximum(even, radius), radius);
  // A trace of smoothing: the closing is a patchwork of flat windows, but a shadow's edge must stay where it is.
  const smooth = windowMean(filled, Math.ceil(radius / 12));
  return { width, height, values: smooth.values.map((value, index) => value * (light[index] as number)) };
}

/** Between which of a background's places those of a picture lie along one side, and how far from the first to the second. */
interface Places {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly part: Float64Array;
}

/** Bilinear interpolation at places counted in pixel centres, held to the edge outside. */
function placesIn(length: number, count: number): Places {
  const places = { first: new Int32Array(count), second: new Int32Array(count), part: new Float64Array(count) };
  for (let index = 0; index < count; ++index) {
    const at = ((index + 0.5) * length) / count - 0.5;
    const first = Math.max(0, Math.min(length - 1, Math.floor(at)));
    places.first[index] = first;
    places.second[index] = Math.min(length - 1, first + 1);
    places.part[index] = Math.max(0, Math.min(1, at - first));
  }
  return places;
}
