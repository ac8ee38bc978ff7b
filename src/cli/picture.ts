import { printable } from "../arguments/printable.ts";
import { SIDE } from "../image/placement.ts";
import type { ColourDepth } from "./colour-depth.ts";
import type { Rgb } from "./report/palette.ts";
import { AGAINST, FOR, largestMagnitude, mixed } from "./report/signed-colours.ts";

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
  /** Half blocks in as many colours; with none, plain ASCII. */
  readonly colour: ColourDepth;
  /** Characters per line of the terminal. */
  readonly columns: number;
}

const GAP = "  ";
const SHADES = " .:-=+*#%@";
const POSITIVE_SHADES = " +#";
const NEGATIVE_SHADES = " -=";
const RESET = "\u001b[0m";
const BLACK: Rgb = [0, 0, 0];

/** What shows positive values of a signed picture, and what negative ones. */
export const SIGNS: Readonly<Record<ColourDepth, readonly [string, string]>> = {
  none: ["+ #", "- ="],
  16: ["yellow", "blue"],
  256: ["orange", "blue"],
  full: ["orange", "blue"],
};

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
    const blocks = shown.map((picture) =>
      colour === "none" ? plainLines(picture, wide) : colourLines(picture, wide, colour),
    );
    for (let line = 0; line < SIDE / 2; ++line) {
      const joined = blocks.map((block) => block[line] ?? "").join(GAP);
      lines.push(colour === "none" ? joined.trimEnd() : joined);
    }
  }
  return lines;
}

/** The upper pixel is the half block's own colour, the lower one its background. */
function colourLines(picture: Picture, wide: number, depth: Exclude<ColourDepth, "none">): string[] {
  const { values, signed } = picture;
  const codes = signed === true ? signedCodes(largestMagnitude(values), depth) : greyCodes(depth);
  return Array.from({ length: SIDE / 2 }, (_, line) => {
    let text = "";
    let last = "";
    for (let column = 0; column < wide; ++column) {
      const [upper] = codes(values[2 * line * SIDE + column] as number);
      const [, lower] = codes(values[(2 * line + 1) * SIDE + column] as number);
      const code = `${upper};${lower}`;
      text += code === last ? "▀" : `\u001b[${code}m▀`;
      last = code;
    }
    return text + RESET;
  });
}

/** What an escape sequence says of a value as the colour of letters, and as that of their ground. */
type Codes = (value: number) => readonly [string, string];

function greyCodes(depth: Exclude<ColourDepth, "none">): Codes {
  if (depth === "16") return (value) => standardCodes(GREYS[stepOf(value, GREYS.length)] as number);
  return (value) => {
    const level = Math.round(255 * Math.max(0, Math.min(1, value)));
    return depth === "full" ? fullCodes([level, level, level]) : paletteCodes(greyOfPalette(value));
  };
}

/** Of positive values orange, of negative ones blue, on black, as strong as they are next to the largest. */
function signedCodes(scale: number, depth: Exclude<ColourDepth, "none">): Codes {
  if (depth === "full") {
    return (value) => fullCodes(mixed(BLACK, value >= 0 ? FOR.bright : AGAINST.bright, Math.abs(value) / scale));
  }
  const [forSteps, againstSteps] = SIGN_STEPS[depth];
  const codes = depth === "16" ? standardCodes : paletteCodes;
  return (value) => {
    const strength = stepOf(Math.abs(value) / scale, forSteps.length);
    return codes((value >= 0 ? forSteps : againstSteps)[strength] as number);
  };
}

/** A value in [0, 1] as one of so many steps of equal width. */
function stepOf(value: number, steps: number): number {
  return Math.max(0, Math.min(steps - 1, Math.floor(value * steps)));
}

/** Of the 16 standard colours: black, dark and light grey, white. */
const GREYS = [0, 8, 7, 15];

/**
 * From black to the full colour: of the 16, yellows and blues; of the palette, oranges and blues, chosen by eye, since the nearest
 * ones channel by channel turn dark oranges into red and olive.
 */
const SIGN_STEPS = {
  16: [
    [0, 3, 11],
    [0, 4, 12],
  ],
  256: [
    [16, 94, 130, 172, 208, 214],
    [16, 18, 25, 32, 69, 75],
  ],
} as const;

function standardCodes(colour: number): readonly [string, string] {
  const code = colour < 8 ? 30 + colour : 90 + colour - 8;
  return [`${code}`, `${code + 10}`];
}

function paletteCodes(colour: number): readonly [string, string] {
  return [`38;5;${colour}`, `48;5;${colour}`];
}

function fullCodes(colour: Rgb): readonly [string, string] {
  const channels = colour.join(";");
  return [`38;2;${channels}`, `48;2;${channels}`];
}

/** The 256-colour palette's black, its 24 greys from 232 on, and its white. */
function greyOfPalette(value: number): number {
  const step = Math.max(0, Math.min(25, Math.round(value * 25)));
  return step === 0 ? 16 : step === 25 ? 231 : 231 + step;
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
