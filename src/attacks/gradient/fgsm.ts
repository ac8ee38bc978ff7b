import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { moved } from "../pixels.ts";
import type { BallNorm } from "../projection.ts";
import { downhill, unit } from "./direction.ts";

/** Steps up to the one that takes every pixel to the end of its range (L∞), or as far as that is in L2. */
const STEPS = 64;

/**
 * One gradient, and the smallest step along it that succeeds: along its signs in L∞, along itself in L2 (the fast gradient
 * method). Steps are tried in turn, as a longer one need not succeed where a shorter one does.
 */
export const fgsm: Attack = {
  name: "fgsm",
  norms: ["linf", "l2"],
  needs: ["lossAndGradient"],
  source: "Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572",
  search(target: AttackedImage): void {
    const norm = target.norm as BallNorm;
    const { original } = target;
    const direction = unit(downhill(original, target.margin(original).gradient), norm);
    const farthest = norm === "linf" ? 1 : Math.sqrt(original.length);
    for (let step = 1; step <= STEPS; ++step) {
      // Squares: short steps close together.
      if (target.isAdversarial(moved(original, direction, farthest * (step / STEPS) ** 2))) return;
    }
  },
};
