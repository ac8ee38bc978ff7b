import type { Classification } from "../results.ts";
import type { Impression } from "./piece-network.ts";

/** How much what the network for pieces thinks weighs; chosen on what `npx tsx bench/strings.ts --data DIR --naming` prints. */
const WEIGHT = 0.3;
/** Neither is surer than this of what a digit is not, so that where the classifier has no doubt, its word stands. */
const LEAST_CLASSIFIED = 1e-3;
const LEAST_THOUGHT = 1e-4;

/** What a piece is named by both. */
export type Naming = Pick<Classification, "label" | "name" | "probabilities">;

/**
 * Names a piece by the classifier and, where that doubts between digits, by the network for pieces as well: the product of what
 * both think, the second one's to the power of its weight (experts: Hinton 2002). Classes that are no digits are named by the
 * classifier alone.
 *
 * @param weight 0 or more; at 0 the classifier decides alone
 * @returns probabilities that sum to 1, and the class of the largest
 */
export function namedByBoth(classification: Classification, { digits }: Impression, weight = WEIGHT): Naming {
  const { label, name, probabilities } = classification;
  if (probabilities.length !== digits.length || name !== String(label)) return classification;
  const products = probabilities.map(
    (probability, digit) => (probability + LEAST_CLASSIFIED) * ((digits[digit] as number) + LEAST_THOUGHT) ** weight,
  );
  const sum = products.reduce((all, one) => all + one, 0);
  const best = products.indexOf(Math.max(...products));
  return { label: best, name: String(best), probabilities: products.map((product) => product / sum) };
}
