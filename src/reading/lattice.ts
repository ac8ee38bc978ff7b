import { activations, outputs, type ScoringNetwork } from "./network.ts";

// A line's candidates as a graph whose edges have scores: what the candidate looks like and what the classifier says of it. The
// best way through it is the reading; all ways together tell how sure it is (a semi-Markov conditional random field: Sarawagi and
// Cohen 2004).

/** An edge from one boundary between atoms to a later one. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly features: readonly number[];
}

/** A way through a lattice, as what each edge on it is taken for. */
export type Path = readonly { readonly edge: number; readonly isDigit: boolean }[];

/** An edge's score as a digit, and as something else. */
export type Scores = readonly [number, number];

/** The scores that a network gives to edges. */
export function scoresOf(edges: readonly Edge[], network: ScoringNetwork): Scores[] {
  return edges.map(({ features }) => outputs(network, activations(network, features)));
}

/**
 * The way of the highest score from 0 to `atoms` (dynamic programming).
 *
 * @param scores of each edge, as a digit and as something else
 */
export function bestPath(edges: readonly Edge[], scores: readonly Scores[], atoms: number): Path {
  const best = new Float64Array(atoms + 1).fill(Number.NEGATIVE_INFINITY);
  best[0] = 0;
  const taken: ({ edge: number; isDigit: boolean } | undefined)[] = [];
  inOrder(edges).forEach((edge) => {
    const { from, to } = edges[edge] as Edge;
    const [asDigit, asOther] = scores[edge] as Scores;
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
  scores: readonly Scores[],
  atoms: number,
): { readonly shares: Scores[]; readonly logSum: number } {
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
  const shares = edges.map(({ from, to }, edge): Scores => {
    const around = (forward[from] as number) + (backward[to] as number) - logSum;
    const [asDigit, asOther] = scores[edge] as Scores;
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
