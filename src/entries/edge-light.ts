import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/edge-light.ts";

// The entry of Vercel's edge runtime.

export * from "./exports.ts";

export const createClassifier = createClassifierWith(packagedModule);
