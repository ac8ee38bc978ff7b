import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { moved } from "../pixels.ts";
import { cosineDecay, downhill, fallNeeded, lengthOf, succeeds, unit } from "./direction.ts";

const STEPS = 150;
/** By how much the length of the change shrinks at a success and grows otherwise. */
const FACTOR = 0.05;
const LAST_STEP = 0.01;

/**
 * Parts the direction of the change from its length: the direction follows the gradient, the length falls by a factor at
 * every success and rises by it otherwise.
 */
export const ddn: Attack = {
  name: "ddn",
  norms: ["l2"],
  needs: ["lossAndGradient"],
  source: "Rony et al. 2019, arXiv:1811.09600",
  search(target: AttackedImage): void {
    const first = target.margin(target.original);
    const slope = lengthOf(downhill(target.original, first.gradient), "l2");
    if (!(slope > 0)) return;
    // The boundary's distance if the margin were linear: the paper starts at 1, whatever the model.
    const estimate = fallNeeded(first) / slope;
    descend(target, target.original, estimate);
    const length = Math.min(target.bestDistance, 2 * estimate);
    const noise = unit(
      target.original.map(() => target.random.normal()),
      "l2",
    );
    descend(target, moved(target.original, noise, length), length);
  },
};

function descend(target: AttackedImage, start: Float32Array, firstLength: number): void {
  const { original } = target;
  let image = start;
  let length = firstLength;
  for (let step = 0; step < STEPS; ++step) {
    const margin = target.margin(image);
    length *= succeeds(target, image, margin) ? 1 - FACTOR : 1 + FACTOR;
    const direction = unit(downhill(image, margin.gradient), "l2");
    const size = firstLength * Math.max(cosineDecay(step, STEPS), LAST_STEP);
    const change = image.map(
      (value, pixel) => value - (original[pixel] as number) + size * (direction[pixel] as number),
    );
    image = moved(original, unit(change, "l2"), length);
  }
}
