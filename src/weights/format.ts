import { LEAST_CLASSES, LEAST_LATENTS, MOST_CLASSES, MOST_LATENTS } from "../../format/limits.ts";
import { readConfidence } from "./confidence.ts";
import { crc32 } from "./crc32.ts";
import { decoderShape } from "./decoder-shape.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, record } from "./fields.ts";
import type { Model } from "./model.ts";
import { readRaceTables } from "./race.ts";
import type { Safetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { biasShape, checkScales, readStoredTensor, type TensorShape, weightShape } from "./tensors.ts";
import { readBinaryVariant } from "./variants.ts";

// Our own weights file: the reader of docs/weights-format.md.

const FORMAT = "analysis-by-synthesis";
const VERSION = "2";
const CHECKSUM_KEY = "metadata_crc32";

/** Checks a file in our format and reads it. @throws {WeightsError} naming the metadata or tensor at fault. */
export function readOwnFormat({ metadata, tensors }: Safetensors): Model {
  if (metadata.get("format") !== FORMAT) {
    throw new WeightsError(
      `weights file: its format is ${JSON.stringify(metadata.get("format") ?? null)}, wanted "${FORMAT}"`,
    );
  }
  if (metadata.get("format_version") !== VERSION) {
    throw new WeightsError(
      `weights file: its format_version is ${JSON.stringify(metadata.get("format_version") ?? null)}, this release reads "${VERSION}"`,
    );
  }
  checkMetadata(metadata);
  const classes = classNames(json(metadata, "classes"));
  const latents = numberIn(Number(metadata.get("latents")), "latents", LEAST_LATENTS, MOST_LATENTS);
  if (!Number.isInteger(latents)) throw new WeightsError(`weights file: latents is ${latents}, wanted a whole number`);
  const layers = decoderShape(json(metadata, "layers"), latents);
  const checksums = record(json(metadata, "tensor_crc32"), "tensor_crc32");
  checkNames([...tensors.keys()], Object.keys(checksums));
  checkScales(tensors);
  const read = (name: string, shape: TensorShape): StoredTensor =>
    readStoredTensor(tensors, checksums, name, classes.length, shape);
  const weights = layers.map((layer) => ({
    weight: read(`layers.${layer.index}.weight`, weightShape(layer)),
    bias: read(`layers.${layer.index}.bias`, biasShape(layer)),
  }));
  const inference = record(json(metadata, "inference"), "inference");
  const prototypeTensor = tensors.get("prototypes");
  const count = prototypeTensor?.shape[1] ?? 0;
  const binaryVariant = metadata.has("variants")
    ? readBinaryVariant(json(metadata, "variants"), classes.length)
    : undefined;
  const race = readRaceTables(tensors, checksums, classes.length, latents);
  return {
    classes,
    latents,
    layers,
    weights,
    beta: numberIn(inference["beta"], "inference.beta", 0, 1e6),
    sphereRadius: numberIn(inference["sphere_radius"], "inference.sphere_radius", 1e-3, 1e6),
    confidence: readConfidence(json(metadata, "confidence")),
    ...(binaryVariant === undefined ? {} : { binaryVariant }),
    ...(race === undefined ? {} : { race }),
    prototypes:
      prototypeTensor === undefined
        ? undefined
        : { count, latents: read("prototypes", { extents: [Math.max(count, 1), latents], channels: latents }) },
  };
}

/** A flipped bit in a tensor's name must not make an optional tensor vanish. */
function checkNames(present: readonly string[], listed: readonly string[]): void {
  const missing = listed.find((name) => !present.includes(name));
  if (missing !== undefined) throw new WeightsError(`weights file: tensor "${missing}" is missing`);
  const extra = present.find((name) => !listed.includes(name));
  if (extra !== undefined) throw new WeightsError(`weights file: tensor "${extra}" has no entry in "tensor_crc32"`);
}

function checkMetadata(metadata: ReadonlyMap<string, string>): void {
  const text = [...metadata.keys()]
    .filter((key) => key !== CHECKSUM_KEY)
    .sort()
    .map((key) => `${key}\0${metadata.get(key)}\0`)
    .join("");
  const found = crc32(new TextEncoder().encode(text));
  if (metadata.get(CHECKSUM_KEY) !== found) {
    throw new WeightsError(
      `damaged weights file: the metadata has CRC-32 ${found}, the file says ${String(metadata.get(CHECKSUM_KEY))}`,
    );
  }
}

function json(metadata: ReadonlyMap<string, string>, key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw new WeightsError(`weights file: metadata "${key}" is missing`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(`weights file: metadata "${key}" is not JSON`, { cause });
  }
}

function classNames(value: unknown): string[] {
  const isNames = Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "");
  if (!isNames || value.length < LEAST_CLASSES || value.length > MOST_CLASSES || new Set(value).size !== value.length) {
    throw new WeightsError(
      `weights file: "classes" is ${JSON.stringify(value)}, wanted ${LEAST_CLASSES} to ${MOST_CLASSES} different names`,
    );
  }
  return value;
}
