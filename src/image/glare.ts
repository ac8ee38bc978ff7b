import { type Box, type Component, enlarge, findComponents, longerSide } from "./components.ts";
import { type GreyImage, interpolate, type ReducedGrey, reduceGrey } from "./grey.ts";
import { withoutLighting } from "./lighting.ts";
import type { Ink } from "./polarity.ts";
import { quantile } from "./threshold.ts";
import { windowMaximum } from "./window.ts";

/** Spots are looked for in a picture of so many pixels per side: enough to tell a soft rim from a sharp one. */
const SIDE = 192;
/** A spot differs from the sheet by this much, in brightness, and by this many of the sheet's own standard deviations… */
const LEAST_DIFFERENCE = 0.06;
const LEAST_DEVIATIONS = 4;
/** …has a middle that differs by this much… */
const LEAST_PEAK = 0.12;
/** …is at least this many pixels large, and at most this share of the picture… */
const LEAST_AREA = 30;
const MOST_AREA = 0.3;
/** …covers at least this share of its box, as an ellipse covers .79… */
const LEAST_FILL = 0.66;
/** …is at most this many times as long as wide… */
const MOST_ASPECT = 5;
/** …and fades over these shares of its radius, and so many pixels: ink in focus ends sooner, and a shadow has no full middle. */
const LEAST_FADE = 0.12;
const MOST_FADE = 0.75;
const LEAST_FADE_PIXELS = 1.5;
/** A spot is full where it differs by this share of what its middle does. */
const FULL_SHARE = 0.8;
/** It washes over this share of its radius around it. */
const RIM_SHARE = 0.6;
/** Where there are more spots than this, they are the picture. */
const MOST_SPOTS = 8;

/** Glare beside ink of one kind. */
export interface Glare {
  /** The ink that such glare can lie beside: glare differs from the sheet the other way. */
  readonly ink: Ink;
  /** The picture with the spots levelled to the sheet around them; what is drawn through their rims stays. */
  readonly grey: GreyImage;
  /** Where the spots with their rims are, in pixels of the picture. */
  readonly boxes: readonly Box[];
}

/**
 * Finds what a lamp throws on a whiteboard: soft round spots that are brighter than the sheet, beside dark ink. Darker spots
 * are found as well, as glare beside bright ink, so that the inverted picture has the inverted glare. A blurred solid stroke
 * passes for a spot too: glare it is only if ink of the other kind is there.
 *
 * @param grey values in [0, 1]
 * @returns none, one, or one for each kind of ink
 */
export function findGlare(grey: GreyImage): Glare[] {
  const small = reduceGrey(grey, SIDE);
  const even = withoutLighting(small).values;
  const sheet = median(even);
  const deviation = 1.4826 * median(even.map((value) => Math.abs(value - sheet)));
  const least = Math.max(LEAST_DIFFERENCE, LEAST_DEVIATIONS * deviation);
  const inks = [
    ["dark", 1],
    ["bright", -1],
  ] as const;
  return inks.flatMap(([ink, sign]) => {
    const differences = even.map((value) => Math.max(0, sign * (value - sheet)));
    const spots = findComponents(differences, small.width, small.height, least).filter((component) =>
      isSpot(component, differences),
    );
    if (spots.length === 0 || spots.length > MOST_SPOTS) return [];
    const ground = small.values.map((value, index) => value - (even[index] as number) + sheet);
    const levelled = levelSpots(grey, { ...small, values: ground }, spots, sign);
    return { ink, grey: levelled, boxes: spots.map((spot) => enlarge(withRim(spot, small), small.factor, grey)) };
  });
}

/**
 * Brings what differs from the ground one way down to it, where spots reach.
 *
 * @param ground the bare sheet, reduced by the factor, in which the spots were found
 */
function levelSpots(grey: GreyImage, ground: ReducedGrey, spots: readonly Component[], sign: 1 | -1): GreyImage {
  const { factor } = ground;
  const reach = reachOf(spots, ground);
  const values = grey.values.slice();
  for (let row = 0, index = 0; row < grey.height; ++row) {
    const start = Math.floor(row / factor) * ground.width;
    for (let column = 0; column < grey.width; ++column, ++index) {
      if (reach[start + Math.floor(column / factor)] === 0) continue;
      const level = interpolate(ground, (column + 0.5) / factor - 0.5, (row + 0.5) / factor - 0.5);
      // The fitted light may leave [0, 1].
      if (sign * ((values[index] as number) - level) > 0) values[index] = Math.max(0, Math.min(1, level));
    }
  }
  return { ...grey, values };
}

function isSpot({ pixels, box }: Component, differences: Float32Array): boolean {
  const area = pixels.length;
  if (area < LEAST_AREA || area > MOST_AREA * differences.length) return false;
  if (area < LEAST_FILL * box.width * box.height) return false;
  if (longerSide(box) > MOST_ASPECT * Math.min(box.width, box.height)) return false;
  const own = Float32Array.from(pixels, (index) => differences[index] as number);
  const peak = quantile(own, 0.9);
  if (peak < LEAST_PEAK) return false;
  const full = own.reduce((count, difference) => count + (difference >= FULL_SHARE * peak ? 1 : 0), 0);
  const radius = Math.sqrt(area / Math.PI);
  const fade = radius - Math.sqrt(full / Math.PI);
  return fade >= LEAST_FADE_PIXELS && fade >= LEAST_FADE * radius && fade <= MOST_FADE * radius;
}

/** How many pixels a spot washes over around it. */
function rimOf({ pixels }: Component): number {
  return Math.ceil(RIM_SHARE * Math.sqrt(pixels.length / Math.PI)) + 1;
}

/** The spot's box with its rim, cut off at the picture's edges. */
function withRim(spot: Component, { width, height }: GreyImage): Box {
  const rim = rimOf(spot);
  const [left, top] = [Math.max(0, spot.box.left - rim), Math.max(0, spot.box.top - rim)];
  const right = Math.min(width, spot.box.left + spot.box.width + rim);
  const bottom = Math.min(height, spot.box.top + spot.box.height + rim);
  return { left, top, width: right - left, height: bottom - top };
}

/** 1 where spots reach with their rims, 0 elsewhere. */
function reachOf(spots: readonly Component[], { width, height }: GreyImage): Float32Array {
  const reach = new Float32Array(width * height);
  for (const spot of spots) {
    const own = new Float32Array(width * height);
    for (const index of spot.pixels) own[index] = 1;
    windowMaximum({ values: own, width, height }, rimOf(spot)).values.forEach((value, index) => {
      if (value === 1) reach[index] = 1;
    });
  }
  return reach;
}

/** The median of values above −2. */
function median(values: Float32Array): number {
  // What a quantile is taken of must not be negative.
  return (
    quantile(
      values.map((value) => value + 2),
      0.5,
    ) - 2
  );
}
