import { LINE_ROWS, type LineImage } from "./line-image.ts";
import { seamLogits } from "./seam-network.ts";

/** A way through a line from above to below, between two digits perhaps. */
export interface Cut {
  /** For each row of the line's image the column from which on ink lies to the right of it; between pixels as it may be. */
  readonly columns: Float32Array;
  /** The mean of these. */
  readonly mean: number;
  /** How little the network thinks of it: the mean of −log p over its rows, p being how likely a seam goes through a pixel. */
  readonly doubt: number;
  /** Ink that it goes through, in pixels of the line's image. */
  readonly ink: number;
}

/** What a line's image says of where digits part in it. */
export interface Seams {
  /** The likeliest, from the left. */
  readonly cuts: readonly Cut[];
  /** The least doubt of any way that goes through the line's middle between two columns. */
  doubtBetween(from: number, to: number): number;
}

/** A step aside from row to row costs as much as this doubt in one row, so that ways are straight where nothing speaks against it. */
const ASIDE = 0.05;
/** No pixel is in more doubt than this. */
const MOST_DOUBT = 8;
/** Ways of more doubt than this are no cuts. Chosen on strings of validation digits (`npx tsx bench/strings.ts --data DIR`). */
const MOST_MEAN_DOUBT = 5;
/** Ways are looked for so often, each time away from those found before: these cost so much more… */
const ROUNDS = 3;
const TAKEN = 2;
/** …in them and in as many columns beside. */
const BESIDE = 2;
/** Rows, as shares of all, at which ways are looked for. */
const ANCHORS = [0.3, 0.5, 0.7];
/** Two cuts are one if they part less ink than this, in pixels of the line's image. */
const SAME = 6;

/**
 * Where digits of a line may part: ways from above to below along which a network sees seams (dynamic programming, as in Avidan and
 * Shamir 2007, doi:10.1145/1275808.1276390).
 *
 * @param most how many; those of the least doubt are kept
 */
export function findSeams(image: LineImage, most: number): Seams {
  const { width } = image;
  const doubts = seamLogits(image);
  for (let at = 0; at < doubts.length; ++at) {
    const logit = doubts[at] as number;
    // Most pixels are as doubtful as can be, which needs no logarithm.
    doubts[at] = logit <= -MOST_DOUBT ? MOST_DOUBT : Math.min(MOST_DOUBT, Math.log1p(Math.exp(-logit)));
  }
  const found: Cut[] = [];
  let costs = doubts;
  const [firstFromAbove, firstFromBelow] = [ways(doubts, width, 1), ways(doubts, width, -1)];
  for (let round = 0; round < ROUNDS; ++round) {
    const fromAbove = round === 0 ? firstFromAbove : ways(costs, width, 1);
    const fromBelow = round === 0 ? firstFromBelow : ways(costs, width, -1);
    const next = costs.slice();
    for (const anchor of ANCHORS) {
      const row = Math.floor(anchor * LINE_ROWS);
      const through = Float32Array.from({ length: width }, (_, column) => {
        const at = row * width + column;
        return (fromAbove.costs[at] as number) + (fromBelow.costs[at] as number) - (costs[at] as number);
      });
      for (const column of valleys(through)) {
        const way = new Int32Array(LINE_ROWS);
        follow(fromAbove.steps, way, width, row, column, -1);
        follow(fromBelow.steps, way, width, row, column, 1);
        const cut = cutAlong(way, image, doubts);
        if (cut.doubt <= MOST_MEAN_DOUBT) found.push(cut);
        way.forEach((at, place) => {
          for (let near = Math.max(0, at - BESIDE); near <= Math.min(width - 1, at + BESIDE); ++near) {
            next[place * width + near] = (doubts[place * width + near] as number) + TAKEN;
          }
        });
      }
    }
    costs = next;
  }
  const before = inkBefore(image);
  const kept: Cut[] = [];
  for (const cut of found.sort((one, other) => one.doubt - other.doubt || one.mean - other.mean)) {
    if (kept.length === most) break;
    if (kept.every((other) => parted(before, width, cut, other) > SAME)) kept.push(cut);
  }
  const middle = Float32Array.from({ length: width }, (_, column) => {
    const at = (LINE_ROWS / 2) * width + column;
    const through = (firstFromAbove.costs[at] as number) + (firstFromBelow.costs[at] as number);
    return (through - (doubts[at] as number)) / LINE_ROWS;
  });
  return {
    cuts: kept.sort((one, other) => one.mean - other.mean),
    doubtBetween(from, to) {
      let least = MOST_DOUBT;
      const [first, last] = [Math.max(0, Math.floor(from)), Math.min(width - 1, Math.ceil(to))];
      for (let column = first; column <= last; ++column) least = Math.min(least, middle[column] as number);
      return least;
    },
  };
}

