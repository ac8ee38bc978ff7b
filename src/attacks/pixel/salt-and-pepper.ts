import type { Attack } from "../attack.ts";
import { firstAlong } from "../decision/along-path.ts";
import { drawNoisyPixels } from "./noisy-pixels.ts";

/** Decisions for draws; taking back what the nearest does not need comes on top. */
const DECISIONS = 300;

/** Strikes pixels black and white at random, as few as turn the label, in many draws; the nearest is then thinned out. */
export const saltAndPepper: Attack = {
  name: "salt-and-pepper",
  norms: ["l0"],
  needs: [],
  source: "Salt-and-pepper noise, as in Schott et al. 2018, arXiv:1805.09190",
  search(target) {
    const asked = target.queries;
    let known: number | undefined;
    // Fewer pixels than one there cannot be.
    while (target.queries - asked < DECISIONS && known !== 1) {
      const noise = drawNoisyPixels(target.original, target.random);
      known = firstAlong(target, noise.at, { most: target.original.length, known, isWhole: true }) ?? known;
    }
  },
};
