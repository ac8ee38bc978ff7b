import { EVIDENCE_FEATURES, GEOMETRY_FEATURES } from "./features.ts";
import type { ScoringNetwork } from "./network.ts";

const none = (features: number): ScoringNetwork => ({ features, hidden: [], output: [[0], [-1]] });
export const GEOMETRY_NETWORK = none(GEOMETRY_FEATURES);
export const EVIDENCE_NETWORK = none(EVIDENCE_FEATURES);
