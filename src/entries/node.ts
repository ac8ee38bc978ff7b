import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule, readFileAt } from "../load/node.ts";

// The entry of Node and Bun, and the types of every host's entry.

export * from "./exports.ts";

export const createClassifier = createClassifierWith(packagedModule, readFileAt);
