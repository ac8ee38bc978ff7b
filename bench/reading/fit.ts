import {
  bestPath,
  type Edge,
  FEATURES,
  marginals,
  type Path,
  type ReadingWeights,
  scoresOf,
} from "../../src/reading/lattice.ts";
import type { JudgedLine } from "../../src/reading/read-digits.ts";
import { overlap } from "../../src/strings/tally.ts";
import type { Written } from "../../src/strings/written.ts";

// Fits the reader's weights: the right way through each line's candidates shall be the likeliest.

/** A line with the way to take. */
export interface Example {
  readonly edges: readonly Edge[];
  readonly atoms: number;
  readonly gold: Path;
}

/** A candidate is worth its overlap with a digit beyond this… */
const LEAST_OVERLAP = 0.5;
/** …and as much more if it is labelled right. */
const LABEL_WORTH = 0.3;
/** What is neither has next to no worth, so that no digit is made of it, and it is not parted without need. */
const OTHER_WORTH = -0.01;

/** The way that takes most of each digit, and takes all else for something else. */
export function goldOf({ edges, atoms, candidates, classifications }: JudgedLine, { lines, junk }: Written): Example {
  const digits = lines.flat();
  const scores = candidates.map(({ box }, index): readonly [number, number] => {
    let worth = -1;
    for (const digit of digits) {
      const shared = overlap(digit.box, box);
      if (shared === 0) continue;
      worth = Math.max(
        worth,
        shared - LEAST_OVERLAP + (classifications[index]?.label === digit.label ? LABEL_WORTH : 0),
      );
    }
    const waste = Math.max(0, ...junk.map((other) => overlap(other, box) - LEAST_OVERLAP));
    return [worth, OTHER_WORTH + waste];
  });
  return { edges, atoms, gold: bestPath(edges, scores, atoms) };
}

const ROUNDS = 300;
const STEP = 0.05;
/** Weight of half the squared weights, for each example. */
const RIDGE = 1e-4;

/** Maximises the likelihood of the right ways by Adam (Kingma and Ba 2015) on all examples at once. */
export function fitReading(examples: readonly Example[]): ReadingWeights {
  const count = FEATURES.length;
  const values = new Float64Array(2 * count);
  const [mean, square] = [new Float64Array(2 * count), new Float64Array(2 * count)];
  const weightsOf = (): ReadingWeights => ({
    digit: [...values.subarray(0, count)],
    other: [...values.subarray(count)],
  });
  for (let round = 1; round <= ROUNDS; ++round) {
    const weights = weightsOf();
    const gradient = Float64Array.from(values, (value) => RIDGE * value * examples.length);
    let loss = 0;
    for (const { edges, atoms, gold } of examples) {
      const scores = edges.map((edge) => scoresOf(edge, weights));
      const { shares, logSum } = marginals(edges, scores, atoms);
      const add = (edge: number, offset: number, weight: number): void => {
        edges[edge]?.features.forEach((value, index) => {
          gradient[offset + index] = (gradient[offset + index] as number) + weight * value;
        });
      };
      loss += logSum;
      shares.forEach(([asDigit, asOther], edge) => {
        add(edge, 0, asDigit);
        add(edge, count, asOther);
      });
      for (const { edge, isDigit } of gold) {
        add(edge, isDigit ? 0 : count, -1);
        loss -= scores[edge]?.[isDigit ? 0 : 1] as number;
      }
    }
    for (let index = 0; index < values.length; ++index) {
      const slope = (gradient[index] as number) / examples.length;
      mean[index] = 0.9 * (mean[index] as number) + 0.1 * slope;
      square[index] = 0.99 * (square[index] as number) + 0.01 * slope * slope;
      const [first, second] = [
        (mean[index] as number) / (1 - 0.9 ** round),
        (square[index] as number) / (1 - 0.99 ** round),
      ];
      values[index] = (values[index] as number) - (STEP * first) / (Math.sqrt(second) + 1e-8);
    }
    if (round % 50 === 0) console.log(`round ${round}: ${(loss / examples.length).toFixed(4)} nats a line`);
  }
  return weightsOf();
}
