import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/browser.ts";

// The entry of browsers, and of bundlers that build for them.

export * from "./exports.ts";

export const createClassifier = createClassifierWith(packagedModule);
