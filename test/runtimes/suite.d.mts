import type { Classifier, ClassifierOptions } from "../../src/entries/node.ts";

/** What the suite found in one runtime. */
export interface SuiteResult {
  /** SHA-256, in hexadecimal, over all labels, losses, latents, reconstructions, gradients and probabilities. */
  hash: string;
  /** Of the first drawn digit, one per class. */
  losses: number[];
  /** One per image. */
  labels: number[];
  /** Milliseconds from the import of the library until the first answer. */
  coldStart: number;
  /** Microseconds per classification. */
  perImage: number;
}

interface Library {
  // A method, so that entries which demand the module are taken too.
  createClassifier(options: ClassifierOptions): Promise<Classifier>;
}

export function runSuite(load: () => Promise<Library>, options?: ClassifierOptions): Promise<SuiteResult>;
