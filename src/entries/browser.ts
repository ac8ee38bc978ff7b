import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule } from "../load/browser.ts";

// The entry of browsers, and of bundlers that build for them.

export * from "./exports.ts";

/**
 * Makes a classifier. Everything is compiled, read and checked here; importing the package does nothing.
 *
 * @throws {TypeError} for options of the wrong type or of a name that there is not, an unknown inference, effort, variant or
 *   confidence, or the calibrated confidence with `"binary-abs"`
 * @throws {Error} when the calibrated confidence is asked for and the weights bring none, when the module cannot be loaded,
 *   or when it is not this release's
 * @throws {WeightsError} for weights that are damaged, of another format, too large (docs/weights-format.md#limits), or
 *   without the variant
 */
export const createClassifier = createClassifierWith(packagedModule);
