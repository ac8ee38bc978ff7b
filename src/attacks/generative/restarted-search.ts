import type { Attack } from "../attack.ts";
import { fmn } from "../gradient/fmn.ts";
import type { LossesAndGradients } from "../model.ts";

/**
 * For losses that are minima, found by a search: the gradient of a search that ended in a poor minimum points astray, and a
 * model may look robust for that alone. This attack asks the other searches too, and follows for every class the lowest loss
 * that any of them found.
 */
export const restartedSearch: Attack = {
  name: "restarted-search",
  norms: ["linf", "l2"],
  needs: ["lossAndGradient", "searches"],
  source: "this project",
  search(target) {
    const { lossAndGradient, searches = [] } = target.model;
    const all = lossAndGradient === undefined ? searches : [lossAndGradient.bind(target.model), ...searches];
    target.searchWith((image) => lowest(all.map((search) => search(image))), all.length, fmn.search);
  },
};

/** Per class what the search with the lowest loss found. */
function lowest(found: readonly LossesAndGradients[]): LossesAndGradients {
  const [first, ...others] = found as [LossesAndGradients, ...LossesAndGradients[]];
  const losses = Array.from(first.losses);
  const gradients = losses.map((_, label) => first.gradients[label] as ArrayLike<number>);
  for (const other of others) {
    losses.forEach((loss, label) => {
      if ((other.losses[label] as number) >= loss) return;
      losses[label] = other.losses[label] as number;
      gradients[label] = other.gradients[label] as ArrayLike<number>;
    });
  }
  return { losses, gradients };
}
