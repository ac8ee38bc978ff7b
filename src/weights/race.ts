import { IMAGE_PIXELS } from "../../format/image.ts";
import { MOST_CANDIDATES, MOST_RACE_UNITS } from "../../format/limits.ts";
import { WeightsError } from "./errors.ts";
import type { Safetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { readStoredTensor } from "./tensors.ts";

// The tables of the race (docs/weights-format.md, "Tables of the race"): all or none of them.

/** Names in the order in which the bundle lists them; a bias follows its weights. */
export const RACE_TENSORS = [
  "race.basis",
  "race.mean",
  "race.proposal.first.weight",
  "race.proposal.first.bias",
  "race.proposal.second.weight",
  "race.proposal.second.bias",
  "race.surrogates.first.weight",
  "race.surrogates.first.bias",
  "race.surrogates.second.weight",
  "race.surrogates.second.bias",
  "race.surrogates.third.weight",
  "race.surrogates.third.bias",
  "race.metrics",
] as const;
type RaceTensor = (typeof RACE_TENSORS)[number];

/** Sizes and tensors of the race's tables. */
export interface RaceTables {
  /** Coefficients of an image in the basis, a multiple of 4. */
  coefficients: number;
  surrogateHidden: number;
  proposalHidden: number;
  /** Latents proposed per class. */
  candidates: number;
  /** In the order of `RACE_TENSORS`, each with the values of a group and the channels that have scales. */
  tensors: readonly { tensor: StoredTensor; groups: number; channels: number }[];
}

/**
 * Reads the tables of the race, undefined where the file has none.
 *
 * @throws {WeightsError} naming the tensor that is missing, damaged, or of a shape that does not fit the others
 */
export function readRaceTables(
  tensors: Safetensors["tensors"],
  checksums: Record<string, unknown>,
  classes: number,
  latents: number,
): RaceTables | undefined {
  const present = RACE_TENSORS.filter((name) => tensors.has(name));
  if (present.length === 0) return undefined;
  const missing = RACE_TENSORS.find((name) => !tensors.has(name));
  if (missing !== undefined) {
    throw new WeightsError(`weights file: tensor "${missing}" is missing, but there is "${present[0]}"`);
  }
  const coefficients = lastExtent(tensors, "race.basis", 4);
  const proposalHidden = lastExtent(tensors, "race.proposal.first.bias", 4);
  const surrogateHidden = lastExtent(tensors, "race.surrogates.first.bias", 4);
  const proposed = lastExtent(
    tensors,
    "race.proposal.second.bias",
    classes * latents,
    classes * latents * MOST_CANDIDATES,
  );
  const shapes: Record<RaceTensor, readonly [number, ...number[]]> = {
    "race.basis": [1, IMAGE_PIXELS, coefficients],
    "race.mean": [1, IMAGE_PIXELS],
    "race.proposal.first.weight": [1, coefficients, proposalHidden],
    "race.proposal.first.bias": [1, proposalHidden],
    "race.proposal.second.weight": [1, proposalHidden, proposed],
    "race.proposal.second.bias": [1, proposed],
    "race.surrogates.first.weight": [classes, latents, surrogateHidden],
    "race.surrogates.first.bias": [classes, surrogateHidden],
    "race.surrogates.second.weight": [classes, surrogateHidden, surrogateHidden],
    "race.surrogates.second.bias": [classes, surrogateHidden],
    "race.surrogates.third.weight": [classes, surrogateHidden, coefficients + 1],
    "race.surrogates.third.bias": [classes, coefficients + 1],
    "race.metrics": [classes, latents, latents],
  };
  return {
    coefficients,
    surrogateHidden,
    proposalHidden,
    candidates: proposed / (classes * latents),
    tensors: RACE_TENSORS.map((name) => {
      const [groups, ...extents] = shapes[name];
      const channels = extents.at(-1) as number;
      return { tensor: readStoredTensor(tensors, checksums, name, groups, { extents, channels }), groups, channels };
    }),
  };
}

/** The last extent of a tensor, which sizes the tables. @throws {WeightsError} when it is no multiple of `step` or too large */
function lastExtent(tensors: Safetensors["tensors"], name: RaceTensor, step: number, most = MOST_RACE_UNITS): number {
  const extent = tensors.get(name)?.shape.at(-1) ?? 0;
  if (extent < step || extent > most || extent % step !== 0) {
    throw new WeightsError(
      `weights file: tensor "${name}" has ${extent} columns, wanted a multiple of ${step} up to ${most}`,
    );
  }
  return extent;
}
