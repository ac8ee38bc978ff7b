import { checkValues } from "./budget.ts";
import { readOwnFormat } from "./format.ts";
import type { Model } from "./model.ts";
import { isPublished, readPublished } from "./published.ts";
import { readSafetensors } from "./safetensors.ts";

/**
 * Reads a weights file: ours (docs/weights-format.md) or the published original as safetensors.
 *
 * @throws {WeightsError} saying what is wrong, and with which tensor.
 */
export function readWeights(file: Uint8Array): Model {
  const contents = readSafetensors(file);
  checkValues(contents);
  return isPublished(contents) ? readPublished(contents) : readOwnFormat(contents);
}
