import type { Attack } from "../attack.ts";
import { additiveNoise } from "./additive-noise.ts";

/** Adds normally distributed noise to every pixel, as little as turns the label; asks some 300 times, and then to shorten what it found. */
export const gaussianNoise: Attack = additiveNoise(
  "gaussian-noise",
  "Additive Gaussian noise, as in Schott et al. 2018, arXiv:1805.09190",
  (random) => random.normal(),
);
