import { printable } from "../arguments/printable.ts";
import { SIDE } from "../image/placement.ts";

/** A 28×28 picture for the terminal. */
export interface Picture {
  /** One short line above it. */
  readonly title: string;
  /** 784 values, row-major: in [0, 1] for brightness; of either sign and any size when `signed`. */
  readonly values: Float32Array;
  /** Shows where values are positive and where negative, against the largest among them. */
  readonly signed?: boolean;
}

export interface PictureStyle {
  /** ANSI colours and half blocks; otherwise plain ASCII. */
  readonly colour: boolean;
  /** Characters per line of the terminal. */
  readonly columns: number;
}

const GAP = "  ";
const SHADES = " .:-=+*#%@";
const POSITIVE_SHADES = " +#";
const NEGATIVE_SHADES = " -=";
const RESET = "\u001b[0m";

/**
 * Lines that show pictures side by side, as many as fit, each 28 characters wide and 14 high: a character is about
 * twice as high as wide, so it shows two pixels, one above the other. A narrower terminal shows their left parts.
 */
export function renderPictures(pictures: readonly Picture[], { colour, columns }: PictureStyle): string[] {
  const wide = Math.max(1, Math.min(SIDE, columns));
  const across = Math.max(1, Math.floor((columns + GAP.length) / (SIDE + GAP.length)));
  const lines: string[] = [];
  for (let first = 0; first < pictures.length; first += across) {
    const shown = pictures.slice(first, first + across);
    lines.push(
      shown
        .map(({ title }) => printable(title).slice(0, wide).padEnd(wide))
        .join(GAP)
        .trimEnd(),
    );
    const blocks = shown.map((picture) => (colour ? colourLines(picture, wide) : plainLines(picture, wide)));
    for (let line = 0; line < SIDE / 2; ++line) {
      const joined = blocks.map((block) => block[line] ?? "").join(GAP);
      lines.push(colour ? joined : joined.trimEnd());
    }
  }
  return lines;
}

/** The upper pixel is the half block's own colour, the lower one its background. */
function colourLines(picture: Picture, wide: number): string[] {
  const { values } = picture;
  const code = picture.signed === true ? signedCode(largestMagnitude(values)) : greyCode;
  return Array.from({ length: SIDE / 2 }, (_, line) => {
    let text = "";
    for (let column = 0; column < wide; ++column) {
      const upper = values[2 * line * SIDE + column] as number;
      const lower = values[(2 * line + 1) * SIDE + column] as number;
      text += `\u001b[38;5;${code(upper)};48;5;${code(lower)}m▀`;
    }
    return text + RESET;
  });
}

function plainLines(picture: Picture, wide: number): string[] {
  const { values, signed } = picture;
  const scale = signed === true ? largestMagnitude(values) : 1;
  return Array.from({ length: SIDE / 2 }, (_, line) =>
    Array.from({ length: wide }, (_, column) => {
      const upper = values[2 * line * SIDE + column] as number;
      const lower = values[(2 * line + 1) * SIDE + column] as number;
      const value = (upper + lower) / 2 / scale;
      if (signed !== true) return shade(SHADES, value);
      return value >= 0 ? shade(POSITIVE_SHADES, value) : shade(NEGATIVE_SHADES, -value);
    }).join(""),
  );
}

function shade(shades: string, value: number): string {
  return shades[Math.max(0, Math.min(shades.length - 1, Math.round(value * (shades.length - 1))))] as string;
}

/** The 256-colour palette's black, its 24 greys from 232 on, and its white. */
function greyCode(value: number): number {
  const step = Math.max(0, Math.min(25, Math.round(value * 25)));
  return step === 0 ? 16 : step === 25 ? 231 : 231 + step;
}

/** Greens for positive and reds for negative values, five steps each, out of the palette's 6×6×6 cube. */
function signedCode(scale: number): (value: number) => number {
  return (value) => {
    const step = Math.min(5, Math.round((5 * Math.abs(value)) / scale));
    return value >= 0 ? 16 + 6 * step : 16 + 36 * step;
  };
}

/** Never 0, so that it can be divided by. */
function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
}
