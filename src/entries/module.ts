import type { Classifier } from "../classifier.ts";
import { type ClassifierOptions, createClassifierWith } from "../create-classifier.ts";
import type { ModuleSource } from "../load/instantiate.ts";

// The entry for hosts that load the module in a way of their own: it imports, reads and fetches nothing.

export * from "./exports.ts";

/** Options of this entry's `createClassifier`: the module must be given. */
export interface GivenModuleOptions extends ClassifierOptions {
  /** The compiled module, its bytes, or where to fetch them. */
  module: ModuleSource | Promise<ModuleSource>;
}

const createClassifierOfGiven = createClassifierWith(() => {
  throw new TypeError("module: got undefined; this entry has none of its own and wants it as an option");
});

/**
 * Makes a classifier. Everything is compiled, read and checked here; importing the package does nothing. The module is
 * the one given, `analysis-by-synthesis/abs.wasm` as the host compiles or reads it.
 *
 * @throws {TypeError} for options of the wrong type or of a name that there is not, an unknown inference, effort, variant or
 *   confidence, or the calibrated confidence with `"binary-abs"`
 * @throws {Error} when the calibrated confidence is asked for and the weights bring none, when the module cannot be loaded,
 *   or when it is not this release's
 * @throws {WeightsError} for weights that are damaged, of another format, too large (docs/weights-format.md#limits), or
 *   without the variant
 */
export function createClassifier(options: GivenModuleOptions): Promise<Classifier> {
  return createClassifierOfGiven(options);
}
