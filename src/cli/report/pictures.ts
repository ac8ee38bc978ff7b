import { encode } from "fast-png";
import { SIDE } from "../../image/placement.ts";
import { html, type Markup } from "./markup.ts";
import type { Rgb } from "./palette.ts";
import { AGAINST, FOR, largestMagnitude, mixed } from "./signed-colours.ts";

// Square images as pixels, and as elements of a page that carry them.

/** A pixel of a signed picture that is 0. */
const NEITHER: Rgb = [235, 235, 235];

/** The greys of 784 values in [0, 1], row by row. */
export function greyPixels(values: Float32Array): Rgb[] {
  return Array.from(values, (value) => {
    const level = Math.round(255 * Math.max(0, Math.min(1, value)));
    return [level, level, level];
  });
}

/**
 * The colours of 784 values of either sign: the positive ones orange, the negative ones blue.
 *
 * @param scale the absolute value that is shown in full strength, above 0
 */
export function signedPixels(values: Float32Array, scale = largestMagnitude(values)): Rgb[] {
  return Array.from(values, (value) =>
    mixed(NEITHER, value >= 0 ? FOR.dark : AGAINST.dark, Math.min(1, Math.abs(value) / scale)),
  );
}

/** Colours, as many rows as columns, as the URL of a PNG that holds them. */
export function pixelsUrl(colours: readonly Rgb[]): string {
  const side = Math.sqrt(colours.length);
  const isGrey = colours.every(([red, green, blue]) => red === green && green === blue);
  const data = Uint8Array.from(isGrey ? colours.map(([level]) => level) : colours.flat());
  const png = encode({ width: side, height: side, data, channels: isGrey ? 1 : 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** Colours, as many rows as columns, as an `img` element that carries them. */
export function embedded(colours: readonly Rgb[], description: string, side = 4 * SIDE): Markup {
  return html`<img src="${pixelsUrl(colours)}" width="${side}" height="${side}" alt="${description}">`;
}

/** An image of 784 values in [0, 1] as an `img` element. */
export function picture(values: Float32Array, description: string): Markup {
  return embedded(greyPixels(values), description);
}

/** Where an image became brighter, in orange, and where darker, in blue, against the largest change. */
export function differencePicture(original: Float32Array, changed: Float32Array, description: string): Markup {
  const changes = original.map((value, pixel) => (changed[pixel] as number) - value);
  return embedded(signedPixels(changes), description);
}
