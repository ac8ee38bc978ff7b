import { Random } from "../../src/random.ts";
import { bestPath, type Edge, marginals, type Path } from "../../src/reading/lattice.ts";
import { activations, outputs, type ScoringNetwork } from "../../src/reading/network.ts";
import type { JudgedLine } from "../../src/reading/read-digits.ts";
import { overlap } from "../../src/strings/tally.ts";
import type { Written, WrittenDigit } from "../../src/strings/written.ts";

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
export function goldOf(
  { edges, atoms, candidates, classifications }: JudgedLine,
  { lines, junk, picture }: Written,
): Example {
  const digits = lines.flat();
  const scores = candidates.map(({ box, pixels }, index): readonly [number, number] => {
    let worth = -1;
    for (const digit of digits) {
      if (overlap(digit.box, box) === 0) continue;
      const shared = inkShared(digit, pixels, picture.width);
      const isRight = shared > LEAST_OVERLAP && classifications[index]?.label === digit.label;
      worth = Math.max(worth, shared - LEAST_OVERLAP + (isRight ? LABEL_WORTH : 0));
    }
    const waste = Math.max(0, ...junk.map((other) => overlap(other, box) - LEAST_OVERLAP));
    return [worth, OTHER_WORTH + waste];
  });
  return { edges, atoms, gold: bestPath(edges, scores, atoms) };
}

/** What a digit's ink and a candidate's share, of what they have together. */
function inkShared({ box, ink }: WrittenDigit, pixels: readonly number[], width: number): number {
  let shared = 0;
  for (const index of pixels) {
    const x = (index % width) - box.left;
    const y = Math.floor(index / width) - box.top;
    if (x >= 0 && x < box.width && y >= 0 && y < box.height) shared += ink[y * box.width + x] as number;
  }
  const own = ink.reduce((sum, value) => sum + value, 0);
  return shared / (own + pixels.length - shared);
}

const HIDDEN = 20;
const EPOCHS = 30;
const BATCH = 32;
const STEP = 0.01;
/** Weight of half the squared weights, for each example. */
const RIDGE = 3e-4;

/** Maximises the likelihood of the right ways by Adam (Kingma and Ba 2015), with a step that falls to nothing. */
export function fitNetwork(examples: readonly Example[], features: number, seed = 1): ScoringNetwork {
  const random = new Random(seed);
  const rowsOf = (rows: number, inputs: number, scale: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: inputs + 1 }, () => scale * random.normal()));
  const network = { features, hidden: rowsOf(HIDDEN, features, 0.3), output: rowsOf(2, HIDDEN, 0.1) };
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
function addSlopes({ edges, atoms, gold }: Example, network: ScoringNetwork, slopes: number[][]): number {
  const units = edges.map(({ features }) => activations(network, features));
  const scores = units.map((own) => outputs(network, own));
  const { shares, logSum } = marginals(edges, scores, atoms);
  const errors = shares.map(([asDigit, asOther]) => [asDigit, asOther] as [number, number]);
  let loss = logSum;
  for (const { edge, isDigit } of gold) {
    const place = isDigit ? 0 : 1;
    loss -= scores[edge]?.[place] as number;
    const error = errors[edge] as [number, number];
    error[place] -= 1;
  }
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
      features.forEach((feature, index) => {
        slope[index + 1] = (slope[index + 1] as number) + error * feature;
      });
    });
  });
  return loss;
}
