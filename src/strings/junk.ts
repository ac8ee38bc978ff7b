import type { Random } from "../random.ts";

// What stands among digits and is none: strokes of a pen in a square of unit side, x to the right and y downwards.

/** A point, both coordinates in [0, 1]. */
export type Point = readonly [number, number];
/** Points that the pen goes through without being lifted. */
export type Stroke = readonly Point[];

/** Letters and signs that are like no digit, in straight strokes. */
const SIGNS: Record<string, readonly Stroke[]> = {
  A: [
    [
      [0, 1],
      [0.5, 0],
      [1, 1],
    ],
    [
      [0.2, 0.6],
      [0.8, 0.6],
    ],
  ],
  E: [
    [
      [0.9, 0],
      [0.1, 0],
      [0.1, 1],
      [0.9, 1],
    ],
    [
      [0.1, 0.5],
      [0.7, 0.5],
    ],
  ],
  H: [
    [
      [0.1, 0],
      [0.1, 1],
    ],
    [
      [0.9, 0],
      [0.9, 1],
    ],
    [
      [0.1, 0.5],
      [0.9, 0.5],
    ],
  ],
  K: [
    [
      [0.1, 0],
      [0.1, 1],
    ],
    [
      [0.9, 0],
      [0.1, 0.5],
      [0.9, 1],
    ],
  ],
  M: [
    [
      [0, 1],
      [0.1, 0],
      [0.5, 0.7],
      [0.9, 0],
      [1, 1],
    ],
  ],
  N: [
    [
      [0.1, 1],
      [0.1, 0],
      [0.9, 1],
      [0.9, 0],
    ],
  ],
  R: [
    [
      [0.1, 1],
      [0.1, 0],
      [0.8, 0.1],
      [0.8, 0.4],
      [0.1, 0.5],
      [0.9, 1],
    ],
  ],
  W: [
    [
      [0, 0],
      [0.25, 1],
      [0.5, 0.3],
      [0.75, 1],
      [1, 0],
    ],
  ],
  X: [
    [
      [0, 0],
      [1, 1],
    ],
    [
      [1, 0],
      [0, 1],
    ],
  ],
  hash: [
    [
      [0.3, 0],
      [0.2, 1],
    ],
    [
      [0.8, 0],
      [0.7, 1],
    ],
    [
      [0, 0.35],
      [1, 0.35],
    ],
    [
      [0, 0.7],
      [1, 0.7],
    ],
  ],
  star: [
    [
      [0.5, 0],
      [0.5, 1],
    ],
    [
      [0, 0.25],
      [1, 0.75],
    ],
    [
      [1, 0.25],
      [0, 0.75],
    ],
  ],
  arrow: [
    [
      [0, 0.5],
      [1, 0.5],
    ],
    [
      [0.65, 0.15],
      [1, 0.5],
      [0.65, 0.85],
    ],
  ],
  plus: [
    [
      [0.5, 0],
      [0.5, 1],
    ],
    [
      [0, 0.5],
      [1, 0.5],
    ],
  ],
  box: [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ],
  ],
  diamond: [
    [
      [0.5, 0],
      [1, 0.5],
      [0.5, 1],
      [0, 0.5],
      [0.5, 0],
    ],
    [
      [0, 0.5],
      [1, 0.5],
    ],
  ],
};

/** Kinds of junk that the reader's weights are fitted to… */
export const FITTED_JUNK = [
  "scribble",
  "strokes",
  "corners",
  "zigzag",
  "blot",
  "E",
  "H",
  "K",
  "M",
  "W",
  "X",
  "hash",
  "plus",
] as const;
/** …and kinds that they have never seen. */
export const HELD_OUT_JUNK = ["A", "N", "R", "star", "arrow", "box", "diamond", "knot"] as const;
/** A kind of junk. */
export type JunkKind = (typeof FITTED_JUNK)[number] | (typeof HELD_OUT_JUNK)[number];

/** The strokes of one piece of junk. */
export function junkStrokes(kind: JunkKind, random: Random): readonly Stroke[] {
  const place = (): Point => [random.uniform(), random.uniform()];
  if (kind === "scribble") return [curve(Array.from({ length: 9 + random.below(6) }, place))];
  if (kind === "strokes") return Array.from({ length: 3 + random.below(4) }, () => [place(), place()]);
  if (kind === "corners") return [Array.from({ length: 6 + random.below(3) }, place)];
  if (kind === "knot") return [curve(Array.from({ length: 6 }, place)), curve(Array.from({ length: 6 }, place))];
  if (kind === "zigzag") {
    const turns = 6 + random.below(4);
    return [
      Array.from({ length: turns }, (_, turn) => [turn / (turns - 1), (turn % 2) * (0.6 + 0.4 * random.uniform())]),
    ];
  }
  if (kind === "blot") {
    // Rows as close as the pen is wide.
    return [
      Array.from({ length: 40 }, (_, turn) => [
        turn % 2 === 0 ? 0.2 * random.uniform() : 1 - 0.2 * random.uniform(),
        turn / 39,
      ]),
    ];
  }
  const strokes = SIGNS[kind] as readonly Stroke[];
  const shaken = (value: number): number => Math.max(0, Math.min(1, value + 0.12 * (random.uniform() - 0.5)));
  return strokes.map((stroke) => stroke.map(([x, y]) => [shaken(x), shaken(y)]));
}

/** A smooth line through the middles of the way from each point to the next (quadratic B-spline). */
function curve(points: readonly Point[]): Stroke {
  const smooth: Point[] = [];
  for (let index = 1; index + 1 < points.length; ++index) {
    const [before, at, after] = points.slice(index - 1, index + 2) as [Point, Point, Point];
    for (let step = 0; step < 8; ++step) {
      const t = step / 8;
      const weights = [(1 - t) ** 2 / 2, (1 + 2 * t - 2 * t * t) / 2, (t * t) / 2] as const;
      smooth.push(
        [0, 1].map(
          (axis) =>
            weights[0] * (before[axis] as number) +
            weights[1] * (at[axis] as number) +
            weights[2] * (after[axis] as number),
        ) as [number, number],
      );
    }
  }
  return smooth;
}
