import { type Confidence, FEATURES, type PaperConfidence, PENALTIES } from "../../src/weights/confidence.ts";
import { crc32 } from "../../src/weights/crc32.ts";
import type { DecoderLayer } from "../../src/weights/decoder-shape.ts";
import type { Model } from "../../src/weights/model.ts";
import { RACE_TENSORS } from "../../src/weights/race.ts";
import type { StoredTensor } from "../../src/weights/stored-tensor.ts";
import { randomConfidence } from "./confidence.ts";

interface TensorPart {
  shape: number[];
  values: StoredTensor["values"];
  /** Default: by the kind of array. */
  dtype?: string;
}

/** A weights file before it is put together, open to damage. */
export interface WeightsFileParts {
  metadata: Record<string, string>;
  tensors: Record<string, TensorPart>;
}

function weightShape(layer: DecoderLayer): number[] {
  const { input, output } = layer;
  if (layer.kind === "transposed_convolution") return [input.channels, output.channels, layer.kernel, layer.kernel];
  if (layer.kind === "pixel_shuffle_convolution") return [4 * output.channels, input.channels, 3, 3];
  return [output.channels * output.height * output.width, input.channels * input.height * input.width];
}

/** The parts of a file in our format (docs/weights-format.md), without its checksums. */
export function weightsFileParts(model: Model, layers: readonly Record<string, unknown>[]): WeightsFileParts {
  const classes = model.classes.length;
  const tensors: WeightsFileParts["tensors"] = {};
  const add = (name: string, shape: number[], tensor: StoredTensor): void => {
    tensors[name] = { shape, values: tensor.values };
    if (tensor.element !== "I8") return;
    tensors[`${name}.scale`] = { shape: [classes, tensor.scales.length / classes], values: tensor.scales };
  };
  model.layers.forEach((layer, index) => {
    const { weight, bias } = model.weights[index] as { weight: StoredTensor; bias: StoredTensor };
    add(`layers.${layer.index}.weight`, [classes, ...weightShape(layer)], weight);
    add(`layers.${layer.index}.bias`, [classes, bias.values.length / classes], bias);
  });
  if (model.prototypes) {
    const { count, latents } = model.prototypes;
    add("prototypes", [classes, count, model.latents], latents);
  }
  model.race?.tensors.forEach(({ tensor, groups, channels }, index) => {
    const name = RACE_TENSORS[index] as string;
    const rows = tensor.values.length / (groups * channels);
    const shape = rows === 1 ? [groups, channels] : [groups, rows, channels];
    tensors[name] = { shape, values: tensor.values };
    if (tensor.element === "I8") tensors[`${name}.scale`] = { shape: [groups, channels], values: tensor.scales };
  });
  return {
    metadata: {
      format: "analysis-by-synthesis",
      format_version: "3",
      latents: String(model.latents),
      classes: JSON.stringify(model.classes),
      layers: JSON.stringify(layers),
      inference: JSON.stringify({ beta: model.beta, sphere_radius: model.sphereRadius, ...model.assumptions }),
      confidence: JSON.stringify(confidenceMetadata(model.confidence)),
      ...(model.binaryVariant === undefined ? {} : { variants: variantsEntry(model.binaryVariant) }),
      training: "{}",
      data_sha256: "{}",
    },
    tensors,
  };
}

function confidenceEntry({ scale, floor, rejectBelow }: PaperConfidence): Record<string, number> {
  return { scale, floor, reject_below: rejectBelow };
}

function variantsEntry({ threshold, classScales, confidence }: NonNullable<Model["binaryVariant"]>): string {
  return JSON.stringify({
    "binary-abs": { threshold, class_scales: classScales, confidence: confidenceEntry(confidence) },
  });
}

const DTYPES: Readonly<Record<number, string>> = { 1: "I8", 2: "F16", 4: "F32" };

/** Gives the parts a calibrated confidence with some entries changed. */
export function changeCalibrated({ metadata }: WeightsFileParts, changes: Record<string, unknown>): void {
  const { paper } = JSON.parse(metadata["confidence"] as string) as { paper: unknown };
  const classes = (JSON.parse(metadata["classes"] as string) as string[]).length;
  const calibrated = randomConfidence(1, classes);
  const any = confidenceMetadata({ paper: { scale: 1, floor: 0, rejectBelow: 0 }, calibrated });
  metadata["confidence"] = JSON.stringify({ paper, calibrated: { ...(any["calibrated"] as object), ...changes } });
}

/** Changes what the parts say of the loss. */
export function changeInference({ metadata }: WeightsFileParts, changes: Record<string, unknown>): void {
  metadata["inference"] = JSON.stringify({ ...JSON.parse(metadata["inference"] as string), ...changes });
}

/** The metadata `confidence` for what `readConfidence` reads. */
export function confidenceMetadata({ paper, calibrated }: Confidence): Record<string, unknown> {
  return {
    paper: confidenceEntry(paper),
    ...(calibrated === undefined
      ? {}
      : {
          calibrated: {
            scale: calibrated.scale,
            widening: calibrated.widening,
            features: FEATURES,
            centres: calibrated.centres,
            spreads: calibrated.spreads,
            hidden_weights: calibrated.hiddenWeights,
            hidden_scales: calibrated.hiddenScales,
            hidden_biases: calibrated.hiddenBiases,
            output_weights: calibrated.outputWeights,
            output_bias: calibrated.outputBias,
            penalty_features: PENALTIES,
            penalties: calibrated.penalties,
            reject_below: calibrated.rejectBelow,
            reject_logit_below: calibrated.rejectLogitBelow,
          },
        }),
  };
}

/** Puts the parts together, with the checksums that belong to them. */
export function writeWeightsFile({ metadata, tensors }: WeightsFileParts): Uint8Array {
  const encoder = new TextEncoder();
  const bytesOf = ({ values }: TensorPart): Uint8Array =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const names = Object.keys(tensors);
  const checksums = Object.fromEntries(names.map((name) => [name, crc32(bytesOf(tensors[name] as never))]));
  const complete: Record<string, string> = { tensor_crc32: JSON.stringify(checksums), ...metadata };
  const text = Object.keys(complete)
    .sort()
    .map((key) => `${key}\0${complete[key]}\0`)
    .join("");
  complete["metadata_crc32"] = metadata["metadata_crc32"] ?? crc32(encoder.encode(text));
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: complete };
  for (const name of names) {
    const { shape, values, dtype = DTYPES[values.BYTES_PER_ELEMENT] } = tensors[name] as TensorPart;
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const headerBytes = encoder.encode(JSON.stringify(header));
  const file = new Uint8Array(8 + headerBytes.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  file.set(headerBytes, 8);
  let cursor = 8 + headerBytes.length;
  for (const name of names) {
    file.set(bytesOf(tensors[name] as never), cursor);
    cursor += (tensors[name] as TensorPart).values.byteLength;
  }
  return file;
}
