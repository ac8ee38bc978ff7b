import { checkBytes, checkFunction, checkName, checkOptions } from "./arguments/checks.ts";
import { type Classifier, CONFIDENCES, ModuleClassifier } from "./classifier.ts";
import { EFFORTS, type Effort } from "./effort.ts";
import { type ConfidenceKind, Engine } from "./engine.ts";
import { instantiate, type ModuleSource, type ReadFile } from "./load/instantiate.ts";
import { INFERENCES, type Inference } from "./search.ts";
import { writeBundle } from "./weights/bundle.ts";
import { readWeights } from "./weights/read.ts";
import { VARIANTS, type Variant } from "./weights/variants.ts";

// What all hosts share. The entries differ only in where the packaged module comes from.

/** Options of `createClassifier`, all with a default; docs/options.md has an example of each. */
export interface ClassifierOptions {
  /**
   * The compiled module, its bytes, or where to fetch them; default: the module in the package. Node reads `file:` URLs too.
   */
  module?: ModuleSource | Promise<ModuleSource>;
  /**
   * Bytes of a weights file (docs/weights-format.md), or of the weights that the paper's authors published, as
   * safetensors; default: the weights inside the module.
   */
  weights?: Uint8Array | ArrayBuffer;
  /**
   * `"race"` (default): a small network proposes latents, surrogates of the decoders drop those that cannot win, and the
   * decoders decide among the rest; weights without tables for that are searched from stored latents, class by class.
   * `"paper"`: the published search, 8000 samples and 50 passes of Adam per class; its table of samples takes seconds and
   * 63 MB on the first image.
   */
  inference?: Inference;
  /**
   * How much `"race"` may spend on an image: `"quick"`, `"standard"` (default) or `"thorough"`. The ceiling on
   * evaluations of the true decoders is 2, 8 or 48 per class, and the same again for each of at most five more races where no
   * class explains the image as it is; most images need far fewer (`evaluations` of a result counts them). `explain` and `lossAndGradient` spend 4, 5 or 24 per class besides.
   */
  effort?: Effort;
  /**
   * `"abs"` (default), or `"binary-abs"` for black-and-white images (binary ABS of Schott et al. 2018): pixels from 0.5
   * on become 1 and all others 0, and each class's loss is multiplied by its own scale, both as the weights say. Losses
   * are reported with their scales.
   */
  variant?: Variant;
  /**
   * Which model turns the search's result into probabilities, confidence and rejection. `"calibrated"` (default where the
   * weights bring it): fitted on clean and corrupted validation images and on synthetic junk. `"paper"`: the published
   * formula, the default for weights that bring nothing else.
   */
  confidence?: ConfidenceKind;
  /**
   * Hears how far the table of `inference: "paper"` is built: `done` of `total` reconstructions. What it throws, the call
   * throws for which the table is built. It may not classify itself.
   */
  onProgress?: (done: number, total: number) => void;
}

/** The `createClassifier` of every entry. */
export type CreateClassifier =
  /**
   * Makes a classifier. Everything is compiled, read and checked here; importing the package does nothing. With the shipped
   * weights that takes some 0.1 s and 8 MB of memory. One classifier serves any number of images, one after another; threads
   * want one each.
   *
   * @param options all have a default, see `ClassifierOptions`
   * @example
   * ```js
   * import { createClassifier } from "analysis-by-synthesis";
   *
   * const abs = await createClassifier();
   * const [image] = abs.sample(4, { seed: 3 }); // here and below: an image, drawn by the model of the four
   * ```
   * @throws {TypeError} for options of the wrong type or of a name that there is not, an unknown inference, effort, variant or
   *   confidence, or the calibrated confidence with `"binary-abs"`
   * @throws {Error} when the calibrated confidence is asked for and the weights bring none, when the module cannot be loaded,
   *   or when it is not this release's
   * @throws {WeightsError} for weights that are damaged, of another format, too large (docs/weights-format.md#limits), or
   *   without the variant
   */
  (options?: ClassifierOptions) => Promise<Classifier>;

const OPTIONS = [
  "module",
  "weights",
  "inference",
  "effort",
  "variant",
  "confidence",
  "onProgress",
] as const satisfies readonly (keyof ClassifierOptions)[];
const WEIGHTS = ["Uint8Array", "ArrayBuffer"];

/**
 * An entry's `createClassifier`.
 *
 * @param packagedModule where the host finds the module if the caller gives none
 * @param readFile how the host reads a file: URL, where `fetch` does not
 */
export function createClassifierWith(
  packagedModule: () => ModuleSource | Promise<ModuleSource>,
  readFile?: ReadFile,
): CreateClassifier {
  return async (given) => {
    const options = checkOptions(given, OPTIONS);
    const { inference = "race", effort = "standard", variant = "abs", confidence, weights, onProgress } = options;
    const { module } = options;
    checkName("inference", inference, INFERENCES);
    checkName("effort", effort, EFFORTS);
    checkName("variant", variant, VARIANTS);
    if (confidence !== undefined) checkName("confidence", confidence, CONFIDENCES);
    checkFunction("onProgress", onProgress);
    if (variant === "binary-abs" && confidence === "calibrated") {
      throw new TypeError('confidence: got "calibrated", but the variant "binary-abs" has only "paper"');
    }
    const bundle =
      weights === undefined
        ? undefined
        : writeBundle(
            readWeights(checkBytes("weights", weights, "a Uint8Array or ArrayBuffer with a weights file", WEIGHTS)),
          );
    const instance = await instantiate(await (module === undefined ? packagedModule() : module), readFile);
    return new ModuleClassifier(new Engine(instance, bundle, variant), inference, effort, confidence, onProgress);
  };
}
