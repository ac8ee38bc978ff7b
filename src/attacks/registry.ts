import type { Attack } from "./attack.ts";
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

/** All attacks, cheap ones first. */
export const ATTACKS: readonly Attack[] = [
  latentDescent,
  curveCrossing,
  restartedSearch,
  fgsm,
  deepfool,
  ddn,
  fmn,
  fab,
  pgd,
  apgd,
  carliniWagner,
];
