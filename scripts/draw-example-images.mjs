/**
 * Draws the pictures in examples/images: ten handwritten-looking digits in ten manners (canvas, chalk, pen, marker,
 * photograph) and one star, which is no digit; and those in examples/numbers: a meter, a postcode and a form. The same bytes
 * come out each time.
 *
 * Usage: node scripts/draw-example-images.mjs [DIRECTORY] [DIRECTORY FOR NUMBERS]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";

/**
 * Strokes in a box of height 1, x to the right and y down; a pen runs smoothly through the points of a stroke.
 * A point given twice makes a corner.
 */
const strokes = {
  zero: [
    [
      [0.42, 0.03],
      [0.2, 0.1],
      [0.06, 0.38],
      [0.1, 0.75],
      [0.3, 0.98],
      [0.52, 0.86],
      [0.62, 0.5],
      [0.54, 0.16],
      [0.38, 0.02],
      [0.3, 0.06],
    ],
  ],
  one: [
    [
      [0.27, 0.1],
      [0.32, 0.06],
      [0.36, 0],
      [0.36, 0],
      [0.33, 0.5],
      [0.28, 1],
    ],
  ],
  two: [
    [
      [0.06, 0.22],
      [0.2, 0.04],
      [0.42, 0.02],
      [0.54, 0.2],
      [0.42, 0.5],
      [0.18, 0.8],
      [0.03, 0.96],
      [0.03, 0.96],
      [0.3, 0.93],
      [0.62, 0.98],
    ],
  ],
  three: [
    [
      [0.08, 0.1],
      [0.3, 0],
      [0.52, 0.12],
      [0.46, 0.36],
      [0.22, 0.46],
      [0.22, 0.46],
      [0.5, 0.54],
      [0.58, 0.78],
      [0.38, 0.98],
      [0.1, 0.95],
      [0.02, 0.84],
    ],
  ],
  four: [
    [
      [0.24, 0.02],
      [0.14, 0.3],
      [0.04, 0.56],
      [0.04, 0.56],
      [0.34, 0.58],
      [0.66, 0.54],
    ],
    [
      [0.5, 0.12],
      [0.47, 0.55],
      [0.42, 1],
    ],
  ],
  five: [
    [
      [0.16, 0.04],
      [0.13, 0.24],
      [0.1, 0.44],
      [0.1, 0.44],
      [0.34, 0.38],
      [0.54, 0.54],
      [0.52, 0.84],
      [0.28, 1],
      [0.02, 0.92],
    ],
    [
      [0.16, 0.04],
      [0.36, 0.05],
      [0.56, 0],
    ],
  ],
  six: [
    [
      [0.44, 0],
      [0.24, 0.16],
      [0.08, 0.48],
      [0.08, 0.82],
      [0.28, 1],
      [0.5, 0.88],
      [0.5, 0.64],
      [0.3, 0.54],
      [0.12, 0.68],
      [0.08, 0.8],
    ],
  ],
  seven: [
    [
      [0.04, 0.08],
      [0.3, 0.07],
      [0.6, 0.02],
      [0.6, 0.02],
      [0.44, 0.36],
      [0.32, 0.7],
      [0.26, 1],
    ],
    [
      [0.2, 0.52],
      [0.38, 0.5],
      [0.56, 0.46],
    ],
  ],
  eight: [
    [
      [0.5, 0.14],
      [0.34, 0],
      [0.12, 0.1],
      [0.14, 0.32],
      [0.36, 0.48],
      [0.54, 0.72],
      [0.42, 0.96],
      [0.16, 0.97],
      [0.06, 0.76],
      [0.26, 0.5],
      [0.46, 0.32],
      [0.51, 0.13],
    ],
  ],
  nine: [
    [
      [0.54, 0.16],
      [0.36, 0.02],
      [0.12, 0.12],
      [0.08, 0.36],
      [0.24, 0.5],
      [0.44, 0.4],
      [0.54, 0.16],
      [0.54, 0.16],
      [0.53, 0.5],
      [0.46, 0.8],
      [0.4, 1],
    ],
  ],
  // The smooth curve through these points touches each corner twice, so that corners stay sharp.
  star: [
    Array.from({ length: 22 }, (_, index) => {
      const corner = index >> 1;
      const radius = corner % 2 === 0 ? 0.5 : 0.2;
      const angle = (Math.PI * corner) / 5;
      return [0.5 + radius * Math.sin(angle), 0.5 - radius * Math.cos(angle)];
    }),
  ],
};

/** A seeded generator of numbers in [0, 1) (mulberry32). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Points of the Catmull-Rom spline through a stroke, close enough for straight lines between them. */
function smooth(points, steps = 16) {
  const at = (index) => points[Math.max(0, Math.min(points.length - 1, index))];
  const curve = [points[0]];
  for (let index = 0; index + 1 < points.length; ++index) {
    for (let step = 1; step <= steps; ++step) {
      const t = step / steps;
      curve.push(
        [0, 1].map((axis) => {
          const [before, from, to, after] = [-1, 0, 1, 2].map((offset) => at(index + offset)[axis]);
          return (
            from +
            (t / 2) *
              (to - before + t * (2 * before - 5 * from + 4 * to - after + t * (3 * (from - to) + after - before)))
          );
        }),
      );
    }
  }
  return curve;
}

