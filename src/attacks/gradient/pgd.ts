import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { type BallNorm, projectOntoBall } from "../projection.ts";
import { cosineDecay, downhill, lengthOf, succeeds, unit } from "./direction.ts";
import { searchRadius } from "./radius-search.ts";

const ROUNDS = 8;
const STEPS = 30;
const MOMENTUM = 0.75;
/** The first step as a share of the radius. */
const FIRST_STEP = 0.5;

/** Steps along the gradient with momentum, projected onto a ball, in balls of halved radii. */
export const pgd: Attack = {
  name: "pgd",
  norms: ["linf", "l2"],
  needs: ["lossAndGradient"],
  source: "Madry et al. 2018, arXiv:1706.06083, with the momentum of Dong et al. 2018, arXiv:1710.06081",
  search(target: AttackedImage): void {
    searchRadius(target, ROUNDS, (radius, start) => descend(target, radius, start));
  },
};

function descend(target: AttackedImage, radius: number, start: Float32Array): boolean {
  const norm = target.norm as BallNorm;
  let image = start;
  let velocity = new Float32Array(image.length);
  for (let step = 0; ; ++step) {
    const margin = target.margin(image);
    if (succeeds(target, image, margin)) return true;
    if (step === STEPS) return false;
    const down = downhill(image, margin.gradient);
    const size = lengthOf(down, "l1");
    if (size > 0) velocity = velocity.map((value, pixel) => MOMENTUM * value + (down[pixel] as number) / size);
    const direction = unit(velocity, norm);
    const length = FIRST_STEP * radius * Math.max(cosineDecay(step, STEPS), 0.02);
    const further = image.map((value, pixel) => value + length * (direction[pixel] as number));
    image = projectOntoBall(target.original, further, radius, norm);
  }
}
