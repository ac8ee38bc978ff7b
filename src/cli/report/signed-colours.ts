// How values of either sign look, in the terminal and in reports.

import { DARK, LIGHT, type Rgb, rgbOf } from "./palette.ts";

/** A sign's colour on a light ground, and on black. */
export interface SignColour {
  readonly dark: Rgb;
  readonly bright: Rgb;
}

export const FOR: SignColour = { dark: rgbOf(LIGHT.for), bright: rgbOf(DARK.for) };
export const AGAINST: SignColour = { dark: rgbOf(LIGHT.against), bright: rgbOf(DARK.against) };

/** A colour on its way from the ground: `strength` 0 is the ground, 1 the colour. */
export function mixed(ground: Rgb, colour: Rgb, strength: number): Rgb {
  const channel = (index: 0 | 1 | 2): number => Math.round(ground[index] + strength * (colour[index] - ground[index]));
  return [channel(0), channel(1), channel(2)];
}

/** The largest absolute value, never 0, so that it can be divided by. */
export function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
}