/**
 * How much of each pixel the pen covers, in [0, 1]. The pen grows and shrinks along a stroke by `liveliness`, as
 * pressure does.
 */
function drawInk(name, { width, height, left, top, size, pen, slant = 0, liveliness = 0.15 }) {
  const ink = new Float32Array(width * height);
  for (const stroke of strokes[name]) {
    const curve = smooth(stroke).map(([x, y]) => [left + size * (x + slant * (0.5 - y)), top + size * y]);
    for (let index = 0; index + 1 < curve.length; ++index) {
      const radius = (pen / 2) * (1 + liveliness * Math.sin((6 * index) / curve.length + 1));
      coverSegment(ink, width, height, curve[index], curve[index + 1], radius);
    }
  }
  return ink;
}

function coverSegment(ink, width, height, [x0, y0], [x1, y1], radius) {
  const reach = radius + 1;
  const lengthSquared = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  for (
    let row = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    row <= Math.min(height - 1, Math.max(y0, y1) + reach);
    ++row
  ) {
    for (
      let column = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
      column <= Math.min(width - 1, Math.max(x0, x1) + reach);
      ++column
    ) {
      const [x, y] = [column + 0.5, row + 0.5];
      const along = lengthSquared === 0 ? 0 : ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / lengthSquared;
      const t = Math.max(0, Math.min(1, along));
      const distance = Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
      // The edge runs over one pixel, which is the antialiasing.
      const covered = Math.max(0, Math.min(1, radius + 0.5 - distance));
      ink[row * width + column] = Math.max(ink[row * width + column], covered);
    }
  }
}

/**
 * Colours a drawing: per pixel the mix of paper and ink, lit by `light(x, y)` with x and y in [0, 1], with noise.
 * Paper and ink are lists of one value per channel in 0..255.
 */
function colour(ink, { width, height, paper, pen, light = () => 1, noise = 0, seed = 1 }) {
  const random = randomNumbers(seed);
  const channels = paper.length;
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < ink.length; ++index) {
    const lit = light((index % width) / width, Math.floor(index / width) / height);
    // The sum of three uniform numbers is close enough to a bell curve.
    const grain = noise * 2 * (random() + random() + random() - 1.5);
    for (let channel = 0; channel < channels; ++channel) {
      const mixed = paper[channel] * (1 - ink[index]) + pen[channel] * ink[index];
      data[index * channels + channel] = Math.max(0, Math.min(255, Math.round(mixed * lit + grain)));
    }
  }
  return { data, width, height, channels };
}

function png(image) {
  return encodePng({ ...image, depth: 8 }, { zlib: { level: 9 } });
}

