import type { Attack } from "../attack.ts";
import { fmn } from "../gradient/fmn.ts";
import type { LossesAndGradients } from "../model.ts";

/**
 * For losses that are minima, found by a search: the gradient of a search that ended in a poor minimum points astray, and a
 * model may look robust for that alone. This attack follows other searches for the same losses, each by itself, and then for
 * every class the lowest loss of all of them with its gradient.
 */
export const restartedSearch: Attack = {
  name: "restarted-search",
  norms: ["linf", "l2", "l1"],
  needs: ["lossAndGradient", "searches"],
  source: "this project",
  search(target) {
    const searches = target.model.searches ?? [];
    for (const search of searches) target.searchWith(search, fmn.search);
    const own = target.model.lossAndGradient;
    if (own === undefined) return;
    target.searchWith((image) => lowest([own, ...searches].map((search) => search(image))), fmn.search);
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
