import type { Random } from "../../src/random.ts";
import type { Point, Stroke } from "../../src/strings/signs.ts";

// Digits as people write them, in several styles each, as strokes of a pen.

/** One way to write a digit, in a box that is 1 high; y goes down. */
export interface Style {
  readonly digit: number;
  readonly name: string;
  /** Smooth through their points; where one comes twice, there is a corner. */
  readonly strokes: readonly Stroke[];
}

/** Each digit's first style is the plain one. */
const STYLES_OF: readonly Readonly<Record<string, readonly Stroke[]>>[] = [
  {
    "an oval": [round(0.3, 0.5, 0.3, 0.5, -80, -440)],
    "a narrow oval": [round(0.2, 0.5, 0.2, 0.5, -80, -440)],
    "a circle": [round(0.5, 0.5, 0.5, 0.5, -80, -440)],
    "open at the top": [round(0.3, 0.5, 0.3, 0.5, -115, -415)],
    "closed past its beginning": [[...round(0.3, 0.5, 0.3, 0.5, -60, -400), [0.55, 0.2], [0.45, 0.05]]],
    slashed: [
      round(0.3, 0.5, 0.3, 0.5, -80, -440),
      [
        [0.52, 0.16],
        [0.08, 0.84],
      ],
    ],
    "slashed beyond its ends": [
      round(0.3, 0.5, 0.3, 0.5, -80, -440),
      [
        [0.68, -0.02],
        [-0.08, 1.02],
      ],
    ],
  },
  {
    "a bar": [line([0.1, 0], [0.1, 1])],
    "a leaning bar": [line([0.35, 0], [0, 1])],
    flagged: [line([0, 0.22], [0.22, 0], [0.22, 1])],
    "flagged far down": [line([0, 0.42], [0.36, 0], [0.36, 1])],
    "flagged steeply": [line([0, 0.5], [0.2, 0], [0.2, 1])],
    "flagged to the middle": [line([0, 0.58], [0.32, 0], [0.32, 1])],
    "with a long flag": [line([0, 0.34], [0.5, 0], [0.5, 1])],
    "with a bowed flag": [
      [
        [0, 0.4],
        [0.16, 0.24],
        [0.28, 0],
        [0.28, 0],
        [0.28, 1],
        [0.28, 1],
      ],
    ],
    "flagged and footed": [line([0.05, 0.22], [0.28, 0], [0.28, 1]), line([0, 1], [0.56, 1])],
    footed: [line([0.25, 0], [0.25, 1]), line([0, 1], [0.5, 1])],
  },
  {
    "with a straight foot": [[...bow2(), [0, 1], [0, 1], [0.6, 1]]],
    looped: [
      [
        [0.02, 0.22],
        [0.14, 0.04],
        [0.34, 0],
        [0.52, 0.14],
        [0.5, 0.36],
        [0.34, 0.64],
        [0.16, 0.92],
        [0.02, 0.96],
        [0.02, 0.82],
        [0.16, 0.8],
        [0.34, 0.94],
        [0.52, 1],
        [0.64, 0.92],
      ],
    ],
    "of straight lines": [line([0, 0.04], [0.56, 0.04], [0, 1], [0.6, 1])],
    "with a waved foot": [[...bow2(), [0.02, 0.98], [0.02, 0.98], [0.2, 0.9], [0.42, 1], [0.62, 0.94]]],
    "like a swan": [
      [
        [0.06, 0.2],
        [0.2, 0.02],
        [0.42, 0.02],
        [0.52, 0.2],
        [0.42, 0.46],
        [0.2, 0.74],
        [0.02, 0.98],
        [0.02, 0.98],
        [0.3, 1],
        [0.62, 1],
      ],
    ],
  },
  {
    round: [
      [
        [0.04, 0.12],
        [0.24, 0],
        [0.48, 0.1],
        [0.46, 0.34],
        [0.2, 0.46],
        [0.2, 0.46],
        [0.48, 0.54],
        [0.56, 0.76],
        [0.4, 0.96],
        [0.18, 1],
        [0, 0.88],
      ],
    ],
    "with a flat top": [
      [
        [0.04, 0],
        [0.04, 0],
        [0.52, 0],
        [0.52, 0],
        [0.24, 0.4],
        [0.24, 0.4],
        [0.5, 0.5],
        [0.56, 0.74],
        [0.4, 0.96],
        [0.16, 1],
        [0, 0.88],
      ],
    ],
    "looped in the middle": [
      [
        [0.04, 0.12],
        [0.26, 0],
        [0.46, 0.12],
        [0.4, 0.34],
        [0.22, 0.46],
        [0.14, 0.42],
        [0.24, 0.38],
        [0.46, 0.5],
        [0.56, 0.74],
        [0.4, 0.96],
        [0.16, 1],
        [0, 0.88],
      ],
    ],
    "of straight lines": [line([0, 0.04], [0.5, 0.04], [0.22, 0.42], [0.54, 0.7], [0.32, 0.98], [0, 0.96])],
  },
  {
    open: [line([0.08, 0], [0, 0.58], [0.56, 0.58]), line([0.46, 0.08], [0.44, 1])],
    closed: [line([0.42, 0], [0, 0.66], [0.6, 0.66]), line([0.42, 0], [0.42, 1])],
    "closed, in one stroke": [line([0.6, 0.66], [0, 0.66], [0.42, 0], [0.42, 1])],
    "with a round bowl": [
      [
        [0.04, 0],
        [0, 0.34],
        [0.12, 0.52],
        [0.34, 0.5],
        [0.5, 0.36],
      ],
      line([0.52, 0], [0.5, 1]),
    ],
    "with a low bar": [line([0.2, 0], [0, 0.72], [0.62, 0.72]), line([0.42, 0.36], [0.38, 1])],
  },
  {
    "in two strokes": [[[0.1, 0], [0.1, 0], [0.06, 0.44], [0.06, 0.44], ...belly5()], line([0.1, 0], [0.52, 0])],
    "in one stroke": [[[0.54, 0], [0.54, 0], [0.12, 0], [0.12, 0], [0.06, 0.44], [0.06, 0.44], ...belly5()]],
    "its bar apart": [
      [[0.08, 0.06], [0.08, 0.06], [0.06, 0.44], [0.06, 0.44], ...belly5()],
      line([0.2, 0], [0.56, -0.02]),
    ],
    "like an S": [
      [
        [0.54, 0.04],
        [0.3, 0],
        [0.1, 0.12],
        [0.1, 0.34],
        [0.34, 0.46],
        [0.54, 0.62],
        [0.52, 0.86],
        [0.28, 1],
        [0.02, 0.92],
      ],
    ],
    "of straight lines": [line([0.52, 0], [0.06, 0], [0.06, 0.44], [0.5, 0.44], [0.5, 0.98], [0, 0.98])],
  },
  {
    curved: [
      [
        [0.46, 0],
        [0.2, 0.22],
        [0.04, 0.54],
        [0.06, 0.84],
        [0.28, 1],
        [0.52, 0.88],
        [0.54, 0.66],
        [0.34, 0.54],
        [0.12, 0.66],
        [0.05, 0.76],
      ],
    ],
    hooked: [
      [
        [0.56, 0.14],
        [0.42, 0],
        [0.2, 0.12],
        [0.04, 0.5],
        [0.06, 0.84],
        [0.28, 1],
        [0.52, 0.88],
        [0.54, 0.66],
        [0.34, 0.54],
        [0.12, 0.64],
        [0.05, 0.76],
      ],
    ],
    "with a straight back": [[[0.06, 0], [0.06, 0], [0.04, 0.7], ...round(0.27, 0.77, 0.23, 0.23, 180, -170)]],
    "with a small loop": [
      [
        [0.4, 0],
        [0.16, 0.3],
        [0.04, 0.66],
        [0.1, 0.94],
        [0.28, 1],
        [0.38, 0.86],
        [0.3, 0.74],
        [0.14, 0.8],
        [0.08, 0.88],
      ],
    ],
  },
  {
    plain: [line([0, 0], [0.56, 0], [0.2, 1])],
    barred: [line([0, 0], [0.56, 0], [0.2, 1]), line([0.14, 0.5], [0.58, 0.48])],
    serifed: [line([0, 0.16], [0.02, 0], [0.56, 0], [0.2, 1])],
    "serifed and barred": [line([0, 0.16], [0.02, 0], [0.56, 0], [0.2, 1]), line([0.12, 0.52], [0.6, 0.5])],
    "with a bent leg": [
      [
        [0, 0.02],
        [0, 0.02],
        [0.56, 0],
        [0.56, 0],
        [0.38, 0.28],
        [0.28, 0.6],
        [0.26, 1],
      ],
    ],
    "with a waved roof": [
      [
        [0, 0.08],
        [0.16, 0],
        [0.38, 0.08],
        [0.58, 0],
        [0.58, 0],
        [0.36, 0.44],
        [0.24, 1],
      ],
    ],
  },
  {
    "in one stroke": [
      [
        [0.5, 0.1],
        [0.3, 0],
        [0.1, 0.12],
        [0.12, 0.34],
        [0.32, 0.48],
        [0.52, 0.66],
        [0.52, 0.88],
        [0.3, 1],
        [0.06, 0.88],
        [0.08, 0.66],
        [0.3, 0.48],
        [0.48, 0.3],
        [0.5, 0.1],
      ],
    ],
    "of two rings": [round(0.3, 0.24, 0.22, 0.24, 90, 450), round(0.3, 0.74, 0.28, 0.26, -90, 270)],
    "open at the top": [
      [
        [0.54, 0.02],
        [0.3, 0],
        [0.1, 0.12],
        [0.12, 0.34],
        [0.32, 0.48],
        [0.52, 0.66],
        [0.52, 0.88],
        [0.3, 1],
        [0.06, 0.88],
        [0.08, 0.66],
        [0.3, 0.48],
        [0.5, 0.28],
        [0.58, 0.1],
      ],
    ],
    narrow: [round(0.2, 0.24, 0.14, 0.24, 90, 450), round(0.2, 0.74, 0.18, 0.26, -90, 270)],
    "crossed straight": [line([0, 0.02], [0.5, 0.98], [0, 0.98], [0.5, 0.02], [0, 0.02])],
  },
  {
    "with a straight leg": [[...round(0.27, 0.25, 0.25, 0.25, -20, -380), [0.52, 0.1], [0.52, 0.1], [0.46, 1]]],
    hooked: [
      [
        ...round(0.27, 0.25, 0.25, 0.25, -20, -380),
        [0.54, 0.1],
        [0.54, 0.1],
        [0.54, 0.66],
        [0.46, 0.92],
        [0.26, 1],
        [0.06, 0.9],
      ],
    ],
    "hooked, with a small ring": [
      [
        ...round(0.2, 0.17, 0.17, 0.17, -20, -380),
        [0.38, 0.06],
        [0.38, 0.06],
        [0.4, 0.7],
        [0.32, 0.95],
        [0.16, 1],
        [0, 0.93],
      ],
    ],
    "in one curve": [
      [
        [0.52, 0.18],
        [0.34, 0],
        [0.1, 0.08],
        [0.02, 0.28],
        [0.18, 0.46],
        [0.42, 0.38],
        [0.53, 0.16],
        [0.52, 0.5],
        [0.4, 0.8],
        [0.2, 1],
      ],
    ],
    "open at the top": [
      [
        [0.4, 0.02],
        [0.14, 0.06],
        [0.02, 0.26],
        [0.14, 0.46],
        [0.4, 0.42],
        [0.54, 0.2],
        [0.54, 0.06],
        [0.54, 0.06],
        [0.5, 0.5],
        [0.44, 1],
      ],
    ],
    "with a leaning leg": [[...round(0.27, 0.22, 0.25, 0.22, -20, -380), [0.52, 0.12], [0.52, 0.12], [0.12, 1]]],
  },
];

