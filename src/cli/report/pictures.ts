import { encode } from "fast-png";
import { SIDE } from "../../image/placement.ts";
import { html, type Markup } from "./markup.ts";
import { AGAINST, FOR, largestMagnitude, mixed, type Rgb } from "./signed-colours.ts";

/** A pixel that did not change. */
const UNCHANGED: Rgb = [235, 235, 235];

/** An image of 784 values in [0, 1] as an `img` element that carries its pixels. */
export function picture(values: Float32Array, description: string): Markup {
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.max(0, Math.min(1, value))));
  return embedded(encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 }), description);
}

/** Where an image became brighter, in orange, and where darker, in blue, against the largest change. */
export function differencePicture(original: Float32Array, changed: Float32Array, description: string): Markup {
  const changes = original.map((value, pixel) => (changed[pixel] as number) - value);
  return signedPicture(changes, description);
}

/** 784 values of either sign, the positive ones in orange, the negative ones in blue, against the largest. */
export function signedPicture(values: Float32Array, description: string): Markup {
  const data = Uint8Array.from(signedPixels(values).flat());
  return embedded(encode({ width: SIDE, height: SIDE, data, channels: 3, depth: 8 }), description);
}

/** The colours of `signedPicture`, row by row. */
export function signedPixels(values: Float32Array): Rgb[] {
  const largest = largestMagnitude(values);
  return Array.from(values, (value) =>
    mixed(UNCHANGED, value >= 0 ? FOR.dark : AGAINST.dark, Math.abs(value) / largest),
  );
}

function embedded(png: Uint8Array, description: string): Markup {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return html`<img src="${source}" width="${4 * SIDE}" height="${4 * SIDE}" alt="${description}">`;
}
