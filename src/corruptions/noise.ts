import type { Random } from "../random.ts";
import type { Corruption } from "./corruption.ts";

/** Photons that a white pixel counts on average. */
const PHOTONS = 3;
/** Share of the pixels that impulses strike. */
const STRUCK = 0.17;

/** Every pixel counts photons: Poisson noise of a mean of 3 where the image is white, none where it is black. */
export const shotNoise: Corruption = {
  name: "shot-noise",
  corrupt: (image, random) => image.map((value) => Math.min(1, poisson(value * PHOTONS, random) / PHOTONS)),
};

/** Salt and pepper: 17 % of the pixels become white or black, either as likely. */
export const impulseNoise: Corruption = {
  name: "impulse-noise",
  corrupt: (image, random) =>
    image.map((value) => (random.uniform() < STRUCK ? (random.uniform() < 0.5 ? 1 : 0) : value)),
};

/** A number of events of a small mean, by the product of uniform numbers (Knuth 1969). */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let events = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) ++events;
  return events;
}
