import type { Random } from "../../src/random.ts";
import { type Glyph, inkAt } from "../../src/strings/glyph.ts";

// Pictures of digits as people draw, photograph and scan them, of which the digit is known: one kind for each thing that
// may lie in a picture beside the digit, or befall it.

/** A picture in grey or RGB, in [0, 1]. */
export interface DrawnPicture {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** A picture with the digit's place on it. */
interface Sheet {
  readonly width: number;
  readonly height: number;
  /** The digit's box. */
  readonly left: number;
  readonly top: number;
  readonly size: number;
  /** Brightness of the bare sheet. */
  readonly paper: number;
  /** Share of the light that full ink takes. */
  readonly ink: number;
  /** Share of the light that is missing on each pixel, by the digit and by what else is drawn. */
  readonly missing: Float32Array;
}

/** Kinds of pictures by name. */
export const PICTURE_KINDS: Record<string, (glyph: Glyph, random: Random) => DrawnPicture> = {
  plain: (glyph, random) => lit(sheetWith(glyph, random), random, () => 1),
  "corner shadow": (glyph, random) => {
    const [cornerX, cornerY] = [random.below(2), random.below(2)];
    const [reach, depth] = [between(random, 0.4, 0.9), between(random, 0.3, 0.6)];
    return lit(sheetWith(glyph, random), random, (x, y) => {
      const distance = Math.sqrt((x - cornerX) ** 2 + (y - cornerY) ** 2);
      return 1 - depth * Math.max(0, 1 - distance / reach) ** 2;
    });
  },
  vignette: (glyph, random) => {
    const [middleX, middleY] = [between(random, 0.35, 0.65), between(random, 0.35, 0.65)];
    const depth = between(random, 0.5, 1.1);
    return lit(sheetWith(glyph, random), random, (x, y) => 1 - depth * ((x - middleX) ** 2 + (y - middleY) ** 2));
  },
  "ruled paper": (glyph, random) => ruled(glyph, random, false),
  "squared paper": (glyph, random) => ruled(glyph, random, true),
  spiral: (glyph, random) => {
    const sheet = sheetWith(glyph, random);
    const edge = Math.floor(sheet.height * between(random, 0.06, 0.12));
    const step = Math.round(sheet.width / (10 + random.below(10)));
    drawOn(sheet, (x, y) => (y < edge ? 0.7 : y < 1.6 * edge && x % step < step / 3 ? 0.9 : 0));
    return lit(sheet, random, () => 1);
  },
  "broken strokes": (glyph, random) => {
    const sheet = sheetWith(glyph, random);
    const period = Math.max(6, Math.round(sheet.size / (6 + random.below(4))));
    const slant = random.below(2) === 0 ? 1 : -1;
    for (let index = 0; index < sheet.missing.length; ++index) {
      const along = (index % sheet.width) + slant * Math.floor(index / sheet.width);
      if ((((along % period) + period) % period) / period < 0.22) sheet.missing[index] = 0;
    }
    return lit(sheet, random, () => 1);
  },
  colours: (glyph, random) => {
    const sheet = sheetWith(glyph, random, { ink: 1 });
    const paper = [random.uniform(), random.uniform(), random.uniform()];
    let ink = paper;
    // As bright as the paper or not, but of a colour that is clearly another.
    while (ink.reduce((sum, value, channel) => sum + Math.abs(value - (paper[channel] as number)), 0) < 0.7) {
      ink = [random.uniform(), random.uniform(), random.uniform()];
    }
    const data = new Float32Array(3 * sheet.missing.length);
    for (let index = 0; index < data.length; ++index) {
      const share = sheet.missing[Math.floor(index / 3)] as number;
      const value = share * (ink[index % 3] as number) + (1 - share) * (paper[index % 3] as number);
      data[index] = clamped(value + 0.02 * (random.uniform() - 0.5));
    }
    return { data, width: sheet.width, height: sheet.height, channels: 3 };
  },
  ring: (glyph, random) => {
    const sheet = sheetWith(glyph, random, { share: 0.4, central: true });
    const radius = sheet.size * between(random, 0.72, 0.85);
    const [middleX, middleY] = [sheet.left + sheet.size / 2, sheet.top + sheet.size / 2];
    drawOn(sheet, (x, y) => {
      const distance = Math.abs(Math.sqrt((x - middleX) ** 2 + (y - middleY) ** 2) - radius);
      return distance < Math.max(1, sheet.size / 40) ? 1 : 0;
    });
    return lit(sheet, random, () => 1);
  },
  box: (glyph, random) => {
    const sheet = sheetWith(glyph, random, { share: 0.45, central: true });
    const reach = sheet.size * between(random, 0.62, 0.85);
    const [middleX, middleY] = [sheet.left + sheet.size / 2, sheet.top + sheet.size / 2];
    drawOn(sheet, (x, y) => {
      const distance = Math.abs(Math.max(Math.abs(x - middleX), Math.abs(y - middleY)) - reach);
      return distance < Math.max(1, sheet.size / 40) ? 1 : 0;
    });
    return lit(sheet, random, () => 1);
  },
  underline: (glyph, random) => {
    const sheet = sheetWith(glyph, random, { share: 0.5 });
    const row = sheet.top + sheet.size * between(random, 1.1, 1.2);
    const [from, to] = [sheet.left - 0.1 * sheet.size, sheet.left + 1.1 * sheet.size];
    drawOn(sheet, (x, y) => (Math.abs(y - row) < Math.max(1, sheet.size / 40) && x >= from && x <= to ? 1 : 0));
    return lit(sheet, random, () => 1);
  },
  "pale ink": (glyph, random) => lit(sheetWith(glyph, random, { ink: between(random, 0.08, 0.2) }), random, () => 1),
  // As with a pencil that is pressed now more and now less.
  "uneven ink": (glyph, random) => {
    const sheet = sheetWith(glyph, random);
    const least = between(random, 0.35, 0.7);
    const [turn, phase] = [between(random, 0, Math.PI), between(random, 0, 2 * Math.PI)];
    const waves = (2 * Math.PI * between(random, 0.5, 2)) / sheet.size;
    sheet.missing.forEach((missing, index) => {
      const [x, y] = [index % sheet.width, Math.floor(index / sheet.width)];
      const pressed = (1 + Math.sin(waves * (x * Math.cos(turn) + y * Math.sin(turn)) + phase)) / 2;
      sheet.missing[index] = missing * (least + (1 - least) * pressed);
    });
    return lit(sheet, random, () => 1);
  },
  "thick ink": (glyph, random) => {
    const sheet = sheetWith(glyph, random, { share: 0.85 });
    const radius = Math.round(sheet.size / 40);
    const thin = sheet.missing.slice();
    drawOn(sheet, (x, y) => {
      let most = 0;
      for (let down = -radius; down <= radius; ++down) {
        const row = y + down;
        if (row < 0 || row >= sheet.height) continue;
        for (let column = Math.max(0, x - radius); column <= Math.min(sheet.width - 1, x + radius); ++column) {
          most = Math.max(most, (thin[row * sheet.width + column] as number) / sheet.ink);
        }
      }
      return most;
    });
    return lit(sheet, random, () => 1);
  },
  "tight crop": (glyph, random) => {
    const size = 16 + random.below(60);
    const scale = size / Math.max(glyph.width, glyph.height);
    const [width, height] = [
      Math.max(6, Math.round(scale * glyph.width)),
      Math.max(6, Math.round(scale * glyph.height)),
    ];
    const sheet = emptySheet({ width, height, left: 0, top: 0, size, paper: 0.9, ink: between(random, 0.5, 0.95) });
    drawOn(sheet, (x, y) => inkAt(glyph, (x + 0.5) / scale, (y + 0.5) / scale));
    return lit(sheet, random, () => 1);
  },
  "28×28 of another size or place": (glyph, random) => {
    const size = 10 + random.below(17);
    const [left, top] = [random.below(28 - size), random.below(28 - size)];
    const sheet = emptySheet({ width: 28, height: 28, left, top, size, paper: 1, ink: 1 });
    placeGlyph(sheet, glyph);
    const brightness = between(random, 0.6, 1);
    return { data: sheet.missing.map((ink) => brightness * ink), width: 28, height: 28, channels: 1 };
  },
};

/** A sheet of random size with the digit somewhere on it. */
function sheetWith(
  glyph: Glyph,
  random: Random,
  wanted: { share?: number; ink?: number; central?: boolean } = {},
): Sheet {
  const width = 90 + random.below(120);
  const height = 90 + random.below(120);
  const least = Math.min(width, height);
  const size = Math.round(least * (wanted.share ?? between(random, 0.4, 0.7)));
  const central = wanted.central === true;
  const left = central ? (width - size) / 2 : between(random, 0.08, 0.92 - size / width) * width;
  const top = central ? (height - size) / 2 : between(random, 0.16, Math.max(0.17, 0.84 - size / height)) * height;
  const ink = wanted.ink ?? between(random, 0.45, 0.95);
  const sheet = emptySheet({ width, height, left, top, size, paper: between(random, 0.7, 0.95), ink });
  placeGlyph(sheet, glyph);
  return sheet;
}

function emptySheet(about: Omit<Sheet, "missing">): Sheet {
  return { ...about, missing: new Float32Array(about.width * about.height) };
}

/** Draws the digit into its box, in the middle of the shorter side. */
function placeGlyph(sheet: Sheet, glyph: Glyph): void {
  const scale = sheet.size / Math.max(glyph.width, glyph.height);
  const left = sheet.left + (sheet.size - scale * glyph.width) / 2;
  const top = sheet.top + (sheet.size - scale * glyph.height) / 2;
  drawOn(sheet, (x, y) => inkAt(glyph, (x + 0.5 - left) / scale, (y + 0.5 - top) / scale));
}

/** Adds ink where there was less. */
function drawOn(sheet: Sheet, inkOf: (x: number, y: number) => number): void {
  for (let index = 0; index < sheet.missing.length; ++index) {
    const ink = sheet.ink * inkOf(index % sheet.width, Math.floor(index / sheet.width));
    if (ink > (sheet.missing[index] as number)) sheet.missing[index] = ink;
  }
}

/** The sheet under a light, with a camera's noise; half of the time as ink on paper, half of the time inverted. */
function lit(sheet: Sheet, random: Random, light: (x: number, y: number) => number): DrawnPicture {
  const { width, height, paper, missing } = sheet;
  const noise = between(random, 0, 0.02) * Math.min(1, 2 * sheet.ink);
  const inverted = random.below(2) === 0;
  const data = missing.map((ink, index) => {
    const shade = light((index % width) / width, Math.floor(index / width) / height);
    const value = clamped(paper * shade * (1 - ink) + 2 * noise * (random.uniform() - 0.5));
    return inverted ? 1 - value : value;
  });
  return { data, width, height, channels: 1 };
}

/** Rules as fine and paler than the ink, a little slanted, also through the digit. */
function ruled(glyph: Glyph, random: Random, squared: boolean): DrawnPicture {
  const sheet = sheetWith(glyph, random);
  const step = sheet.size * between(random, 0.3, 0.9);
  const slope = between(random, -0.02, 0.02);
  const strength = between(random, 0.4, 0.8);
  const first = random.uniform() * step;
  const near = (place: number): boolean => (((place - first) % step) + step) % step < 1.2;
  drawOn(sheet, (x, y) => (near(y - slope * x) || (squared && near(x + slope * y)) ? strength : 0));
  return lit(sheet, random, () => 1);
}

function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random.uniform();
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value));
}
