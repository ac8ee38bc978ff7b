import type { ReadingWeights } from "./lattice.ts";

/** Fitted on strings and sheets of validation digits by `npx tsx bench/strings.ts --data DIR --fit --limit 60`, which writes this file. */
export const READING_WEIGHTS: ReadingWeights = {
  digit: [2.735, 0.062, 0.780, 0.503, 0.375, 0.185, 3.070, -2.207, -0.259, -1.546, -2.461, -0.400, 0.007, -3.024, -0.023],
  other: [-0.874, -0.645, -1.062, 0.302, 0.102, -0.466, 0.037, 0.092, 0.691, -0.190, -0.884, -0.081, -1.572, -0.189, -0.969],
};
