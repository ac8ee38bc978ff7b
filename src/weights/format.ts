import { readConfidence } from "./confidence.ts";
import { crc32 } from "./crc32.ts";
import { type DecoderLayer, decoderShape } from "./decoderShape.ts";
import { WeightsError } from "./errors.ts";
import { numberIn, record } from "./metadata.ts";
import type { Model } from "./model.ts";
import { float32Values, type Safetensors, type Tensor } from "./safetensors.ts";

// Our own weights file: the reader of docs/weights-format.md.

const FORMAT = "analysis-by-synthesis";
const VERSION = "1";
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
  const latents = numberIn(Number(metadata.get("latents")), "latents", 2, 32);
  if (!Number.isInteger(latents)) throw new WeightsError(`weights file: latents is ${latents}, wanted a whole number`);
  const layers = decoderShape(json(metadata, "layers"), latents);
  const checksums = record(json(metadata, "tensor_crc32"), "tensor_crc32");
  checkNames([...tensors.keys()], Object.keys(checksums));
  const read = (name: string, shape: readonly number[]): Float32Array => readTensor(tensors, checksums, name, shape);
  const weights = layers.map((layer) => ({
    weight: read(`layers.${layer.index}.weight`, [classes.length, ...weightShape(layer)]),
    bias: read(`layers.${layer.index}.bias`, [classes.length, biasLength(layer)]),
  }));
  const inference = record(json(metadata, "inference"), "inference");
  const prototypeTensor = tensors.get("prototypes");
  const count = prototypeTensor?.shape[1] ?? 0;
  return {
    classes,
    latents,
    layers,
    weights,
    beta: numberIn(inference["beta"], "inference.beta", 0, 1e6),
    sphereRadius: numberIn(inference["sphere_radius"], "inference.sphere_radius", 1e-3, 1e6),
    confidence: readConfidence(json(metadata, "confidence")),
    prototypes:
      prototypeTensor === undefined
        ? undefined
        : { count, values: read("prototypes", [classes.length, Math.max(count, 1), latents]) },
  };
}

/** A flipped bit in a tensor's name must not make an optional tensor vanish. */
function checkNames(present: readonly string[], listed: readonly string[]): void {
  const missing = listed.find((name) => !present.includes(name));
  if (missing !== undefined) throw new WeightsError(`weights file: tensor "${missing}" is missing`);
  const extra = present.find((name) => !listed.includes(name));
  if (extra !== undefined) throw new WeightsError(`weights file: tensor "${extra}" has no entry in "tensor_crc32"`);
}

function weightShape(layer: DecoderLayer): number[] {
  const { input, output } = layer;
  switch (layer.kind) {
    case "dense":
      return [output.channels * output.height * output.width, input.channels * input.height * input.width];
    case "transposed_convolution":
      return [input.channels, output.channels, layer.kernel, layer.kernel];
    case "pixel_shuffle_convolution":
      return [4 * output.channels, input.channels, 3, 3];
  }
}

function biasLength({ kind, output }: DecoderLayer): number {
  if (kind === "dense") return output.channels * output.height * output.width;
  return kind === "pixel_shuffle_convolution" ? 4 * output.channels : output.channels;
}

function readTensor(
  tensors: ReadonlyMap<string, Tensor>,
  checksums: Record<string, unknown>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new WeightsError(`weights file: tensor "${name}" is missing`);
  if (tensor.dtype !== "F32") {
    throw new WeightsError(`weights file: tensor "${name}" holds ${tensor.dtype}, this release reads F32`);
  }
  if (tensor.shape.length !== shape.length || tensor.shape.some((extent, axis) => extent !== shape[axis])) {
    throw new WeightsError(
      `weights file: tensor "${name}" has shape [${tensor.shape.join(", ")}], wanted [${shape.join(", ")}]`,
    );
  }
  const found = crc32(tensor.bytes);
  if (checksums[name] !== found) {
    throw new WeightsError(
      `damaged weights file: tensor "${name}" has CRC-32 ${found}, the file says ${String(checksums[name])}`,
    );
  }
  return finite(float32Values(tensor), name);
}

/** Returns `values`. @throws {WeightsError} when one of them is not finite. */
export function finite(values: Float32Array, name: string): Float32Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new WeightsError(`weights file: tensor "${name}" holds ${values[at]} at element ${at}`);
  return values;
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
  if (!isNames || value.length < 2 || value.length > 64 || new Set(value).size !== value.length) {
    throw new WeightsError(`weights file: "classes" is ${JSON.stringify(value)}, wanted 2 to 64 different names`);
  }
  return value;
}
