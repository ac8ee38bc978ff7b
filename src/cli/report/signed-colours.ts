// How values of either sign look, in the terminal and in reports: orange and blue, which people tell apart who do not see red or
// green.

/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/** A sign's colour on a light ground, and on black. */
export interface SignColour {
  readonly dark: Rgb;
  readonly bright: Rgb;
}

export const FOR: SignColour = { dark: [208, 84, 0], bright: [255, 150, 40] };
export const AGAINST: SignColour = { dark: [0, 90, 181], bright: [80, 160, 255] };

/** A colour on its way from the ground: `strength` 0 is the ground, 1 the colour. */
export function mixed(ground: Rgb, colour: Rgb, strength: number): Rgb {
  const channel = (index: 0 | 1 | 2): number => Math.round(ground[index] + strength * (colour[index] - ground[index]));
  return [channel(0), channel(1), channel(2)];
}

/** The largest absolute value, never 0, so that it can be divided by. */
export function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
}
