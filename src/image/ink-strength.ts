import { waterLevels } from "./basins.ts";
import { type GreyImage, reduceGrey } from "./grey.ts";
import { FITTED_ACROSS, fitLighting } from "./lighting.ts";
import type { Ink } from "./polarity.ts";
import { windowMaximum, windowMean, windowMinimum } from "./window.ts";

/** Light changes slowly across a sheet; a background of this many pixels per side follows it. */
const BACKGROUND_SIDE = 96;
/** Half the window that the background is looked for in, as a share of the longer side: wider than any stroke. */
const WINDOW_SHARE = 0.2;
/** What the window does not fill, and brighter paper surrounds, is ink where it has less than this share of that paper's light, and shadow else. */
const BLOCK_LIGHT = 0.5;
/** Below this brightness the background is taken as this bright, lest noise in the dark be blown up. */
const DARKEST_BACKGROUND = 0.15;

/**
 * How much ink lies on each pixel: 0 none, 1 all the light there is. It is the share of the background's light that
 * is missing, so that ink in a shadow is as strong as ink in the light. Bright ink is looked at as its negative.
 *
 * The background is found in two steps: a smooth surface for the lamp and the lens, then the morphological closing of
 * what is left (the largest value of a window, then the smallest of the same window), which fills strokes narrower
 * than the window and follows the edges of shadows. Ink that is wider, a blot or a block, would be background itself: where it is
 * far darker than the paper around it on all sides, it is filled as well.
 *
 * @param fittedAcross how many pixels along the longer side the light is fitted to, at least
 */
export function inkStrength(image: GreyImage, ink: Ink, fittedAcross = FITTED_ACROSS): GreyImage {
  const { width, height } = image;
  const paper = ink === "dark" ? image : negative(image);
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
  const light = fitLighting(small, fittedAcross).values;
  const even = { width, height, values: new Float32Array(light.length) };
  for (let index = 0; index < light.length; ++index) {
    light[index] = Math.max(DARKEST_BACKGROUND, light[index] as number);
    even.values[index] = (small.values[index] as number) / (light[index] as number);
  }
  const radius = Math.max(1, Math.ceil(WINDOW_SHARE * Math.max(width, height)));
  const filled = windowMinimum(windowMaximum(even, radius), radius);
  const around = waterLevels(filled);
  for (let index = 0; index < around.length; ++index) {
    const level = around[index] as number;
    if ((filled.values[index] as number) < BLOCK_LIGHT * level) filled.values[index] = level;
  }
  // A trace of smoothing: the closing is a patchwork of flat windows, but a shadow's edge must stay where it is.
  const { values } = windowMean(filled, Math.ceil(radius / 12));
  for (let index = 0; index < light.length; ++index)
    values[index] = (values[index] as number) * (light[index] as number);
  return { width, height, values };
}

/** Bright for dark; what is brighter than white, as bare paper may be, is black. */
function negative({ values, width, height }: GreyImage): GreyImage {
  const result = new Float32Array(values.length);
  for (let index = 0; index < values.length; ++index) result[index] = Math.max(0, 1 - (values[index] as number));
  return { values: result, width, height };
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