function pgm({ data, width, height }) {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`, "latin1"), data]);
}

function jpg({ data, width, height }) {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let index = 0; index < width * height; ++index) rgba.set(data.subarray(index * 3, index * 3 + 3), index * 4);
  return jpeg.encode({ data: rgba, width, height }, 72).data;
}

/** Puts the coverage into the alpha channel: ink of one colour on nothing. */
function onTransparent(ink, { width, height, pen }) {
  const data = new Uint8Array(width * height * 4);
  ink.forEach((covered, index) => {
    data.set([...pen, Math.round(255 * covered)], index * 4);
  });
  return { data, width, height, channels: 4 };
}

/** A drawing and its colouring share their size; most pictures are just that. */
function picture(name, drawing, colouring) {
  return colour(drawInk(name, drawing), { width: drawing.width, height: drawing.height, ...colouring });
}

const smoothStep = (t) => Math.max(0, Math.min(1, t)) ** 2 * (3 - 2 * Math.max(0, Math.min(1, t)));

const pictures = {
  "zero-canvas.png": () =>
    png(
      picture(
        "zero",
        { width: 280, height: 280, left: 76, top: 50, size: 180, pen: 22, slant: 0.15 },
        { paper: [0], pen: [255] },
      ),
    ),
  "one-pencil.png": () =>
    png(
      picture(
        "one",
        { width: 140, height: 200, left: 52, top: 40, size: 112, pen: 7, slant: 0.2 },
        { paper: [222], pen: [96], light: (x, y) => 1 - 0.3 * x - 0.15 * y, noise: 3, seed: 2 },
      ),
    ),
  "two-transparent.png": () => {
    const size = { width: 240, height: 240 };
    const ink = drawInk("two", { ...size, left: 30, top: 70, size: 140, pen: 17, slant: 0.1 });
    return png(onTransparent(ink, { ...size, pen: [20, 20, 30] }));
  },
  "three-photograph.jpg": () =>
    jpg(
      picture(
        "three",
        { width: 640, height: 480, left: 300, top: 120, size: 250, pen: 21, slant: 0.1 },
        {
          paper: [232, 226, 210],
          pen: [44, 40, 52],
          light: (x, y) => (1 - 0.35 * y - 0.1 * x) * (1 - 0.3 * smoothStep((x + 0.4 * y - 0.75) / 0.2)),
          noise: 5,
          seed: 3,
        },
      ),
    ),
  "four-scan.pgm": () =>
    pgm(
      picture(
        "four",
        { width: 160, height: 160, left: 26, top: 30, size: 104, pen: 10, slant: 0.05 },
        { paper: [244], pen: [30], noise: 3, seed: 4 },
      ),
    ),
  "five-pen.png": () =>
    png(
      picture(
        "five",
        { width: 320, height: 240, left: 150, top: 30, size: 150, pen: 5, slant: 0.1 },
        { paper: [250, 244, 226], pen: [28, 52, 160], light: (x) => 1 - 0.12 * x },
      ),
    ),
  "six-chalk.png": () =>
    png(
      picture(
        "six",
        { width: 200, height: 200, left: 60, top: 28, size: 140, pen: 13, slant: 0.1 },
        { paper: [46], pen: [214], light: (x, y) => 1 - 0.25 * Math.hypot(x - 0.4, y - 0.4), noise: 4, seed: 6 },
      ),
    ),
  "seven-small.png": () =>
    png(
      picture(
        "seven",
        { width: 120, height: 120, left: 8, top: 10, size: 60, pen: 6, slant: 0.1 },
        { paper: [255], pen: [0] },
      ),
    ),
  "eight-marker.png": () =>
    png(
      picture(
        "eight",
        { width: 640, height: 640, left: 180, top: 90, size: 440, pen: 66, slant: 0.1 },
        { paper: [240], pen: [24], light: (x, y) => 1 - 0.4 * x * y },
      ),
    ),
  "nine-shadow.png": () =>
    png(
      picture(
        "nine",
        { width: 400, height: 300, left: 60, top: 50, size: 190, pen: 17, slant: 0.1 },
        { paper: [228], pen: [50], light: (x, y) => (x + 0.3 * y > 0.42 ? 0.62 : 1) },
      ),
    ),
  "star.png": () =>
    png(
      picture(
        "star",
        { width: 256, height: 256, left: 43, top: 43, size: 170, pen: 11, liveliness: 0 },
        { paper: [0], pen: [255] },
      ),
    ),
};

/** The ink of several digits: each of `digits` is `[name, left, top, size]`. */
function drawNumber(digits, { width, height, pen, slant = 0.1 }) {
  const all = new Float32Array(width * height);
  for (const [name, left, top, size] of digits) {
    drawInk(name, { width, height, left, top, size, pen, slant }).forEach((covered, index) => {
      all[index] = Math.max(all[index], covered);
    });
  }
  return all;
}

const numbers = {
  "meter-40725.png": () => {
    const size = { width: 420, height: 130 };
    const digits = ["four", "zero", "seven", "two", "five"].map((name, place) => [name, 40 + 74 * place, 32, 62]);
    const ink = drawNumber(digits, { ...size, pen: 9, slant: 0 });
    return png(colour(ink, { ...size, paper: [38], pen: [226], light: (x) => 1 - 0.35 * x, noise: 4, seed: 12 }));
  },
  "postcode-80336.png": () => {
    const size = { width: 360, height: 140 };
    const digits = [
      ["eight", 34, 38, 66],
      ["zero", 80, 34, 62],
      ["three", 142, 36, 64],
      ["three", 179, 34, 66],
      ["six", 240, 30, 66],
    ];
    const ink = drawNumber(digits, { ...size, pen: 6 });
    return png(
      colour(ink, {
        ...size,
        paper: [248, 244, 232],
        pen: [30, 50, 150],
        light: (x, y) => 1 - 0.2 * x * y,
        noise: 2,
        seed: 13,
      }),
    );
  },
  "form-1962.png": () => {
    const size = { width: 400, height: 150 };
    const digits = ["one", "nine", "six", "two"].map((name, place) => [name, 52 + 84 * place, 46, 56]);
    const ink = drawNumber(digits, { ...size, pen: 6 });
    const [left, top, right, bottom] = [30, 28, 366, 122];
    const lines = [
      [left, top, right, top],
      [left, bottom, right, bottom],
      ...[0, 1, 2, 3, 4].map((cell) => [left + 84 * cell, top, left + 84 * cell, bottom]),
    ];
    for (const [x0, y0, x1, y1] of lines) coverSegment(ink, size.width, size.height, [x0, y0], [x1, y1], 0.8);
    return png(colour(ink, { ...size, paper: [250], pen: [40], noise: 2, seed: 14 }));
  },
};

async function write(directory, drawings) {
  await mkdir(directory, { recursive: true });
  for (const [name, draw] of Object.entries(drawings)) await writeFile(join(directory, name), draw());
}

const folder = (name) => fileURLToPath(new URL(`../examples/${name}/`, import.meta.url));
await write(process.argv[2] ?? folder("images"), pictures);
await write(process.argv[3] ?? folder("numbers"), numbers);
