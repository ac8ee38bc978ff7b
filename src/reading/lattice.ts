import type { Classification } from "../results.ts";
import type { Geometry } from "./candidates.ts";

// A line's candidates as a graph whose edges have scores: what the candidate looks like and what the classifier says of it. The
// best way through it is the reading; all ways together tell how sure it is (a semi-Markov conditional random field: Sarawagi and
// Cohen 2004).

/** What each feature is of, in the order of `featuresOf`. */
export const FEATURES = [
  "one for each piece",
  "winner's loss",
  "confidence",
  "confidence, squared",
  "margin of the losses",
  "rejected",
  "height",
  "height, squared",
  "logarithm of the width",
  "logarithm of the width, squared",
  "width",
  "ink on the cuts at its ends",
  "ink saved by not cutting",
  "gap within",
  "tall parts within",
] as const;

/** One number for each feature: how much it speaks for a digit, and for something else. */
export interface ReadingWeights {
  readonly digit: readonly number[];
  readonly other: readonly number[];
}

const MOST_CUT_INK = 6;
const held = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/** What speaks for and against a candidate, each of the order of 1. */
export function featuresOf(
  { height, width, cutInk, uncutInk, gap, tallParts }: Geometry,
  { label, losses, confidence, rejected }: Classification,
): number[] {
  const loss = losses[label] as number;
  let second = Number.POSITIVE_INFINITY;
  losses.forEach((value, index) => {
    if (index !== label) second = Math.min(second, value);
  });
  // Weights that overflow give no finite loss: as bad as can be told.
  const badness = Number.isFinite(loss) ? held(Math.log((loss + 1e-6) / 0.02), 3) : 3;
  const margin = Number.isFinite(second) ? held(Math.log((second + 1e-6) / (loss + 1e-6)), 2) : 0;
  const sureness = Math.log((confidence + 1e-3) / (1 - confidence + 1e-3)) / 4;
  const [high, wide] = [held(Math.log(height), 2), held(Math.log(width), 3)];
  return [
    1,
    badness,
    sureness,
    sureness * sureness,
    margin,
    rejected ? 1 : 0,
    high,
    high * high,
    wide,
    wide * wide,
    Math.min(4, width),
    Math.min(MOST_CUT_INK, cutInk),
    Math.max(0, 1 - uncutInk / 2),
    Math.max(0, 4 * gap),
    Math.max(0, tallParts - 1),
  ];
}

/** An edge from one boundary between atoms to a later one. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly features: readonly number[];
}

/** A way through a lattice, as what each edge on it is taken for. */
export type Path = readonly { readonly edge: number; readonly isDigit: boolean }[];

/** Scores of an edge as a digit and as something else. */
export function scoresOf({ features }: Edge, { digit, other }: ReadingWeights): readonly [number, number] {
  let [asDigit, asOther] = [0, 0];
  features.forEach((value, index) => {
    asDigit += value * (digit[index] as number);
    asOther += value * (other[index] as number);
  });
  return [asDigit, asOther];
}

/**
 * The way of the highest score from 0 to `atoms` (dynamic programming).
 *
 * @param scores of each edge, as a digit and as something else
 */
export function bestPath(edges: readonly Edge[], scores: readonly (readonly [number, number])[], atoms: number): Path {
  const best = new Float64Array(atoms + 1).fill(Number.NEGATIVE_INFINITY);
  best[0] = 0;
  const taken: ({ edge: number; isDigit: boolean } | undefined)[] = [];
  inOrder(edges).forEach((edge) => {
    const { from, to } = edges[edge] as Edge;
    const [asDigit, asOther] = scores[edge] as readonly [number, number];
    const isDigit = asDigit > asOther;
    const score = (best[from] as number) + Math.max(asDigit, asOther);
    if (score <= (best[to] as number)) return;
    best[to] = score;
    taken[to] = { edge, isDigit };
  });
  const path: { edge: number; isDigit: boolean }[] = [];
  for (let at = atoms; at > 0; ) {
    const step = taken[at];
    if (step === undefined) throw new RangeError(`no way through the lattice reaches ${at}`);
    path.unshift(step);
    at = (edges[step.edge] as Edge).from;
  }
  return path;
}

/**
 * The share of all ways, each weighted by the exponential of its score, that take an edge as a digit, and as something else
 * (forward and backward sums), and the logarithm of the sum over all ways.
 */
export function marginals(
  edges: readonly Edge[],
  scores: readonly (readonly [number, number])[],
  atoms: number,
): { readonly shares: (readonly [number, number])[]; readonly logSum: number } {
  const forward = new Float64Array(atoms + 1).fill(Number.NEGATIVE_INFINITY);
  const backward = new Float64Array(atoms + 1).fill(Number.NEGATIVE_INFINITY);
  forward[0] = 0;
  backward[atoms] = 0;
  const order = inOrder(edges);
  const both = scores.map(([asDigit, asOther]) => logAdd(asDigit, asOther));
  for (const edge of order) {
    const { from, to } = edges[edge] as Edge;
    forward[to] = logAdd(forward[to] as number, (forward[from] as number) + (both[edge] as number));
  }
  for (const edge of order.toReversed()) {
    const { from, to } = edges[edge] as Edge;
    backward[from] = logAdd(backward[from] as number, (backward[to] as number) + (both[edge] as number));
  }
  const logSum = forward[atoms] as number;
  const shares = edges.map(({ from, to }, edge): readonly [number, number] => {
    const around = (forward[from] as number) + (backward[to] as number) - logSum;
    const [asDigit, asOther] = scores[edge] as readonly [number, number];
    return [Math.exp(around + asDigit), Math.exp(around + asOther)];
  });
  return { shares, logSum };
}

/** Edges such that those that end at a place come before those that begin there. */
function inOrder(edges: readonly Edge[]): number[] {
  return edges
    .map((_, edge) => edge)
    .sort((one, other) => (edges[one] as Edge).from - (edges[other] as Edge).from || one - other);
}

function logAdd(one: number, other: number): number {
  const [most, least] = one > other ? [one, other] : [other, one];
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(least - most));
}
