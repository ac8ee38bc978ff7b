import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { downhill, fallNeeded, lengthOf, succeeds } from "./direction.ts";

/** Weights of the margin that are tried, and steps with each. */
const WEIGHTS = 6;
const STEPS = 100;
/** Adam (Kingma and Ba 2015), in the space of the hyperbolic tangent's argument. */
const STEP_SIZE = 0.1;
const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
/** By how much the weight grows as long as none succeeds. */
const GROWTH = 4;
/** Pixels start this share inside the ends of the tangent's range, where it has a slope. */
const INSIDE = 0.98;

/**
 * Lowers the squared length of the change plus a weighted margin by Adam, each pixel written as a hyperbolic tangent, which
 * keeps it in its range; the weight is found by halving. The margin counts in lengths, as the slope at the original makes
 * it, and the first weight is the one that is right for a linear margin, so that no scale of the losses matters.
 */
export const carliniWagner: Attack = {
  name: "carlini-wagner",
  norms: ["l2"],
  needs: ["lossAndGradient"],
  source: "Carlini and Wagner 2017, arXiv:1608.04644",
  search(target: AttackedImage): void {
    const margin = target.margin(target.original);
    const slope = lengthOf(downhill(target.original, margin.gradient), "l2");
    if (!(slope > 0)) return;
    let low = 0;
    let high = Number.POSITIVE_INFINITY;
    let weight = (2 * fallNeeded(margin)) / slope;
    for (let round = 0; round < WEIGHTS; ++round) {
      if (descend(target, weight / slope)) high = weight;
      else low = weight;
      weight = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : GROWTH * low;
    }
  },
};

function descend(target: AttackedImage, weight: number): boolean {
  const { original } = target;
  const start = Float64Array.from(original, (value) => Math.atanh(INSIDE * (2 * value - 1)));
  const place = start.slice();
  const first = new Float64Array(start.length);
  const second = new Float64Array(start.length);
  let succeeded = false;
  for (let step = 1; step <= STEPS; ++step) {
    // Measured from where the start lies in the range, the change is 0 at first although the start is inside.
    const image = original.map((value, pixel) => {
      const change = (Math.tanh(place[pixel] as number) - INSIDE * (2 * value - 1)) / 2;
      return Math.min(Math.max(value + change, 0), 1);
    });
    const margin = target.margin(image);
    const beyond = succeeds(target, image, margin);
    if (beyond) succeeded = true;
    const factor = beyond ? 0 : weight;
    for (let pixel = 0; pixel < place.length; ++pixel) {
      const tangent = Math.tanh(place[pixel] as number);
      const length = (image[pixel] as number) - (original[pixel] as number);
      const slope = (2 * length + factor * (margin.gradient[pixel] as number)) * ((1 - tangent * tangent) / 2);
      first[pixel] = FIRST_DECAY * (first[pixel] as number) + (1 - FIRST_DECAY) * slope;
      second[pixel] = SECOND_DECAY * (second[pixel] as number) + (1 - SECOND_DECAY) * slope * slope;
      const mean = (first[pixel] as number) / (1 - FIRST_DECAY ** step);
      const deviation = Math.sqrt((second[pixel] as number) / (1 - SECOND_DECAY ** step));
      place[pixel] = (place[pixel] as number) - (STEP_SIZE * mean) / (deviation + 1e-8);
    }
  }
  return succeeded;
}
