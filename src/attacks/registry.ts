import type { Attack } from "./attack.ts";
import { brendelBethge } from "./boundary/brendel-bethge.ts";
import { boundary } from "./decision/boundary.ts";
import { gaussianNoise } from "./decision/gaussian-noise.ts";
import { transfer } from "./decision/transfer.ts";
import { uniformNoise } from "./decision/uniform-noise.ts";
import { greedyPixels } from "./pixel/greedy-pixels.ts";
import { pointwise } from "./pixel/pointwise.ts";
import { saltAndPepper } from "./pixel/salt-and-pepper.ts";
import { sparseRs } from "./pixel/sparse-rs.ts";

/** All attacks, cheap ones first. */
export const ATTACKS: readonly Attack[] = [
  // Those that need only decisions, those that move pixels, and those along the boundary.
  gaussianNoise,
  uniformNoise,
  transfer,
  saltAndPepper,
  greedyPixels,
  brendelBethge,
  sparseRs,
  pointwise,
  boundary,
];
