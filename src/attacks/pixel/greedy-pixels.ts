import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { difference } from "../model.ts";
import { movesByGain, type PixelMove, type PixelState, stateOf, worthOf } from "./pixel-moves.ts";

/** Classes towards which pixels are moved, the nearest first. */
const RIVALS = 3;
/** Gradients in all. */
const GRADIENTS = 600;
/** Gradients for moving pixels towards one class until the label turns. */
const GROWTH = 60;
/** A step moves this share of the pixels that are foretold to be missing. */
const STEP_SHARE = 0.25;
/** Swaps without a success after which the search goes on from elsewhere. */
const PATIENCE = 40;
/** Swaps during which a pixel that was dropped stays out and one that was taken stays in: less ends in circles. */
const LEAST_TABU = 3;
const MORE_TABU = 6;

/**
 * Moves pixels to 0 or 1, those first by which the margin falls most. For a model whose losses are squared distances from
 * redrawings, the foretold fall is exact as long as the redrawings stay: the parts of two classes' losses that are quadratic in
 * a pixel cancel. After each step the model is asked anew, as redrawings follow the image and other models bend.
 *
 * What turned the label is then thinned out: one pixel fewer, and pixels swapped (the one of least worth for the one of
 * most gain, neither back at once) until the label turns again with one pixel fewer.
 */
export const greedyPixels: Attack = {
  name: "greedy-pixels",
  norms: ["l0"],
  needs: ["lossAndGradient"],
  source:
    "New: the gain is exact for squared distances; swaps after the tabu search of Glover (1989). Related: JSMA, Papernot et al. 2015, arXiv:1511.07528",
  search(target) {
    new GreedySearch(target).run();
  },
};

class GreedySearch {
  readonly #target: AttackedImage;
  #left = GRADIENTS;

  constructor(target: AttackedImage) {
    this.#target = target;
  }

  run(): void {
    const start = this.#ask(this.#target.original.slice());
    const rivals = this.#target.rivals(start.answer.losses).slice(0, RIVALS);
    const grown: PixelState[] = [];
    for (const rival of rivals) {
      const state = this.#grow(start, rival);
      if (state !== undefined) grown.push(state);
    }
    grown.sort((one, other) => one.moved.length - other.moved.length);
    for (const state of grown) this.#swap(state);
  }

  #ask(image: Float32Array): PixelState {
    --this.#left;
    return stateOf(this.#target, image);
  }

  /** Moves pixels towards a class until the label turns; undefined when it does not. */
  #grow(start: PixelState, rival: number): PixelState | undefined {
    let state = start;
    for (let step = 0; step < GROWTH && this.#left > 0; ++step) {
      const margin = this.#target.marginIn(state.answer, rival);
      const moves = movesByGain(state.image, margin.gradient);
      if (moves.length === 0) return undefined;
      const count = Math.ceil(STEP_SHARE * stillNeeded(margin.value, moves));
      const image = state.image.slice();
      for (const { pixel, value } of moves.slice(0, count)) image[pixel] = value;
      state = this.#ask(image);
      // Losses may say so earlier than the decision does.
      if (state.isTurned) return state;
    }
    return undefined;
  }

  /** Looks for a success with one pixel fewer than the nearest has, and so on. */
  #swap(start: PixelState): void {
    let state = this.#thinned(start);
    const free = new Map<number, number>();
    let patience = PATIENCE;
    for (let swap = 0; this.#left > 0 && patience > 0 && this.#target.bestDistance > 1; ++swap, --patience) {
      if (state.moved.length < this.#target.bestDistance) {
        const next = this.#bestSwap(state, (pixel) => (free.get(pixel) ?? 0) <= swap);
        if (next === undefined) break;
        for (const pixel of next.pixels) free.set(pixel, swap + LEAST_TABU + this.#target.random.below(MORE_TABU));
        state = this.#ask(next.image);
      }
      if (state.moved.length >= this.#target.bestDistance) {
        state = this.#thinned(state);
        patience = PATIENCE;
      }
    }
  }

  /** Drops pixels of least worth until there are fewer than the nearest success has. */
  #thinned(state: PixelState): PixelState {
    let thin = state;
    while (thin.moved.length > 1 && thin.moved.length >= this.#target.bestDistance && this.#left > 0) {
      const gradient = this.#towardsNearest(thin);
      const worth = (pixel: number): number => worthOf(this.#target, thin.image, gradient, pixel);
      const pixel = thin.moved.reduce((least, other) => (worth(other) < worth(least) ? other : least));
      const image = thin.image.slice();
      image[pixel] = this.#target.original[pixel] as number;
      thin = this.#ask(image);
    }
    return thin;
  }

  #towardsNearest({ answer }: PixelState): Float32Array {
    return difference(answer, this.#target.nearestRival(answer.losses), this.#target.label);
  }

  /** The swap after which the margin to one of the nearest classes is foretold to be lowest. */
  #bestSwap(
    state: PixelState,
    isFree: (pixel: number) => boolean,
  ): { image: Float32Array; pixels: number[] } | undefined {
    const { image, moved, answer } = state;
    let lowest = Number.POSITIVE_INFINITY;
    let best: { drop: number; take: PixelMove } | undefined;
    for (const rival of this.#target.rivals(answer.losses).slice(0, RIVALS)) {
      const { value: margin, gradient } = this.#target.marginIn(answer, rival);
      const isMoved = new Set(moved);
      const take = movesByGain(image, gradient).find(({ pixel }) => isFree(pixel) && !isMoved.has(pixel));
      if (take === undefined) continue;
      for (const drop of moved) {
        if (!isFree(drop)) continue;
        const foretold = margin - take.gain + worthOf(this.#target, image, gradient, drop);
        if (foretold < lowest) {
          lowest = foretold;
          best = { drop, take };
        }
      }
    }
    if (best === undefined) return undefined;
    const swapped = image.slice();
    swapped[best.drop] = this.#target.original[best.drop] as number;
    swapped[best.take.pixel] = best.take.value;
    return { image: swapped, pixels: [best.drop, best.take.pixel] };
  }
}

/** How many of the moves, in their order, are foretold to bring the margin to 0; half of them where all do not. */
function stillNeeded(margin: number, moves: readonly PixelMove[]): number {
  let left = margin;
  for (const [count, { gain }] of moves.entries()) {
    left -= gain;
    if (left < 0) return count + 1;
  }
  return Math.ceil(moves.length / 2);
}
