import type { Random } from "../random.ts";
import { type Point, SIGNS, type Stroke } from "./signs.ts";

// What stands among digits and is none: strokes of a pen in a square of unit side, x to the right and y downwards.

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
  "F",
  "V",
  "P",
  "triangle",
  "hourglass",
  "ladder",
  "comb",
  "tree",
  "polygon",
  "spiral",
  "wave",
  "wheel",
  "trefoil",
  "percent",
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
  if (kind === "polygon") {
    const corners = [3, 5, 5][random.below(3)] as number;
    const turn = random.uniform();
    return [around(corners, () => 0.5 - 0.08 * random.uniform(), turn)];
  }
  if (kind === "spiral") {
    const rounds = 2.2 + random.uniform();
    return [around(48, (share) => 0.05 + 0.45 * share, random.uniform(), random.below(2) === 1 ? rounds : -rounds)];
  }
  if (kind === "wave") {
    const [waves, height] = [2.2 + 1.5 * random.uniform(), 0.25 + 0.25 * random.uniform()];
    const start = random.uniform();
    return [
      Array.from({ length: 49 }, (_, at) => [
        at / 48,
        0.5 + height * Math.sin(2 * Math.PI * (start + (waves * at) / 48)),
      ]),
    ];
  }
  if (kind === "wheel") {
    const turn = random.uniform();
    const rim = around(24, () => 0.5, turn);
    return [rim, [rim[0] as Point, rim[12] as Point], [rim[6] as Point, rim[18] as Point]];
  }
  if (kind === "trefoil") {
    const leaves = 3 + random.below(2);
    return [around(72, (share) => 0.32 + 0.18 * Math.cos(2 * Math.PI * leaves * share), random.uniform())];
  }
  if (kind === "percent") {
    const ring = (x: number, y: number): Stroke =>
      around(12, () => 0.16, 0).map(([across, down]): Point => [across + x - 0.5, down + y - 0.5]);
    return [
      ring(0.18, 0.2),
      ring(0.82, 0.8),
      [
        [0.9, 0],
        [0.1, 1],
      ],
    ];
  }
  const strokes = SIGNS[kind] as readonly Stroke[];
  const shaken = (value: number): number => Math.max(0, Math.min(1, value + 0.12 * (random.uniform() - 0.5)));
  return strokes.map((stroke) => stroke.map(([x, y]) => [shaken(x), shaken(y)]));
}

/**
 * A way around the middle, in so many straight steps.
 *
 * @param radius for each share of the way
 * @param turn where it begins, in rounds
 */
function around(steps: number, radius: (share: number) => number, turn: number, rounds = 1): Stroke {
  const points = Array.from({ length: steps }, (_, step): Point => {
    const [share, angle] = [step / steps, 2 * Math.PI * (turn + (rounds * step) / steps)];
    return [0.5 + radius(share) * Math.cos(angle), 0.5 + radius(share) * Math.sin(angle)];
  });
  return rounds === 1 ? [...points, points[0] as Point] : points;
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
