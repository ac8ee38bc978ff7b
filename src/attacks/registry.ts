import type { Attack } from "./attack.ts";

/** All attacks, cheap ones first. */
export const ATTACKS: readonly Attack[] = [];
