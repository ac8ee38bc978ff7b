import { encode } from "fast-png";
import font from "oled-font-5x7";
import { LIGHT, type Rgb, rgbOf } from "./palette.ts";
import type { Box, Colour, Drawing, Line, Pixels, Shape, Words } from "./shapes.ts";

// Draws shapes as pixels, for those who cannot show a page. Letters are those of a small font of dots, enlarged: a font with curves
// and what draws it would be larger than the rest of the command.

/** Pixels of the picture for each of the drawing, in which the dots of usual letters are this far apart. */
const SHARPNESS = 2;
/** Dots from one letter to the next. */
const ADVANCE = font.width + 1;
/** What the font lacks and reports hold, in its letters. */
const SPELT: Readonly<Record<string, string>> = {
  "∞": "inf",
  "−": "-",
  "–": "-",
  "—": "-",
  "‖": "|",
  "×": "x",
  "→": "->",
  "…": "...",
  "²": "2",
  "≤": "<=",
  "~": "-",
};

/** A drawing on white paper, twice as large, so that it looks sharp. */
export function png(drawing: Drawing): Uint8Array {
  const [width, height] = [SHARPNESS * drawing.width, SHARPNESS * drawing.height];
  const canvas = new Canvas(width, height);
  for (const shape of drawing.shapes.map(enlarged)) {
    if (shape.kind === "line") canvas.line(shape);
    else if (shape.kind === "box") canvas.box(shape);
    else if (shape.kind === "words") canvas.words(shape);
    else canvas.pixels(shape);
  }
  return encode({ width, height, data: canvas.data, channels: 3, depth: 8 });
}

function enlarged(shape: Shape): Shape {
  switch (shape.kind) {
    case "line": {
      const points = shape.points.map(([x, y]) => [SHARPNESS * x, SHARPNESS * y] as const);
      return { ...shape, points, width: SHARPNESS * shape.width };
    }
    case "box": {
      const [width, height] = [SHARPNESS * shape.width, SHARPNESS * shape.height];
      return { ...shape, x: SHARPNESS * shape.x, y: SHARPNESS * shape.y, width, height };
    }
    case "words":
      return { ...shape, x: SHARPNESS * shape.x, y: SHARPNESS * shape.y, size: SHARPNESS * (shape.size ?? 1) };
    case "pixels":
      return { ...shape, x: SHARPNESS * shape.x, y: SHARPNESS * shape.y, side: SHARPNESS * shape.side };
  }
}

/** The width of words in pixels of the drawing. */
export function widthOfWords(text: string, size = 1): number {
  return Math.max(0, letters(text).length * ADVANCE - 1) * size;
}

/** A text in the letters that the font has; accents are left out, and a question mark stands for what it cannot write. */
export function letters(text: string): string {
  const known = (character: string): boolean => font.lookup.includes(character);
  return Array.from(text.normalize("NFC"), (character) => {
    if (known(character)) return character;
    const spelt = SPELT[character] ?? character.normalize("NFD").replace(/\p{M}/gu, "");
    return spelt !== "" && Array.from(spelt).every(known) ? spelt : "?";
  }).join("");
}

class Canvas {
  readonly data: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8Array(3 * width * height);
    this.box({ kind: "box", x: 0, y: 0, width, height, colour: "paper" });
  }

  box({ x, y, width, height, colour }: Box): void {
    const [left, top, right, bottom] = [x, y, x + width, y + height].map(Math.round) as [
      number,
      number,
      number,
      number,
    ];
    const rgb = inked(colour);
    for (let row = top; row < bottom; ++row) {
      for (let column = left; column < right; ++column) this.#blend(column, row, rgb, 1);
    }
  }

  line({ points, colour, width }: Line): void {
    const rgb = inked(colour);
    // Each pixel once, by the nearest of the pieces: where two meet, it is not painted twice.
    const covered = new Map<number, number>();
    for (let at = 1; at < points.length; ++at) {
      const [fromX, fromY] = points[at - 1] as [number, number];
      const [toX, toY] = points[at] as [number, number];
      const reach = width / 2 + 1;
      for (let row = Math.floor(Math.min(fromY, toY) - reach); row <= Math.max(fromY, toY) + reach; ++row) {
        for (let column = Math.floor(Math.min(fromX, toX) - reach); column <= Math.max(fromX, toX) + reach; ++column) {
          const distance = distanceToPiece(column + 0.5, row + 0.5, fromX, fromY, toX, toY);
          const cover = Math.max(0, Math.min(1, width / 2 + 0.5 - distance));
          if (cover === 0 || column < 0 || column >= this.width) continue;
          const place = row * this.width + column;
          covered.set(place, Math.max(cover, covered.get(place) ?? 0));
        }
      }
    }
    for (const [place, cover] of covered) this.#blend(place % this.width, Math.floor(place / this.width), rgb, cover);
  }

  words({ text, x, y, anchor, colour, size = 1, isBold = false }: Words): void {
    const width = widthOfWords(text, size);
    let left = Math.round(anchor === "start" ? x : anchor === "middle" ? x - width / 2 : x - width);
    const top = Math.round(y) - font.height * size;
    for (const character of letters(text)) {
      const from = font.lookup.indexOf(character) * font.width;
      for (let column = 0; column < font.width; ++column) {
        const bits = font.fontData[from + column] as number;
        for (let row = 0; row <= font.height; ++row) {
          if (((bits >> row) & 1) === 0) continue;
          this.box({
            kind: "box",
            x: left + column * size,
            y: top + row * size,
            width: isBold ? 1.5 * size : size,
            height: size,
            colour,
          });
        }
      }
      left += ADVANCE * size;
    }
  }

  pixels({ colours, x, y, side }: Pixels): void {
    const columns = Math.sqrt(colours.length);
    for (let row = 0; row < side; ++row) {
      for (let column = 0; column < side; ++column) {
        const from = Math.floor((row * columns) / side) * columns + Math.floor((column * columns) / side);
        this.#blend(Math.round(x) + column, Math.round(y) + row, colours[from] as Rgb, 1);
      }
    }
  }

  #blend(column: number, row: number, colour: Rgb, cover: number): void {
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return;
    const at = 3 * (row * this.width + column);
    for (let index = 0; index < 3; ++index) {
      const below = this.data[at + index] as number;
      this.data[at + index] = Math.round(below + cover * ((colour[index] as number) - below));
    }
  }
}

function distanceToPiece(x: number, y: number, fromX: number, fromY: number, toX: number, toY: number): number {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const square = alongX ** 2 + alongY ** 2;
  const share = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - fromX) * alongX + (y - fromY) * alongY) / square));
  return Math.hypot(x - fromX - share * alongX, y - fromY - share * alongY);
}

function inked(colour: Colour): Rgb {
  return typeof colour === "string" ? rgbOf(LIGHT[colour]) : colour;
}
