import type { Attack } from "../attack.ts";
import type { AttackedImage, Margin } from "../attacked-image.ts";
import { fallNeeded } from "../gradient/direction.ts";
import { changedPixels, clip } from "../pixels.ts";
import { type ResponseLevels, responseLevels } from "../response-levels.ts";

const RIVALS = 3;
/** Linearisations of the boundary per rival. */
const ROUNDS = 12;
/** By how much more, or less, is bought after a failure or a success; after each further failure twice as much more. */
const CORRECTION = 0.03;
/** Halvings of the price of a change. */
const HALVINGS = 40;
/** Rounds in which a few pixels are given back and others bought. */
const EXCHANGES = 160;
const MOST_GIVEN_BACK = 3;
const LINF_RADII = 8;
const LINF_STEPS = 24;

type Cost = (change: number) => number;
const COSTS: Record<"l2" | "l1" | "l0", Cost> = {
  l2: (change) => change * change,
  l1: (change) => Math.abs(change),
  l0: () => 1,
};

/**
 * The attack for models that see every pixel through a curve with flat parts, on which a gradient that is followed straight
 * through overshoots or is lost. For the boundary as it is linearised at an image, every pixel has a cheapest move: stay, go
 * into the slope of the curve, or across it. Which moves buy the change of label at the lowest price is a knapsack, solved by
 * halving the price of distance (a Lagrange multiplier). Then a few pixels are given back at random and others bought, as long
 * as the total falls. In L∞ every pixel moves by ±ε along the gradient gathered so far, which is best for any monotone curve.
 */
export const curveCrossing: Attack = {
  name: "curve-crossing",
  norms: ["l2", "linf", "l1", "l0"],
  needs: ["lossAndGradient", "response"],
  source: "this project",
  search(target) {
    const levels = responseLevels(target.model.response as (value: number) => number);
    const first = target.lossAndGradient(target.original);
    const rivals = target.rivals(first.losses).slice(0, RIVALS);
    if (target.norm === "linf") {
      for (const rival of [undefined, ...rivals]) moveAllPixels(target, rival);
      return;
    }
    const cost = COSTS[target.norm];
    for (const rival of rivals) buyMoves(target, levels, cost, rival);
    exchangeMoves(target, levels, cost);
  },
};

/** Every pixel by ±ε along the gradient, at radii that are halved towards the least that succeeds. */
function moveAllPixels(target: AttackedImage, rival: number | undefined): void {
  const { original } = target;
  let low = 0;
  let high = Math.min(1, target.bestDistance);
  for (let halving = 0; halving < LINF_RADII; ++halving) {
    const radius = (low + high) / 2;
    const gathered = new Float64Array(original.length);
    let image = original;
    let succeeded = false;
    for (let step = 0; step < LINF_STEPS && !succeeded; ++step) {
      const { gradient } = target.margin(image, rival);
      const size = gradient.reduce((sum, value) => sum + Math.abs(value), 0);
      if (size === 0) break;
      for (let pixel = 0; pixel < gathered.length; ++pixel) {
        gathered[pixel] = 0.9 * (gathered[pixel] as number) + (gradient[pixel] as number) / size;
      }
      image = original.map((value, pixel) => clip(value - radius * Math.sign(gathered[pixel] as number)));
      succeeded = target.isAdversarial(image);
    }
    if (succeeded) high = Math.min(radius, target.bestDistance);
    else low = radius;
  }
}

/** Buys the change of label where the boundary is linearised, again at what was bought, until it is neither missed nor overpaid. */
function buyMoves(target: AttackedImage, levels: ResponseLevels, cost: Cost, rival: number): void {
  const { original } = target;
  const response = target.model.response as (value: number) => number;
  let image = original;
  // How much more, or less, has to be bought than the linearisation says.
  let surplus = 1;
  let correction = CORRECTION;
  for (let round = 0; round < ROUNDS; ++round) {
    const margin = target.margin(image, rival);
    const seen = Float64Array.from(original, response);
    // The margin at the original as this linearisation foretells it.
    let needed = margin.value;
    for (let pixel = 0; pixel < original.length; ++pixel) {
      needed -= (margin.gradient[pixel] as number) * (response(image[pixel] as number) - (seen[pixel] as number));
    }
    // The losses may say that the image is beyond the boundary while the decision says that it is not.
    needed = fallNeeded({ ...margin, value: needed });
    if (!(needed > 0)) return;
    const bought = cheapestMoves(original, seen, levels, cost, margin, needed * surplus);
    if (bought === undefined) return;
    image = bought;
    if (target.isAdversarial(image)) {
      surplus *= 1 - CORRECTION;
      correction = CORRECTION;
    } else {
      surplus *= 1 + correction;
      correction *= 2;
    }
  }
}