/** Every style of every digit; the first of a digit is its plain one. */
export const STYLES: readonly Style[] = STYLES_OF.flatMap((styles, digit) =>
  Object.entries(styles).map(([name, strokes]) => ({ digit, name, strokes })),
);

/** The way that each digit is written in copybooks. */
export const PLAIN: readonly Style[] = STYLES_OF.map(
  (_, label) => STYLES.find(({ digit }) => digit === label) as Style,
);

/** Straight lines from corner to corner. */
function line(...corners: readonly Point[]): Stroke {
  return corners.flatMap((corner) => [corner, corner]);
}

/** Part of an ellipse around (x, y), from one angle to another in degrees; 90 is below, and falling angles turn leftwards. */
function round(x: number, y: number, across: number, down: number, from: number, to: number): Stroke {
  const parts = Math.ceil(Math.abs(to - from) / 30);
  return Array.from({ length: parts + 1 }, (_, part) => {
    const angle = ((from + ((to - from) * part) / parts) * Math.PI) / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)] as const;
  });
}

/** A two's bow, from its beginning to above the foot. */
function bow2(): Stroke {
  return [
    [0.02, 0.22],
    [0.14, 0.04],
    [0.34, 0],
    [0.52, 0.14],
    [0.5, 0.36],
    [0.32, 0.64],
    [0, 1],
  ];
}

