import { windowMean } from "../../src/image/window.ts";
import type { Random } from "../../src/random.ts";
import { type Glyph, inkAt } from "../../src/strings/glyph.ts";
import { penLine } from "./pen-line.ts";

// Photographs of digits of which the digit and its place are known: what strangers hold a camera at, with what lies around
// the sheet, falls on it or shines through it. What may lie on the sheet itself is drawn in pictures.ts.

/** A photograph in grey or RGB, in [0, 1]. */
export interface Photograph {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Where the digit is, in pixels: the middle of its box before it was turned, and the box's longer side. */
  readonly digit: { readonly x: number; readonly y: number; readonly size: number };
}

/** A value in [0, 1] for each place in a picture, in pixels. */
type Shade = (x: number, y: number) => number;

/** A digit's place in a picture. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** By how much it is turned, in radians. */
  readonly turn: number;
}

/** The number of pixels in a photograph that is drawn in full, not reduced. */
const MEGAPIXELS_12 = { width: 4000, height: 3000 };

/** Kinds of photographs by name. */
export const PHOTOGRAPH_KINDS: Record<string, (glyph: Glyph, random: Random) => Photograph> = {
  "sheet on a table": (glyph, random) => onTable(glyph, random),
  "slate on a table": (glyph, random) => {
    const photograph = onTable(glyph, random);
    return { ...photograph, data: photograph.data.map((value) => 1 - value) };
  },
  "whiteboard with glare": (glyph, random) => {
    const { width, height, place } = placed(random, 0.25, 0.6);
    const ink = between(random, 0.4, 0.9);
    const board = between(random, 0.5, 0.8);
    const digit = inkOf(glyph, place);
    const light = lamp(random, width, height, 0.25);
    // Beside the digit, though its rim may wash over it: what a lamp hides nobody can read.
    let spot = { x: 0, y: 0 };
    do spot = { x: width * random.uniform(), y: height * random.uniform() };
    while (Math.max(Math.abs(spot.x - place.x), Math.abs(spot.y - place.y)) < 0.65 * place.size);
    const [across, down] = [between(random, 0.05, 0.2) * width, between(random, 0.05, 0.2) * width];
    const peak = between(random, 0.4, 1.5);
    return taken(random, width, height, place, (x, y) => {
      const glare = peak * Math.exp(-(((x - spot.x) / across) ** 2) - ((y - spot.y) / down) ** 2);
      return board * light(x, y) * (1 - ink * digit(x, y)) + glare;
    });
  },
  "blackboard with smears": (glyph, random) => {
    const { width, height, place } = placed(random, 0.25, 0.6);
    const [board, chalk] = [between(random, 0.08, 0.35), between(random, 0.4, 0.6)];
    const digit = inkOf(glyph, place);
    const light = lamp(random, width, height, 0.3);
    // Where the sponge went: broad streaks with soft ends, each of its own strength.
    const streaks = Array.from({ length: 2 + random.below(5) }, () => {
      const turn = between(random, -1.5, 1.5);
      const [along, across] = [between(random, 0.2, 0.7) * width, between(random, 0.02, 0.08) * width];
      const [x, y] = [width * random.uniform(), height * random.uniform()];
      return { cos: Math.cos(turn), sin: Math.sin(turn), x, y, along, across, strength: between(random, 0.05, 0.2) };
    });
    const [grain, dust] = [grained(random, 1.5), grained(random, 6)];
    return taken(random, width, height, place, (x, y) => {
      let smear = 0;
      for (const streak of streaks) {
        const [dx, dy] = [x - streak.x, y - streak.y];
        const u = (dx * streak.cos + dy * streak.sin) / streak.along;
        const v = (dy * streak.cos - dx * streak.sin) / streak.across;
        smear += streak.strength * Math.exp(-(u ** 4) - v ** 2) * (0.6 + 0.8 * dust(x / 3, y));
      }
      return light(x, y) * (board + smear + chalk * digit(x, y) * Math.min(1, 0.55 + 0.9 * grain(x, y)));
    });
  },
  "screen with moiré": (glyph, random) => {
    const { width, height, place } = placed(random, 0.25, 0.6);
    const [screen, ink] = [between(random, 0.6, 0.9), between(random, 0.6, 1)];
    const digit = inkOf(glyph, place);
    const isDark = random.below(2) === 0;
    const waves = Array.from({ length: 2 + random.below(2) }, () => {
      const [turn, length] = [between(random, 0, Math.PI), between(random, 4, 40)];
      const [phase, bend] = [between(random, 0, 6), between(random, -0.5, 0.5) / width];
      return { cos: Math.cos(turn), sin: Math.sin(turn), length, phase, bend, depth: between(random, 0.02, 0.09) };
    });
    const light = lamp(random, width, height, 0.15);
    return taken(random, width, height, place, (x, y) => {
      let stripes = 1;
      for (const { cos, sin, length, phase, bend, depth } of waves) {
        const [u, v] = [x * cos + y * sin, y * cos - x * sin];
        stripes += depth * Math.sin((2 * Math.PI * (u + bend * v * v)) / length + phase);
      }
      const shown = isDark ? 1 - ink * digit(x, y) : 0.08 + 0.92 * ink * digit(x, y);
      return screen * light(x, y) * stripes * shown;
    });
  },
  "finger at the edge": (glyph, random) => {
    const { width, height, place } = placed(random, 0.25, 0.5);
    const [paper, ink] = [between(random, 0.6, 0.95), between(random, 0.45, 0.95)];
    const digit = inkOf(glyph, place);
    const light = lamp(random, width, height, 0.3);
    const finger = fingerBeside(random, width, height, place);
    const skin = between(random, 0.2, 0.75);
    return taken(random, width, height, place, (x, y) => {
      const { cover, shade } = finger(x, y);
      const sheet = paper * light(x, y) * (1 - ink * digit(x, y)) * (1 - 0.3 * shade);
      return (1 - cover) * sheet + cover * skin * light(x, y);
    });
  },
  "grid paper turned": (glyph, random) => {
    const { width, height, place } = placed(random, 0.3, 0.6);
    const [paper, ink] = [between(random, 0.7, 0.95), between(random, 0.5, 0.95)];
    const digit = inkOf(glyph, place);
    const light = lamp(random, width, height, 0.25);
    const turn = ((random.below(2) === 0 ? 1 : -1) * between(random, 5, 15) * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const step = place.size * between(random, 0.12, 0.5);
    const [pen, strength] = [between(random, 0.6, 1.2) * Math.max(1, place.size / 120), between(random, 0.15, 0.5)];
    const [firstX, firstY] = [step * random.uniform(), step * random.uniform()];
    const rule = (along: number): number => {
      const distance = Math.abs((((along % step) + 1.5 * step) % step) - step / 2);
      return Math.max(0, Math.min(1, pen / 2 + 0.5 - distance));
    };
    return taken(random, width, height, place, (x, y) => {
      const rules = Math.max(rule(x * cos + y * sin - firstX), rule(y * cos - x * sin - firstY));
      return paper * light(x, y) * (1 - ink * Math.max(digit(x, y), strength * rules));
    });
  },
  "print shining through": (glyph, random) => {
    const { width, height, place } = placed(random, 0.25, 0.6);
    const [paper, ink] = [between(random, 0.7, 0.95), between(random, 0.5, 0.95)];
    const digit = inkOf(glyph, place);
    const light = lamp(random, width, height, 0.25);
    const lineHeight = between(random, 0.03, 0.08) * height;
    const strength = between(random, 0.04, 0.14);
    const letters = grained(random, 1);
    const slope = between(random, -0.03, 0.03);
    const [left, right] = [between(random, -0.1, 0.15) * width, between(random, 0.85, 1.1) * width];
    return taken(random, width, height, place, (x, y) => {
      const [line, within] = [Math.floor((y - slope * x) / lineHeight), (((y - slope * x) / lineHeight) % 1) + 1];
      const letter = x / (0.28 * lineHeight);
      // Strokes of letters, blurred by the paper, in words with gaps between.
      const isWord = letters(Math.floor(letter / 5) * 7, line * 5) > 0.18 && x > left && x < right;
      const inLine = Math.max(0, 1 - Math.abs((within % 1) - 0.5) / 0.35);
      const through = isWord
        ? strength * Math.min(1, 2 * inLine) * Math.max(0, 2 * letters(2.2 * letter, line * 3) - 0.4)
        : 0;
      return paper * light(x, y) * (1 - Math.min(1, ink * digit(x, y) + through));
    });
  },
  "ball pen in 12 megapixels": (glyph, random) => {
    const { width, height } = MEGAPIXELS_12;
    const size = height * between(random, 0.1, 0.5);
    const place = {
      x: between(random, 0.1 * width + size / 2, 0.9 * width - size / 2),
      y: between(random, 0.1 * height + size / 2, 0.9 * height - size / 2),
      size,
      turn: 0,
    };
    const [paper, ink, pen] = [between(random, 0.6, 0.9), between(random, 0.5, 0.9), between(random, 1, 2)];
    const [slopeX, slopeY] = [between(random, -0.2, 0.2) / width, between(random, -0.2, 0.2) / height];
    const noise = between(random, 0, 0.02);
    const data = new Float32Array(width * height);
    for (let row = 0, index = 0; row < height; ++row) {
      for (let column = 0; column < width; ++column, ++index) {
        data[index] = clamped(
          paper * (1 + slopeX * (column - width / 2) + slopeY * (row - height / 2)) +
            2 * noise * (random.uniform() - 0.5),
        );
      }
    }
    const scale = size / Math.max(glyph.width, glyph.height);
    const [left, top] = [place.x - (scale * glyph.width) / 2, place.y - (scale * glyph.height) / 2];
    const covered = new Map<number, number>();
    for (const segment of penLine(glyph)) {
      const [fromX, fromY, toX, toY] = segment.map((at, axis) => scale * at + (axis % 2 === 0 ? left : top)) as [
        number,
        number,
        number,
        number,
      ];
      for (let row = Math.floor(Math.min(fromY, toY)) - 2; row <= Math.max(fromY, toY) + 2; ++row) {
        for (let column = Math.floor(Math.min(fromX, toX)) - 2; column <= Math.max(fromX, toX) + 2; ++column) {
          const [dx, dy] = [toX - fromX, toY - fromY];
          const share = Math.max(
            0,
            Math.min(1, ((column + 0.5 - fromX) * dx + (row + 0.5 - fromY) * dy) / Math.max(1e-9, dx * dx + dy * dy)),
          );
          const distance = Math.hypot(column + 0.5 - fromX - share * dx, row + 0.5 - fromY - share * dy);
          const cover = Math.max(0, Math.min(1, pen / 2 + 0.5 - distance));
          const at = row * width + column;
          if (cover > (covered.get(at) ?? 0)) covered.set(at, cover);
        }
      }
    }
    for (const [at, cover] of covered) data[at] = (data[at] as number) * (1 - ink * cover);
    return { data, width, height, channels: 1, digit: place };
  },
};

/** A sheet with a digit of 15 to 60 % of its height, a little turned, on a table; all of it in the picture or up to its cut-off sides. */
function onTable(glyph: Glyph, random: Random): Photograph {
  const [width, height] = [240 + random.below(460), 240 + random.below(460)];
  const turn = between(random, -0.3, 0.3);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const sheetHeight = Math.min(width, height) * between(random, 0.55, 1.1);
  const sheetWidth = sheetHeight * between(random, 0.75, 1.5);
  // Somewhere in the picture, but so that two of its sides at least are seen.
  const [reachX, reachY] = [
    (Math.abs(cos) * sheetWidth + Math.abs(sin) * sheetHeight) / 2,
    (Math.abs(sin) * sheetWidth + Math.abs(cos) * sheetHeight) / 2,
  ];
  const middle = { x: 0, y: 0 };
  const size = sheetHeight * between(random, 0.15, 0.6);
  const place = { x: 0, y: 0, size, turn: 0 };
  const room = 0.6 * size;
  for (let isPlaced = false; !isPlaced; ) {
    middle.x = between(random, -0.1, 1.1) * width;
    middle.y = between(random, -0.1, 1.1) * height;
    const cut = [middle.x - reachX < 0, middle.x + reachX > width, middle.y - reachY < 0, middle.y + reachY > height];
    const u = between(random, -0.5, 0.5) * (sheetWidth - 2 * room);
    const v = between(random, -0.5, 0.5) * (sheetHeight - 2 * room);
    place.x = middle.x + u * cos - v * sin;
    place.y = middle.y + u * sin + v * cos;
    isPlaced =
      cut.filter((is) => is).length <= 2 &&
      place.x > room &&
      place.x < width - room &&
      place.y > room &&
      place.y < height - room;
  }
  const ink = between(random, 0.45, 0.95);
  const paper = between(random, 0.6, 0.95);
  const digit = inkOf(glyph, { ...place, turn: turn + between(random, -0.1, 0.1) });
  const light = lamp(random, width, height, 0.25);
  const table = tableTop(random, paper, width);
  // The shadow falls to one side, as far as the sheet stands off the table.
  const [fallX, fallY] = [between(random, -0.03, 0.03) * width, between(random, -0.03, 0.03) * width];
  const depth = between(random, 0, 0.5);
  const blur = between(random, 0.005, 0.03) * width;
  const insideBy = (x: number, y: number): number => {
    const [dx, dy] = [x - middle.x, y - middle.y];
    return Math.min(sheetWidth / 2 - Math.abs(dx * cos + dy * sin), sheetHeight / 2 - Math.abs(dy * cos - dx * sin));
  };
  const tint = [between(random, 0.9, 1.1), 1, between(random, 0.6, 1)];
  const shades = [0, 1, 2].map((channel) => (x: number, y: number) => {
    const cover = Math.max(0, Math.min(1, insideBy(x, y) + 0.5));
    const shadow = 1 - depth * Math.max(0, Math.min(1, 0.5 + insideBy(x - fallX, y - fallY) / blur));
    const below = cover < 1 ? table(x, y) * (tint[channel] as number) * shadow : 0;
    return light(x, y) * (cover * paper * (1 - (cover > 0 ? ink * digit(x, y) : 0)) + (1 - cover) * below);
  });
  const data = new Float32Array(3 * width * height);
  shades.forEach((shade, channel) => {
    taken(random, width, height, place, shade).data.forEach((value, index) => {
      data[3 * index + channel] = value;
    });
  });
  return { data, width, height, channels: 3, digit: place };
}

/** A table's brightness: plain, grained, chequered or speckled, and clearly darker or lighter than the paper. */
function tableTop(random: Random, paper: number, width: number): Shade {
  const least = Math.max(0.12, 0.15 * paper);
  let mean = paper;
  while (Math.abs(mean - paper) < least) mean = between(random, 0.05, 1);
  const room = Math.abs(mean - paper);
  const turn = between(random, 0, Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const across = between(random, 0.01, 0.08) * width;
  const depth = between(random, 0.1, 0.5) * room;
  const noise = grained(random, 1);
  return [
    (): number => mean,
    // The rings of the wood, drawn out along it.
    (x: number, y: number): number => {
      const [u, v] = [x * cos + y * sin, y * cos - x * sin];
      return mean + depth * (noise(u / (12 * across), v / across) + noise(u / (4 * across), (4 * v) / across) - 1);
    },
    (x: number, y: number): number => {
      const [u, v] = [x * cos + y * sin, y * cos - x * sin].map((along) => Math.floor(along / (2 * across)));
      return mean + depth * (((u as number) + (v as number)) % 2 === 0 ? 1 : -1);
    },
    (x: number, y: number): number => mean + 1.5 * depth * (noise(x / 2, y / 2) - 0.5),
  ][random.below(4)] as Shade;
}

/** A finger that comes in from a side of the picture and stays clear of the digit: how much of it covers a place, and its shadow. */
function fingerBeside(
  random: Random,
  width: number,
  height: number,
  place: Place,
): (x: number, y: number) => { cover: number; shade: number } {
  const least = Math.min(width, height);
  for (;;) {
    const side = random.below(4);
    const along = between(random, 0.05, 0.95);
    const radius = between(random, 0.06, 0.12) * least;
    const length = between(random, 0.05, 0.3) * least;
    const turn = between(random, -0.6, 0.6) + (side * Math.PI) / 2;
    const [startX, startY] = [
      [0, along * width, width, along * width][side] as number,
      [along * height, 0, along * height, height][side] as number,
    ];
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const distanceTo = (x: number, y: number): number => {
      const [dx, dy] = [x - startX, y - startY];
      const share = Math.min(length, dx * cos + dy * sin);
      return Math.hypot(dx - share * cos, dy - share * sin) - radius;
    };
    if (distanceTo(place.x, place.y) < 0.75 * place.size + 0.05 * least) continue;
    const soft = between(random, 0.003, 0.02) * least;
    return (x, y) => {
      const distance = distanceTo(x, y);
      return {
        cover: Math.max(0, Math.min(1, 0.5 - distance / (2 * soft))),
        shade: Math.max(0, 1 - Math.max(0, distance) / (0.05 * least)),
      };
    };
  }
}

/** The size of a picture, and a digit's place in it: its longer side is one of the shares of the picture's shorter. */
function placed(random: Random, least: number, most: number): { width: number; height: number; place: Place } {
  const [width, height] = [200 + random.below(400), 200 + random.below(400)];
  const size = Math.min(width, height) * between(random, least, most);
  const x = between(random, 0.05 * width + size / 2, 0.95 * width - size / 2);
  const y = between(random, 0.05 * height + size / 2, 0.95 * height - size / 2);
  return { width, height, place: { x, y, size, turn: between(random, -0.1, 0.1) } };
}

/** How much of a place the digit covers. */
function inkOf(glyph: Glyph, { x: middleX, y: middleY, size, turn }: Place): Shade {
  const scale = size / Math.max(glyph.width, glyph.height);
  const [cos, sin] = [Math.cos(turn) / scale, Math.sin(turn) / scale];
  return (x, y) => {
    const [dx, dy] = [x - middleX, y - middleY];
    if (Math.max(Math.abs(dx), Math.abs(dy)) > size) return 0;
    return inkAt(glyph, dx * cos + dy * sin + glyph.width / 2, dy * cos - dx * sin + glyph.height / 2);
  };
}

/** A lamp to one side: 1 in the mean, and up to `depth` less or more at the far corners. */
function lamp(random: Random, width: number, height: number, depth: number): Shade {
  const turn = between(random, 0, 2 * Math.PI);
  const slope = between(random, 0, depth);
  const [cos, sin] = [Math.cos(turn) * slope, Math.sin(turn) * slope];
  return (x, y) => 1 + cos * (x / width - 0.5) + sin * (y / height - 0.5);
}

/** Smooth noise in [0, 1] whose grains are `size` pixels wide. */
function grained(random: Random, size: number): Shade {
  const values = Float32Array.from({ length: 64 * 64 }, () => random.uniform());
  const at = (column: number, row: number): number => values[(row & 63) * 64 + (column & 63)] as number;
  return (x, y) => {
    const [u, v] = [x / size, y / size];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const [across, down] = [u - column, v - row];
    const upper = at(column, row) * (1 - across) + at(column + 1, row) * across;
    return upper * (1 - down) + (at(column, row + 1) * (1 - across) + at(column + 1, row + 1) * across) * down;
  };
}

/** What the camera makes of a scene: now and then a little blurred, and with noise. */
function taken(random: Random, width: number, height: number, digit: Place, scene: Shade): Photograph {
  const sharp = new Float32Array(width * height);
  for (let row = 0, index = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, ++index) sharp[index] = clamped(scene(column + 0.5, row + 0.5));
  }
  const noise = between(random, 0, 0.02);
  const seen = windowMean({ values: sharp, width, height }, random.below(2)).values;
  const data = seen.map((value) => clamped(value + 2 * noise * (random.uniform() - 0.5)));
  return { data, width, height, channels: 1, digit };
}

function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random.uniform();
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value));
}
