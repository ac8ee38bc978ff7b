import { checkNumber, checkWhole } from "../arguments/checks.ts";

// How sure a share is that was counted on samples.

/**
 * The lower end of the one-sided Clopper–Pearson interval (1934): the smallest probability p under which `successes` or
 * more of `trials` independent trials happen with probability `alpha`. The true probability lies below it in at most a share
 * `alpha` of all experiments, whatever it is; no approximation by a normal distribution is involved.
 *
 * The result is the lower end of a bisection, so rounding makes it smaller, not larger, but for the relative error of 1e-12
 * of the tail's sum.
 *
 * @param successes a whole number from 0 to `trials`
 * @param trials a whole number from 1
 * @param alpha in (0, 1)
 * @returns in [0, 1)
 * @throws {TypeError | RangeError} for other numbers
 */
export function binomialLowerBound(successes: number, trials: number, alpha: number): number {
  checkWhole("trials", trials, 1);
  checkWhole("successes", successes, 0, trials);
  checkNumber("alpha", alpha, (share) => share > 0 && share < 1, "above 0 and below 1");
  if (successes === 0) return 0;
  if (successes === trials) return alpha ** (1 / trials);
  const logarithm = logBinomial(trials, successes);
  let low = 0;
  let high = successes / trials;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return low;
    if (upperTail(successes, trials, middle, logarithm) <= alpha) low = middle;
    else high = middle;
  }
}

/** ln (n over k). */
function logBinomial(n: number, k: number): number {
  const fewer = Math.min(k, n - k);
  let sum = 0;
  for (let index = 1; index <= fewer; ++index) sum += Math.log((n - fewer + index) / index);
  return sum;
}

/** P(X ≥ k) for X binomial with n trials of probability p ≤ k/n, where the terms fall from the first one on. */
function upperTail(k: number, n: number, p: number, logarithm: number): number {
  const odds = p / (1 - p);
  let term = Math.exp(logarithm + k * Math.log(p) + (n - k) * Math.log1p(-p));
  let sum = term;
  for (let successes = k + 1; successes <= n && term > sum * 1e-17; ++successes) {
    term *= (odds * (n - successes + 1)) / successes;
    sum += term;
  }
  return sum;
}
