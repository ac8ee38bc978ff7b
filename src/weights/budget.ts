import {
  DRAWN_PROTOTYPES,
  MOST_MULTIPLY_ADDS_OF_ALL,
  MOST_PROTOTYPE_MULTIPLY_ADDS,
  MOST_PROTOTYPES,
  MOST_PROTOTYPES_OF_ALL,
  MOST_VALUES,
} from "../../format/limits.ts";
import { type DecoderLayer, multiplyAdds } from "./decoder-shape.ts";
import { WeightsError } from "./errors.ts";
import type { Safetensors } from "./safetensors.ts";

// What a model may cost, beside the limits of its single parts: docs/weights-format.md, "Limits".

/** @throws {WeightsError} when the tensors hold more numbers than a model may have */
export function checkValues({ tensors }: Safetensors): void {
  let values = 0;
  for (const { shape } of tensors.values()) values += shape.reduce((product, extent) => product * extent, 1);
  if (values > MOST_VALUES) {
    throw new WeightsError(`weights file: got ${values} numbers in all tensors, wanted at most ${MOST_VALUES}`);
  }
}

/**
 * Checks what decoding takes, and decoding the prototypes once, without which a race's tables do.
 *
 * @param prototypes per class; undefined where the file brings none, and some are drawn
 * @param hasTables whether the file brings tables for the race
 * @throws {WeightsError} saying what this model takes and what it may
 */
export function checkWork(
  layers: readonly DecoderLayer[],
  classes: number,
  prototypes: number | undefined,
  hasTables: boolean,
): void {
  const work = classes * multiplyAdds(layers);
  if (work > MOST_MULTIPLY_ADDS_OF_ALL) {
    throw new WeightsError(
      `weights file: decoding takes ${work} multiply-adds for ${classes} classes, wanted at most ${MOST_MULTIPLY_ADDS_OF_ALL}`,
    );
  }
  const count = prototypes ?? 0;
  if (count > MOST_PROTOTYPES || count * classes > MOST_PROTOTYPES_OF_ALL) {
    throw new WeightsError(
      `weights file: got ${count} prototypes for each of ${classes} classes, wanted at most ${MOST_PROTOTYPES} per class and ${MOST_PROTOTYPES_OF_ALL} in all`,
    );
  }
  const decoded = prototypes ?? DRAWN_PROTOTYPES;
  if (!hasTables && decoded * work > MOST_PROTOTYPE_MULTIPLY_ADDS) {
    throw new WeightsError(
      `weights file: decoding ${decoded} prototypes per class takes ${decoded * work} multiply-adds, wanted at most ${MOST_PROTOTYPE_MULTIPLY_ADDS}; fewer prototypes or tables for the race take less`,
    );
  }
}
