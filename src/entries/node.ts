import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/node.ts";

// The entry of Node and Bun, and the types of every host's entry.

export * from "./exports.ts";

/**
 * Makes a classifier. Everything is compiled, read and checked here; importing the package does nothing.
 *
 * @throws {TypeError} for options of the wrong type, an unknown inference, effort, variant or confidence, or the calibrated
 *   confidence with `"binary-abs"`
 * @throws {Error} when the calibrated confidence is asked for and the weights bring none, or the module cannot be loaded
 * @throws {WeightsError} for weights that are damaged, of another format, too large for the memory, or without the variant
 */
export const createClassifier = createClassifierWith(packagedModule);
