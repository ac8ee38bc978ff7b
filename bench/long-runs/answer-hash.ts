import { createHash } from "node:crypto";
import type { Classification } from "../../src/results.ts";

/** One SHA-256 over answers: label, losses, probabilities and evaluations of each, to the bit. */
export class AnswerHash {
  readonly #hash = createHash("sha256");

  add({ label, losses, probabilities, evaluations }: Classification): void {
    this.#hash.update(Float64Array.of(label, evaluations));
    this.#hash.update(losses);
    this.#hash.update(probabilities);
  }

  /** In hexadecimal; ends this one. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}