/** A five's belly, from the neck on. */
function belly5(): Stroke {
  return [
    [0.28, 0.38],
    [0.5, 0.5],
    [0.56, 0.72],
    [0.42, 0.94],
    [0.2, 1],
    [0, 0.9],
  ];
}

/** Heights of digits as shares of the sheet's. */
export const HEIGHTS = { small: 0.3, middling: 0.55, large: 0.85 } as const;

/**
 * How a hand differs from the copybook, in standard deviations; all of it is a share of the digit's height, but for `turn`, in radians,
 * and `aspect`, of the logarithm of width over height.
 */
export interface Hand {
  readonly turn: number;
  readonly slant: number;
  readonly aspect: number;
  /** Of every corner for itself. */
  readonly place: number;
}

const CALM: Hand = { turn: 0.1, slant: 0.15, aspect: 0.15, place: 0.02 };
/** How many places a stroke's pen is seen at between two points. */
const PARTS = 3;

/**
 * Writes a digit once more: never twice alike, with the seeded hand that is given.
 *
 * @param height of the digit, as a share of the sheet
 * @returns strokes in places of the sheet, which is 1 wide and high; all of them lie on it, if the height leaves room
 */
export function write({ strokes }: Style, height: number, random: Random, hand = CALM): Stroke[] {
  const [turn, slant] = [hand.turn * random.normal(), hand.slant * random.normal()];
  const wide = Math.exp(hand.aspect * random.normal());
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const moved = strokes.map((stroke) =>
    eachCorner(stroke, ([x, y]) => {
      const across = wide * (x + hand.place * random.normal() - slant * (y - 0.5));
      const down = y + hand.place * random.normal();
      return [cosine * across - sine * down, sine * across + cosine * down];
    }),
  );
  const smooth = moved.map(smoothly);
  const ends = (axis: 0 | 1) => {
    const all = smooth.flat().map((point) => point[axis]);
    return [Math.min(...all), Math.max(...all)] as const;
  };
  const [[left, right], [top, bottom]] = [ends(0), ends(1)];
  const scale = height / Math.max(bottom - top, right - left);
  const [freeAcross, freeDown] = [right - left, bottom - top].map((side) => Math.max(0, 0.9 - scale * side)) as [
    number,
    number,
  ];
  const [x, y] = [0.05 + random.uniform() * freeAcross, 0.05 + random.uniform() * freeDown];
  return smooth.map((stroke) => stroke.map((point) => [x + scale * (point[0] - left), y + scale * (point[1] - top)]));
}

