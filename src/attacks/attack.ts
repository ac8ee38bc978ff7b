import type { AttackedImage } from "./attacked-image.ts";
import type { Need } from "./model.ts";
import type { Norm } from "./norms.ts";

/** A method of finding an image near the original that the model takes for another class. */
export interface Attack {
  /** Its name in options and tables, e.g. `apgd`. */
  readonly name: string;
  /** The norms that it minimises, or searches balls of. */
  readonly norms: readonly Norm[];
  /** What the model must offer. */
  readonly needs: readonly Need[];
  /** Whom it is after: authors, year and arXiv number, or why it is new. */
  readonly source: string;
  /** Searches; what it finds is kept by `target`. */
  search(target: AttackedImage): void;
}
