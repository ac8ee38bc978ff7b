import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/inline.ts";

// The entry that is one file, for Deno, pages from file:// and bundlers that leave files out.

export * from "./exports.ts";

export const createClassifier = createClassifierWith(packagedModule);
