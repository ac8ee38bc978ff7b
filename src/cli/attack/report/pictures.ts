import { encode } from "fast-png";
import { SIDE } from "../../../image/placement.ts";
import { html, type Markup } from "./markup.ts";

/** Grey of a pixel that did not change. */
const UNCHANGED = 235;

/** An image of 784 values in [0, 1] as an `img` element that carries its pixels. */
export function picture(values: Float32Array, description: string): Markup {
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.max(0, Math.min(1, value))));
  return embedded(encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 }), description);
}

/** Where an image became brighter, in orange, and where darker, in blue, against the largest change. */
export function differencePicture(original: Float32Array, changed: Float32Array, description: string): Markup {
  const changes = original.map((value, pixel) => (changed[pixel] as number) - value);
  const largest = changes.reduce((most, change) => Math.max(most, Math.abs(change)), Number.MIN_VALUE);
  const data = new Uint8Array(3 * changes.length).fill(UNCHANGED);
  changes.forEach((change, pixel) => {
    const [red, green, blue] = change >= 0 ? [208, 84, 0] : [0, 90, 181];
    const strength = Math.abs(change) / largest;
    [red, green, blue].forEach((full, channel) => {
      data[3 * pixel + channel] = Math.round(UNCHANGED + strength * (full - UNCHANGED));
    });
  });
  return embedded(encode({ width: SIDE, height: SIDE, data, channels: 3, depth: 8 }), description);
}

function embedded(png: Uint8Array, description: string): Markup {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return html`<img src="${source}" width="${4 * SIDE}" height="${4 * SIDE}" alt="${description}">`;
}
