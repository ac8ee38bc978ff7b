import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/workerd.ts";

// The entry of Cloudflare's Workers and others on workerd.

export * from "./exports.ts";

export const createClassifier = createClassifierWith(packagedModule);