const areSame = (one: Point, other: Point | undefined) => one[0] === other?.[0] && one[1] === other[1];

/** Moves points; one that comes twice stays a corner. */
function eachCorner(stroke: Stroke, move: (point: Point) => Point): Stroke {
  const moved: Point[] = [];
  stroke.forEach((point, index) => {
    moved.push(areSame(point, stroke[index - 1]) ? (moved.at(-1) as Point) : move(point));
  });
  return moved;
}

/** The places between a stroke's points, by Catmull's and Rom's curve from corner to corner. */
function smoothly(stroke: Stroke): Stroke {
  const runs: Point[][] = [];
  stroke.forEach((point, index) => {
    const run = runs.at(-1);
    if (run === undefined) runs.push([point]);
    else if (!areSame(point, stroke[index - 1])) run.push(point);
    else if (run.length > 1) runs.push([point]);
  });
  const places: Point[] = [runs[0]?.[0] as Point];
  for (const run of runs) {
    const at = (index: number) => run[Math.min(run.length - 1, Math.max(0, index))] as Point;
    for (let index = 0; index + 1 < run.length; ++index) {
      for (let part = 1; part <= PARTS; ++part) {
        const t = part / PARTS;
        const between = (axis: 0 | 1) => {
          const [before, from, to, after] = [-1, 0, 1, 2].map((step) => at(index + step)[axis]) as [
            number,
            number,
            number,
            number,
          ];
          const [one, two, three] = [
            to - before,
            2 * before - 5 * from + 4 * to - after,
            3 * (from - to) + after - before,
          ];
          return from + (t * (one + t * (two + t * three))) / 2;
        };
        places.push([between(0), between(1)]);
      }
    }
  }
  return places;
}
