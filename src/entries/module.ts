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

/**
 * Makes a classifier, as every entry's `createClassifier` does, from a module that the caller brings:
 * `analysis-by-synthesis/abs.wasm` as the host compiles or reads it.
 */
export const createClassifier: (options: GivenModuleOptions) => Promise<Classifier> = createClassifierWith(() => {
  throw new TypeError("module: got undefined; this entry has none of its own and wants it as an option");
});
