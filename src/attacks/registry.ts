import type { Attack } from "./attack.ts";
import { curveCrossing } from "./generative/curve-crossing.ts";
import { latentDescent } from "./generative/latent-descent.ts";

/** All attacks, cheap ones first. */
export const ATTACKS: readonly Attack[] = [latentDescent, curveCrossing];
