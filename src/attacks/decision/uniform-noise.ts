import type { Attack } from "../attack.ts";
import { additiveNoise } from "./additive-noise.ts";

const ROOT_3 = Math.sqrt(3);

/** Adds evenly distributed noise of variance 1 to every pixel, as little as turns the label; asks some 300 times, and then to shorten what it found. */
export const uniformNoise: Attack = additiveNoise(
  "uniform-noise",
  "Additive uniform noise, as in Foolbox: Rauber et al. 2017, arXiv:1707.04131",
  (random) => ROOT_3 * (2 * random.uniform() - 1),
);
