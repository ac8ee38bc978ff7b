import { type GreyImage, interpolate, reduceGrey } from "./grey.ts";
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
  for (let row = 0, index = 0; row < height; ++row) {
    const y = ((row + 0.5) * background.height) / height - 0.5;
    for (let column = 0; column < width; ++column, ++index) {
      const x = ((column + 0.5) * background.width) / width - 0.5;
      const light = interpolate(background, x, y);
      const missing = light - (paper.values[index] as number);
      values[index] = Math.max(0, Math.min(1, missing / Math.max(DARKEST_BACKGROUND, light)));
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
