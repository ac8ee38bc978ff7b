import { greyPixels } from "../../src/cli/report/pictures.ts";
import type { Shape } from "../../src/cli/report/shapes.ts";

// What drawings for the documents are made of.

/** An image of 784 values in [0, 1] as a square whose upper left corner is at x, y. */
export function picture(image: Float32Array, x: number, y: number, side: number): Shape {
  return { kind: "pixels", colours: greyPixels(image), x, y, side };
}

/** Words centred on x, their base line at y. */
export function text(words: string, x: number, y: number, isBold = false): Shape {
  return { kind: "words", text: words, x, y, anchor: "middle", colour: "ink", isBold };
}