/** The moves that lower the linearised margin by `needed` at the least cost; undefined when all together do not. */
function cheapestMoves(
  original: Float32Array,
  seen: Float64Array,
  levels: ResponseLevels,
  cost: Cost,
  { gradient }: Margin,
  needed: number,
): Float32Array | undefined {
  let result: Float32Array | undefined;
  // The price of one unit of cost in units of the margin: free at first.
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let price = needed;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const moved = original.slice();
    let gain = 0;
    for (let pixel = 0; pixel < original.length; ++pixel) {
      const move = bestMove(
        original[pixel] as number,
        seen[pixel] as number,
        gradient[pixel] as number,
        levels,
        cost,
        price,
      );
      moved[pixel] = move.value;
      gain += move.gain;
    }
    if (gain >= needed) {
      result = moved;
      low = price;
      price = high === Number.POSITIVE_INFINITY ? price * 4 : (low + high) / 2;
    } else {
      high = price;
      price = low === 0 ? price / 4 : (low + high) / 2;
    }
  }
  return result;
}

interface Move {
  readonly value: number;
  readonly gain: number;
}

/** Where one pixel goes when distance costs `price`: the level with the largest gain after costs, or nowhere. */
function bestMove(value: number, seen: number, slope: number, levels: ResponseLevels, cost: Cost, price: number): Move {
  const { responses, lowest, highest } = levels;
  let best: Move = { value, gain: 0 };
  let most = 0;
  for (let level = 0; level < responses.length; ++level) {
    const response = responses[level] as number;
    const gain = -slope * (response - seen);
    if (gain <= 0) continue;
    const to = response > seen ? (lowest[level] as number) : (highest[level] as number);
    const net = gain - price * cost(to - value);
    if (net <= most) continue;
    most = net;
    best = { value: to, gain };
  }
  return best;
}

/** Gives a few of the moves back at random and buys others for less, with the boundary linearised anew each time. */
function exchangeMoves(target: AttackedImage, levels: ResponseLevels, cost: Cost): void {
  const { original, random } = target;
  const response = target.model.response as (value: number) => number;
  for (let round = 0; round < EXCHANGES && target.best !== undefined; ++round) {
    const { image, label } = target.best;
    const total = (trial: Float32Array): number =>
      trial.reduce(
        (sum, value, pixel) => (value === original[pixel] ? sum : sum + cost(value - (original[pixel] as number))),
        0,
      );
    const most = total(image);
    const changed = changedPixels(original, image);
    random.shuffle(changed);
    const given = changed.slice(0, 1 + random.below(MOST_GIVEN_BACK));
    const trial = image.slice();
    for (const pixel of given) trial[pixel] = original[pixel] as number;
    if (target.isAdversarial(trial)) continue;
    const { value, gradient } = target.margin(trial, label);
    // The pixels with the most gain for their cost, but for those just given back.
    const offers = Array.from(trial, (_, pixel) => pixel)
      .filter((pixel) => !given.includes(pixel) && trial[pixel] === original[pixel])
      .map((pixel) => {
        const from = original[pixel] as number;
        const to = wayAcross(from, gradient[pixel] as number, levels);
        const gain = -(gradient[pixel] as number) * (response(to) - response(from));
        return { pixel, to, gain, ratio: to === from ? 0 : gain / cost(to - from) };
      })
      .filter(({ ratio }) => ratio > 0)
      .sort((one, other) => other.ratio - one.ratio || one.pixel - other.pixel);
    let left = value;
    for (const { pixel, to, gain } of offers) {
      trial[pixel] = to;
      left -= gain;
      if (left > 0) continue;
      // What the linearisation promises need not hold: go on while it is cheaper than before.
      if (total(trial) >= most || target.isAdversarial(trial)) break;
    }
  }
}

/** As far as the response goes in the direction that lowers the margin, at the least distance. */
function wayAcross(from: number, slope: number, { responses, lowest, highest }: ResponseLevels): number {
  if (slope === 0) return from;
  return slope < 0 ? Math.max(from, lowest[responses.length - 1] as number) : Math.min(from, highest[0] as number);
}
