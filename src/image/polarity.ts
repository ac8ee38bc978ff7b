import { type GreyImage, reduceGrey } from "./grey.ts";
import { FITTED_ACROSS, withoutLighting } from "./lighting.ts";
import { windowMaximum, windowMinimum } from "./window.ts";

/** Which way the ink differs from what it lies on: dark on paper, or bright on a board or screen. */
export type Ink = "dark" | "bright";

/** Polarity is a matter of the whole picture; this many pixels per side show it. */
const SIDE = 64;
/** How far a pixel looks around, as a share of the longer side: across a stroke, but not across a change of light. */
const REACH = 0.1;
/** How much the ring along the frame counts against all pixels: in a tight crop it shows the background best. */
const RING_WEIGHT = 0.5;
/** Votes that cancel out up to roundings say nothing. */
const LEAST_BALANCE = 1e-6;

/**
 * Tells dark ink from bright ink. Each pixel votes by where it lies between the darkest and the brightest of its
 * neighbourhood, with the contrast there as its weight: light changes little over so short a way and a slope has as
 * many pixels above as below its middle, so strokes and what lies along them decide. The background wins, for more of
 * it than of the stroke is within reach. An image of one brightness is a blank sheet (dark ink) if bright and a blank
 * screen (bright ink) if dark.
 *
 * Inverting the image inverts the answer.
 *
 * @param fittedAcross how many pixels along the longer side the light is fitted to, at least
 */
export function findInk(image: GreyImage, fittedAcross = FITTED_ACROSS): Ink {
  const small = reduceGrey(image, SIDE);
  const even = withoutLighting(small, fittedAcross);
  const { values, width, height } = even;
  const radius = Math.ceil(REACH * Math.max(width, height));
  const brightest = windowMaximum(even, radius).values;
  const darkest = windowMinimum(even, radius).values;
  const ringWidth = Math.max(1, Math.round(Math.min(width, height) / 16));

  let allVotes = 0;
  let ringVotes = 0;
  let ringCount = 0;
  let mean = 0;
  for (let index = 0; index < values.length; ++index) {
    const value = values[index] as number;
    const vote = 2 * value - (brightest[index] as number) - (darkest[index] as number);
    const column = index % width;
    const row = Math.floor(index / width);
    const fromFrame = Math.min(column, row, width - 1 - column, height - 1 - row);
    allVotes += vote;
    mean += (small.values[index] as number) / values.length;
    if (fromFrame < ringWidth) {
      ringVotes += vote;
      ++ringCount;
    }
  }
  const balance = allVotes / values.length + (RING_WEIGHT * ringVotes) / ringCount;
  if (Math.abs(balance) < LEAST_BALANCE) return mean >= 0.5 ? "dark" : "bright";
  return balance > 0 ? "dark" : "bright";
}
