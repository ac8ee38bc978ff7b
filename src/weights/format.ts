import {
  LEAST_CLASSES,
  LEAST_LATENTS,
  MOST_BETA,
  MOST_CLASSES,
  MOST_LATENTS,
  MOST_NAME_CHARACTERS,
} from "../../format/limits.ts";
import { shown } from "../arguments/shown.ts";
import { readAssumptions } from "./assumptions.ts";
import { checkWork } from "./budget.ts";
import { readConfidence } from "./confidence.ts";
import { crc32 } from "./crc32.ts";
import { decoderShape } from "./decoder-shape.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, record } from "./fields.ts";
import { parseJson } from "./json.ts";
import type { Model } from "./model.ts";
import { RACE_TENSORS, readRaceTables } from "./race.ts";
import type { Safetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { biasShape, checkScales, readStoredTensor, type TensorShape, weightShape } from "./tensors.ts";
import { encodeUtf8 } from "./utf8.ts";
import { readBinaryVariant } from "./variants.ts";

// Our own weights file: the reader of docs/weights-format.md.

const FORMAT = "analysis-by-synthesis";
/** Read for ever. The first has no confidence but the paper's; it and the second assume nothing besides the paper's loss. */
const VERSIONS = ["1", "2", "3"];
const CHECKSUM_KEY = "metadata_crc32";

/** Checks a file in our format and reads it. @throws {WeightsError} naming the metadata or tensor at fault. */
export function readOwnFormat({ metadata, tensors }: Safetensors): Model {
  if (metadata.get("format") !== FORMAT) {
    throw new WeightsError(`weights file: its format is ${shown(metadata.get("format"))}, wanted "${FORMAT}"`);
  }
  const version = metadata.get("format_version") ?? "";
  if (!VERSIONS.includes(version)) {
    const wanted = VERSIONS.map((known) => `"${known}"`).join(", ");
    throw new WeightsError(
      `weights file: its format_version is ${shown(metadata.get("format_version"))}, this release reads ${wanted}`,
    );
  }
  checkMetadata(metadata);
  const classes = classNames(json(metadata, "classes"));
  const latents = latentCount(metadata.get("latents"));
  const layers = decoderShape(json(metadata, "layers"), latents);
  const checksums = record(json(metadata, "tensor_crc32"), "tensor_crc32");
  checkNames(tensors, checksums);
  checkScales(tensors);
  const read = (name: string, shape: TensorShape): StoredTensor =>
    readStoredTensor(tensors, checksums, name, classes.length, shape);
  const prototypeTensor = tensors.get("prototypes");
  const count = prototypeTensor?.shape[1] ?? 0;
  checkWork(layers, classes.length, prototypeTensor === undefined ? undefined : count, tensors.has(RACE_TENSORS[0]));
  const weights = layers.map((layer) => ({
    weight: read(`layers.${layer.index}.weight`, weightShape(layer)),
    bias: read(`layers.${layer.index}.bias`, biasShape(layer)),
  }));
  const inference = record(json(metadata, "inference"), "inference");
  const binaryVariant = metadata.has("variants")
    ? readBinaryVariant(json(metadata, "variants"), classes.length)
    : undefined;
  const assumptions = version === "3" ? readAssumptions(inference) : {};
  const confidence = json(metadata, "confidence");
  const race = readRaceTables(tensors, checksums, classes.length, latents);
  return {
    classes,
    latents,
    layers,
    weights,
    beta: numberIn(inference["beta"], "inference.beta", 0, MOST_BETA),
    sphereRadius: numberIn(inference["sphere_radius"], "inference.sphere_radius", 1e-3, 1e6),
    confidence: readConfidence(version === "1" ? { paper: confidence } : confidence, classes.length),
    ...(Object.keys(assumptions).length === 0 ? {} : { assumptions }),
    ...(binaryVariant === undefined ? {} : { binaryVariant }),
    ...(race === undefined ? {} : { race }),
    prototypes:
      prototypeTensor === undefined
        ? undefined
        : { count, latents: read("prototypes", { extents: [Math.max(count, 1), latents], channels: latents }) },
  };
}

/** A flipped bit in a tensor's name must not make an optional tensor vanish. */
function checkNames(tensors: Safetensors["tensors"], checksums: Record<string, unknown>): void {
  const missing = Object.keys(checksums).find((name) => !tensors.has(name));
  if (missing !== undefined) throw new WeightsError(`weights file: tensor ${shown(missing)} is missing`);
  const extra = [...tensors.keys()].find((name) => !Object.hasOwn(checksums, name));
  if (extra !== undefined)
    throw new WeightsError(`weights file: tensor ${shown(extra)} has no entry in "tensor_crc32"`);
}

function checkMetadata(metadata: ReadonlyMap<string, string>): void {
  const text = [...metadata.keys()]
    .filter((key) => key !== CHECKSUM_KEY)
    .sort()
    .map((key) => `${key}\0${metadata.get(key)}\0`)
    .join("");
  const found = crc32(encodeUtf8(text));
  if (metadata.get(CHECKSUM_KEY) !== found) {
    throw new WeightsError(
      `damaged weights file: the metadata has CRC-32 ${found}, the file says ${shown(metadata.get(CHECKSUM_KEY))}`,
    );
  }
}

function json(metadata: ReadonlyMap<string, string>, key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw new WeightsError(`weights file: metadata "${key}" is missing`);
  return parseJson(text, `metadata "${key}"`);
}

/** @throws {WeightsError} for anything but decimal digits within the limits */
function latentCount(text: string | undefined): number {
  const latents = /^\d{1,9}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (!(latents >= LEAST_LATENTS && latents <= MOST_LATENTS)) {
    throw new WeightsError(
      `weights file: latents is ${shown(text)}, wanted a whole number from ${LEAST_LATENTS} to ${MOST_LATENTS}`,
    );
  }
  return latents;
}

/** Names are printed, in terminals too, so they hold nothing that a terminal acts upon, nor halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

function classNames(value: unknown): string[] {
  const isNames = Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "");
  if (!isNames || value.length < LEAST_CLASSES || value.length > MOST_CLASSES || new Set(value).size !== value.length) {
    throw new WeightsError(
      `weights file: "classes" is ${shown(value)}, wanted ${LEAST_CLASSES} to ${MOST_CLASSES} different names`,
    );
  }
  const names = value as string[];
  const wrong = names.find((name) => [...name].length > MOST_NAME_CHARACTERS || UNPRINTABLE.test(name));
  if (wrong !== undefined) {
    throw new WeightsError(
      `weights file: "classes" has the name ${shown(wrong)}, wanted at most ${MOST_NAME_CHARACTERS} characters and no control characters`,
    );
  }
  return names;
}
