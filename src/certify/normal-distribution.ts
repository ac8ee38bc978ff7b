import { checkNumber } from "../arguments/checks.ts";

// The standard normal distribution, as bounds by smoothing need it.

/** Beyond this Φ is 1 in double precision. */
const FARTHEST = 8.5;

/**
 * Φ(x), the share of the standard normal distribution below x, to an absolute error of 1e-15: by the series
 * ½ + φ(x) · (x + x³/3 + x⁵/(3·5) + …), all of whose terms have one sign (Marsaglia 2004, "Evaluating the normal
 * distribution").
 */
export function normalShareBelow(x: number): number {
  if (x > FARTHEST) return 1;
  if (x < -FARTHEST) return 0;
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * 1e-17; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/**
 * Φ⁻¹(share) by bisection, never above the true value by more than Φ's own rounding: the lower end of the last interval.
 *
 * @param share in (0, 1); 0 gives −8.5 and 1 gives 8.5, where Φ ends in double precision
 * @throws {TypeError | RangeError} for other numbers
 */
export function normalQuantile(share: number): number {
  checkNumber("share", share, (number) => number >= 0 && number <= 1, "from 0 to 1");
  let low = -FARTHEST;
  let high = FARTHEST;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return low;
    if (normalShareBelow(middle) <= share) low = middle;
    else high = middle;
  }
}
