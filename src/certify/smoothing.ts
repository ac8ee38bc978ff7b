import { checkName, checkNumber, checkOptions, checkWhole, readFields } from "../arguments/checks.ts";
import { kindOf } from "../arguments/shown.ts";
import { binomialLowerBound } from "./binomial-bound.ts";
import { normalQuantile } from "./normal-distribution.ts";

// Randomised smoothing (Cohen, Rosenfeld, Kolter 2019, "Certified Adversarial Robustness via Randomized Smoothing"). The
// smoothed classifier gives an image the label that the base classifier gives most of its noisy copies. If the winner's
// share of all copies is at least p > ½, no change of the image below σ·Φ⁻¹(p) in L2 alters the smoothed label (Theorem 1
// with the bound 1 − p on the runner-up), whatever the base classifier is.

/** How noisy copies are labelled. */
export interface SmoothingOptions {
  /** Standard deviation of the noise added to every pixel, above 0 and at most 10; pixels lie in [0, 1]. Default .5. */
  sigma?: number;
  /** Noisy copies on which the bound rests, 1 to 1,000,000. Default 1000. */
  samples?: number;
  /** How often a certificate may be wrong over the draw of the noise, above 0 and below 1. Default .001. */
  alpha?: number;
  /** A whole number below 2^32; the same seed draws the same noise on every host. Default 0. */
  seed?: number;
  /**
   * What labels a copy: `"surrogates"` (default where the weights bring tables for the race), what the race foretells before
   * any decoder is asked, or `"label"`, the classifier's own `label`. The certificate is about the smoothed version of
   * whichever it is.
   */
  base?: SmoothingBase;
}

/** The names of what may label noisy copies; see `SmoothingOptions`. */
export const SMOOTHING_BASES = ["surrogates", "label"] as const;
export type SmoothingBase = (typeof SMOOTHING_BASES)[number];

/** What is certain about the smoothed classifier at one image. */
export interface Certificate {
  /** The class that most of the copies drawn for choosing it have; where `abstained`, nothing is claimed of it. */
  label: number;
  /** True when the copies do not show that one label has more than half of them. */
  abstained: boolean;
  /** With a confidence of 1 − alpha at least this share of all noisy copies has the label. */
  lowerBound: number;
  /** σ·Φ⁻¹(lowerBound): no L2 change below that alters the smoothed label; 0 where `abstained`. */
  radius: number;
  /** Of the `samples` copies, how many had the label. */
  votes: number;
}

/**
 * Labels noisy copies of one image, x + σ·N(0, I), and counts.
 *
 * @returns how many of `samples` copies have each label; another `seed` draws independent noise
 */
export type CastVotes = (sigma: number, samples: number, seed: number) => ArrayLike<number>;

/** Copies that only choose the label; the bound rests on others, as it must (Cohen et al., section 3.2.2). */
export const CHOOSING_SAMPLES = 100;

const MOST_SIGMA = 10;
const MOST_SAMPLES = 1_000_000;
const LARGEST_SEED = 2 ** 32 - 1;
const OPTIONS = ["sigma", "samples", "alpha", "seed", "base"] as const satisfies readonly (keyof SmoothingOptions)[];

/**
 * The options with their defaults.
 *
 * @param usualBase what labels copies where the options do not say
 * @throws {TypeError | RangeError} for an unknown option or one out of range
 */
export function checkedSmoothing(
  options: SmoothingOptions | undefined,
  usualBase: SmoothingBase,
): Required<SmoothingOptions> {
  const { sigma = 0.5, samples = 1000, alpha = 0.001, seed = 0, base = usualBase } = checkOptions(options, OPTIONS);
  checkNumber("sigma", sigma, (number) => number > 0 && number <= MOST_SIGMA, `above 0 and at most ${MOST_SIGMA}`);
  checkWhole("samples", samples, 1, MOST_SAMPLES);
  checkNumber("alpha", alpha, (number) => number > 0 && number < 1, "above 0 and below 1");
  checkWhole("seed", seed, 0, LARGEST_SEED);
  checkName("base", base, SMOOTHING_BASES);
  return { sigma, samples, alpha, seed, base };
}

/**
 * Certifies the smoothed classifier at the image whose noisy copies `castVotes` labels. Pure but for those votes.
 *
 * @param options as for `certify` of a classifier; `base` says nothing here
 * @throws {TypeError | RangeError} for an unknown option or one out of range, and when `castVotes` is no function, or returns
 *   something else than one whole number per class that add up to the samples
 */
export function certifySmoothed(castVotes: CastVotes, options?: SmoothingOptions): Certificate {
  if (typeof castVotes !== "function") {
    throw new TypeError(`castVotes: got ${kindOf(castVotes)}, wanted a function`);
  }
  const { sigma, samples, alpha, seed } = checkedSmoothing(options, "label");
  const label = mostVoted(checkedVotes(castVotes(sigma, CHOOSING_SAMPLES, choosingSeed(seed)), CHOOSING_SAMPLES));
  const votes = checkedVotes(castVotes(sigma, samples, seed), samples)[label] ?? 0;
  const lowerBound = binomialLowerBound(votes, samples, alpha);
  const abstained = lowerBound <= 0.5;
  return { label, abstained, lowerBound, radius: abstained ? 0 : sigma * normalQuantile(lowerBound), votes };
}

/** A certificate rests on the counts: they must be of all the copies. */
function checkedVotes(votes: ArrayLike<number>, samples: number): ArrayLike<number> {
  const { length } = readFields("castVotes: votes", votes, ["length"], "a list of whole numbers");
  checkWhole("castVotes: how many votes", length, 0);
  let sum = 0;
  for (let index = 0; index < length; ++index) {
    checkWhole(`castVotes: votes of class ${index}`, votes[index], 0, samples);
    sum += votes[index] as number;
  }
  if (sum !== samples) throw new RangeError(`castVotes: got ${sum} votes in all, wanted ${samples}`);
  return votes;
}

/** A seed for the copies that choose, so that the bound's copies are independent of the choice. */
function choosingSeed(seed: number): number {
  return (seed ^ 0x5bd1e995) >>> 0;
}

/** The first of the classes with the most votes. */
function mostVoted(votes: ArrayLike<number>): number {
  let most = 0;
  for (let index = 1; index < votes.length; ++index) {
    if ((votes[index] as number) > (votes[most] as number)) most = index;
  }
  return most;
}
