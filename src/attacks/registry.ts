import type { Attack } from "./attack.ts";
import { brendelBethge } from "./boundary/brendel-bethge.ts";
import { boundary } from "./decision/boundary.ts";
import { gaussianNoise } from "./decision/gaussian-noise.ts";
import { transfer } from "./decision/transfer.ts";
import { uniformNoise } from "./decision/uniform-noise.ts";
import { curveCrossing } from "./generative/curve-crossing.ts";
import { latentDescent } from "./generative/latent-descent.ts";
import { restartedSearch } from "./generative/restarted-search.ts";
import { apgd } from "./gradient/apgd.ts";
import { carliniWagner } from "./gradient/carlini-wagner.ts";
import { ddn } from "./gradient/ddn.ts";
import { deepfool } from "./gradient/deepfool.ts";
import { fab } from "./gradient/fab.ts";
import { fgsm } from "./gradient/fgsm.ts";
import { fmn } from "./gradient/fmn.ts";
import { pgd } from "./gradient/pgd.ts";
import { greedyPixels } from "./pixel/greedy-pixels.ts";
import { pointwise } from "./pixel/pointwise.ts";
import { saltAndPepper } from "./pixel/salt-and-pepper.ts";
import { sparseRs } from "./pixel/sparse-rs.ts";

/** All attacks: those along gradients, those that know how a model works, and those that ask for decisions or change few pixels. */
export const ATTACKS: readonly Attack[] = [
  fgsm,
  deepfool,
  ddn,
  fmn,
  fab,
  pgd,
  apgd,
  carliniWagner,
  brendelBethge,
  latentDescent,
  curveCrossing,
  restartedSearch,
  transfer,
  gaussianNoise,
  uniformNoise,
  boundary,
  saltAndPepper,
  pointwise,
  greedyPixels,
  sparseRs,
];
