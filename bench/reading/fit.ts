import { Random } from "../../src/random.ts";
import type { JudgedLine } from "../../src/reading/judge.ts";
import { bestPath, type Edge, marginals, type Scores } from "../../src/reading/lattice.ts";
import { activations, outputs, type ScoringNetwork } from "../../src/reading/network.ts";
import { overlap } from "../../src/strings/tally.ts";
import type { Written, WrittenDigit } from "../../src/strings/written.ts";

// Fits the reader's weights: the right way through each line's candidates shall be the likeliest (a marginal likelihood).

/** A line with the ways to take. */
export interface Example {
  readonly edges: readonly Edge[];
  readonly atoms: number;
  /** For each edge whether a right way may take it as a digit, and as something else. */
  readonly right: readonly (readonly [boolean, boolean])[];
}

/** A candidate that is labelled right is a digit if so much of all ink of both is shared. */
const LEAST_SHARED = 0.6;
/** A candidate is no digit if at most this much of its ink is one's. */
const MOST_STRAY = 0.3;
/** Where no way is right, the best is taken: a candidate is worth what it shares with a digit beyond this… */
const LEAST_OVERLAP = 0.5;
/** …and as much more if it is labelled right. */
const LABEL_WORTH = 0.3;
/** What is neither has next to no worth, so that no digit is made of it, and it is not parted without need. */
const OTHER_WORTH = -0.01;

/** A line with all ways that read it right; where there are none, with the one that takes most of each digit. */
export function exampleOf(
  { edges, atoms, candidates, classifications }: JudgedLine,
  { lines, junk, picture }: Written,
): Example {
  const digits = lines.flat();
  const judged = candidates.map(({ box, pixels }, index) => {
    let [worth, stray] = [-1, 0];
    let isDigit = false;
    for (const digit of digits) {
      if (overlap(digit.box, box) === 0) continue;
      const { shared, own, all } = inkShared(digit, pixels, picture.width);
      const isNamed = classifications[index]?.label === digit.label;
      const share = shared / all;
      worth = Math.max(worth, share - LEAST_OVERLAP + (isNamed && share > LEAST_OVERLAP ? LABEL_WORTH : 0));
      stray += shared / own;
      if (isNamed && share >= LEAST_SHARED) isDigit = true;
    }
    const waste = Math.max(0, ...junk.map((other) => overlap(other, box) - LEAST_OVERLAP));
    return { isDigit, isOther: stray <= MOST_STRAY, worths: [worth, OTHER_WORTH + waste] as const };
  });
  const right = judged.map(({ isDigit, isOther }) => [isDigit, isOther] as const);
  if (
    Number.isFinite(
      marginals(
        edges,
        held(
          edges.map(() => [0, 0]),
          right,
        ),
        atoms,
      ).logSum,
    )
  ) {
    return { edges, atoms, right };
  }
  const best = judged.map((): [boolean, boolean] => [false, false]);
  for (const { edge, isDigit } of bestPath(
    edges,
    judged.map(({ worths }) => worths),
    atoms,
  )) {
    (best[edge] as [boolean, boolean])[isDigit ? 0 : 1] = true;
  }
  return { edges, atoms, right: best };
}

/** The scores, without those of what no right way takes. */
function held(scores: readonly Scores[], right: Example["right"]): Scores[] {
  return scores.map(([asDigit, asOther], edge) => {
    const [isDigit, isOther] = right[edge] as readonly [boolean, boolean];
    return [isDigit ? asDigit : Number.NEGATIVE_INFINITY, isOther ? asOther : Number.NEGATIVE_INFINITY];
  });
}

/** How much ink a digit and a candidate share, how much the candidate has, and how much they have together. */
export function inkShared(
  { box, ink }: WrittenDigit,
  pixels: readonly number[],
  width: number,
): { shared: number; own: number; all: number } {
  let shared = 0;
  for (const index of pixels) {
    const x = (index % width) - box.left;
    const y = Math.floor(index / width) - box.top;
    if (x >= 0 && x < box.width && y >= 0 && y < box.height) shared += ink[y * box.width + x] as number;
  }
  const own = ink.reduce((sum, value) => sum + value, 0);
  return { shared, own: pixels.length, all: own + pixels.length - shared };
}

