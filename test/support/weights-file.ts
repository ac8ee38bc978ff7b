import { type Confidence, FEATURES, PENALTIES } from "../../src/weights/confidence.ts";
import { crc32 } from "../../src/weights/crc32.ts";
import type { DecoderLayer } from "../../src/weights/decoderShape.ts";
import type { Model } from "../../src/weights/model.ts";

/** A weights file before it is put together, open to damage. */
export interface WeightsFileParts {
  metadata: Record<string, string>;
  tensors: Record<string, { shape: number[]; values: Float32Array; dtype?: string }>;
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
  model.layers.forEach((layer, index) => {
    const { weight, bias } = model.weights[index] as { weight: Float32Array; bias: Float32Array };
    tensors[`layers.${layer.index}.weight`] = { shape: [classes, ...weightShape(layer)], values: weight };
    tensors[`layers.${layer.index}.bias`] = { shape: [classes, bias.length / classes], values: bias };
  });
  if (model.prototypes) {
    const { count, values } = model.prototypes;
    tensors["prototypes"] = { shape: [classes, count, model.latents], values };
  }
  return {
    metadata: {
      format: "analysis-by-synthesis",
      format_version: "1",
      latents: String(model.latents),
      classes: JSON.stringify(model.classes),
      layers: JSON.stringify(layers),
      inference: JSON.stringify({ beta: model.beta, sphere_radius: model.sphereRadius }),
      confidence: JSON.stringify(confidenceMetadata(model.confidence)),
      training: "{}",
      data_sha256: "{}",
    },
    tensors,
  };
}

/** The metadata `confidence` for what `readConfidence` reads. */
export function confidenceMetadata({ paper, calibrated }: Confidence): Record<string, unknown> {
  return {
    paper: { scale: paper.scale, floor: paper.floor, reject_below: paper.rejectBelow },
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
            hidden_biases: calibrated.hiddenBiases,
            output_weights: calibrated.outputWeights,
            output_bias: calibrated.outputBias,
            penalty_features: PENALTIES,
            penalties: calibrated.penalties,
            reject_below: calibrated.rejectBelow,
          },
        }),
  };
}

/** Puts the parts together, with the checksums that belong to them. */
export function writeWeightsFile({ metadata, tensors }: WeightsFileParts): Uint8Array {
  const encoder = new TextEncoder();
  const bytesOf = ({ values }: { values: Float32Array }): Uint8Array =>
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
    const { shape, values, dtype = "F32" } = tensors[name] as { shape: number[]; values: Float32Array; dtype?: string };
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
    cursor += (tensors[name] as { values: Float32Array }).values.byteLength;
  }
  return file;
}