/** Where the seam lies within the pixels that a way goes through: at the mean of its neighbours, weighted by their likelihood. */
function cutAlong(way: Int32Array, { values, width }: LineImage, doubts: Float32Array): Cut {
  let [ink, doubt] = [0, 0];
  const columns = Float32Array.from(way, (column, row) => {
    ink += Math.min(1, values[row * width + column] as number);
    doubt += (doubts[row * width + column] as number) / LINE_ROWS;
    let [weight, sum] = [0, 0];
    for (let near = Math.max(0, column - 1); near <= Math.min(width - 1, column + 1); ++near) {
      const likelihood = Math.exp(-(doubts[row * width + near] as number));
      weight += likelihood;
      sum += likelihood * (near + 0.5);
    }
    return sum / weight;
  });
  return { columns, mean: columns.reduce((sum, column) => sum + column, 0) / LINE_ROWS, doubt, ink };
}

/** Ink to the left of each place in its row. */
function inkBefore({ values, width }: LineImage): Float32Array {
  const before = new Float32Array((width + 1) * LINE_ROWS);
  for (let row = 0; row < LINE_ROWS; ++row) {
    for (let column = 0; column < width; ++column) {
      const at = row * (width + 1) + column;
      before[at + 1] = (before[at] as number) + (values[row * width + column] as number);
    }
  }
  return before;
}

/** How much ink lies between two cuts. */
function parted(before: Float32Array, width: number, one: Cut, other: Cut): number {
  let sum = 0;
  for (let row = 0; row < LINE_ROWS; ++row) {
    const at = row * (width + 1);
    const [left, right] = [Math.round(one.columns[row] as number), Math.round(other.columns[row] as number)];
    sum += Math.abs((before[at + left] as number) - (before[at + right] as number));
  }
  return sum;
}

/** The cost of the best way from the upper (lower) edge to each pixel, itself included, and from which side it comes. */
function ways(doubts: Float32Array, width: number, direction: 1 | -1): { costs: Float32Array; steps: Int8Array } {
  const costs = new Float32Array(doubts.length);
  const steps = new Int8Array(doubts.length);
  const [first, end] = direction === 1 ? [0, LINE_ROWS] : [LINE_ROWS - 1, -1];
  for (let row = first; row !== end; row += direction) {
    for (let column = 0; column < width; ++column) {
      const at = row * width + column;
      if (row === first) {
        costs[at] = doubts[at] as number;
        continue;
      }
      const previous = at - direction * width;
      let best = costs[previous] as number;
      let step = 0;
      if (column > 0 && (costs[previous - 1] as number) + ASIDE < best) {
        best = (costs[previous - 1] as number) + ASIDE;
        step = -1;
      }
      if (column + 1 < width && (costs[previous + 1] as number) + ASIDE < best) {
        best = (costs[previous + 1] as number) + ASIDE;
        step = 1;
      }
      costs[at] = best + (doubts[at] as number);
      steps[at] = step;
    }
  }
  return { costs, steps };
}

/** Writes down the columns of a way from a pixel to the edge in a direction. */
function follow(
  steps: Int8Array,
  columns: Int32Array,
  width: number,
  row: number,
  column: number,
  direction: 1 | -1,
): void {
  let at = column;
  for (let y = row; y >= 0 && y < columns.length; y += direction) {
    columns[y] = at;
    at += steps[y * width + at] as number;
  }
}

/** The middles of the stretches that are lower than what lies to either side. */
function valleys(costs: Float32Array): number[] {
  const middles: number[] = [];
  let start = 0;
  for (let column = 1; column <= costs.length; ++column) {
    if (column < costs.length && Math.abs((costs[column] as number) - (costs[start] as number)) < ASIDE / 2 / LINE_ROWS)
      continue;
    const falls = start > 0 && (costs[start - 1] as number) > (costs[start] as number);
    const rises = column < costs.length && (costs[column] as number) > (costs[column - 1] as number);
    if (falls && rises) middles.push(Math.floor((start + column - 1) / 2));
    start = column;
  }
  return middles;
}