const HIDDEN = 28;
const EPOCHS = 30;
const BATCH = 32;
const STEP = 0.01;
/** Weight of half the squared weights, for each example. */
const RIDGE = 3e-4;

/**
 * A network of so many of the first features. Maximises how likely the right ways are together, of all ways, by Adam (Kingma and Ba
 * 2015), with a step that falls to nothing.
 */
export function fitNetwork(examples: readonly Example[], features: number, seed = 1): ScoringNetwork {
  const random = new Random(seed);
  const rowsOf = (rows: number, inputs: number, scale: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: inputs + 1 }, () => scale * random.normal()));
  const network = { hidden: rowsOf(HIDDEN, features, 0.3), output: rowsOf(2, HIDDEN, 0.1) };
  const rows = [...network.hidden, ...network.output];
  const slopes = rows.map((row) => row.map(() => 0));
  const [means, squares] = [rows.map((row) => row.map(() => 0)), rows.map((row) => row.map(() => 0))];
  const order = examples.map((_, index) => index);
  const steps = EPOCHS * Math.ceil(examples.length / BATCH);
  let step = 0;
  for (let epoch = 1; epoch <= EPOCHS; ++epoch) {
    random.shuffle(order);
    let loss = 0;
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH);
      for (const index of batch) loss += addSlopes(examples[index] as Example, network, slopes);
      ++step;
      const size = STEP * (1 - step / (steps + 1));
      rows.forEach((row, place) => {
        for (let index = 0; index < row.length; ++index) {
          const [slope, mean, square] = [slopes, means, squares].map((list) => list[place] as number[]) as [
            number[],
            number[],
            number[],
          ];
          const own = (slope[index] as number) / batch.length + RIDGE * (row[index] as number);
          slope[index] = 0;
          mean[index] = 0.9 * (mean[index] as number) + 0.1 * own;
          square[index] = 0.99 * (square[index] as number) + 0.01 * own * own;
          const first = (mean[index] as number) / (1 - 0.9 ** step);
          const second = (square[index] as number) / (1 - 0.99 ** step);
          row[index] = (row[index] as number) - (size * first) / (Math.sqrt(second) + 1e-8);
        }
      });
    }
    if (epoch % 10 === 0) console.log(`epoch ${epoch}: ${(loss / examples.length).toFixed(4)} nats a line`);
  }
  return network;
}

/** Adds the derivatives of an example's negative log-likelihood, one row for each of the network's, and returns that. */
function addSlopes({ edges, atoms, right }: Example, network: ScoringNetwork, slopes: number[][]): number {
  const units = edges.map(({ features }) => activations(network, features));
  const scores = units.map((own) => outputs(network, own));
  const all = marginals(edges, scores, atoms);
  const wanted = marginals(edges, held(scores, right), atoms);
  const errors = all.shares.map(([asDigit, asOther], edge) => {
    const [toDigit, toOther] = wanted.shares[edge] as Scores;
    return [asDigit - toDigit, asOther - toOther] as const;
  });
  const loss = all.logSum - wanted.logSum;
  errors.forEach(([asDigit, asOther], edge) => {
    if (Math.abs(asDigit) + Math.abs(asOther) < 1e-4) return;
    const own = units[edge] as number[];
    const back = own.map(() => 0);
    [asDigit, asOther].forEach((error, score) => {
      const row = network.output[score] as readonly number[];
      const slope = slopes[HIDDEN + score] as number[];
      slope[0] = (slope[0] as number) + error;
      own.forEach((value, unit) => {
        slope[unit + 1] = (slope[unit + 1] as number) + error * value;
        back[unit] = (back[unit] as number) + error * (row[unit + 1] as number);
      });
    });
    const { features } = edges[edge] as Edge;
    own.forEach((value, unit) => {
      const error = (back[unit] as number) * (1 - value * value);
      const slope = slopes[unit] as number[];
      slope[0] = (slope[0] as number) + error;
      for (let index = 1; index < slope.length; ++index) {
        slope[index] = (slope[index] as number) + error * (features[index - 1] as number);
      }
    });
  });
  return loss;
}
