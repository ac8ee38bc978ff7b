import { checkedSmoothing, SMOOTHING_BASES, type SmoothingOptions } from "../certify/smoothing.ts";
import { messageOf } from "../files/file-error.ts";
import { type Invocation, UsageError } from "./command.ts";

/**
 * The options of a certificate that are there: what the base is by default depends on the weights.
 *
 * @throws UsageError for one that is out of range
 */
export function smoothingOptions(invocation: Invocation): SmoothingOptions {
  const base = invocation.choice("base", SMOOTHING_BASES);
  const numbers = ["sigma", "samples", "alpha", "seed"].map((name) => [name, invocation.number(name)] as const);
  const given = numbers.filter(([, value]) => value !== undefined);
  const options: SmoothingOptions = { ...Object.fromEntries(given), ...(base === undefined ? {} : { base }) };
  try {
    checkedSmoothing(options, "surrogates");
  } catch (error) {
    throw new UsageError(`--${messageOf(error)}`, { cause: error });
  }
  return options;
}
