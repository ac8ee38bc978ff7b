import { createClassifierWith } from "../create-classifier.ts";
import { packagedModule, readFileAt } from "../load/node.ts";

// The entry of Node and Bun, and the types of every host's entry.

export * from "./exports.ts";

/**
 * Makes a classifier. Everything is compiled, read and checked here; importing the package does nothing. With the shipped
 * weights that takes some 10 ms and 4 MB of memory. One classifier serves any number of images, one after another; threads
 * want one each.
 *
 * @param options all have a default, see `ClassifierOptions`
 * @example
 * ```js
 * import { createClassifier } from "analysis-by-synthesis";
 *
 * const abs = await createClassifier();
 * const [image] = abs.sample(4); // here and below: an image, drawn by the model of the four
 * ```
 * @throws {TypeError} for options of the wrong type or of a name that there is not, an unknown inference, effort, variant or
 *   confidence, or the calibrated confidence with `"binary-abs"`
 * @throws {Error} when the calibrated confidence is asked for and the weights bring none, when the module cannot be loaded,
 *   or when it is not this release's
 * @throws {WeightsError} for weights that are damaged, of another format, too large (docs/weights-format.md#limits), or
 *   without the variant
 */
export const createClassifier = createClassifierWith(packagedModule, readFileAt);
