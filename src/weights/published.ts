import { shown } from "../arguments/shown.ts";
import type { PaperConfidence } from "./confidence.ts";
import { decoderShape } from "./decoder-shape.ts";
import { WeightsError } from "./errors.ts";
import type { Model } from "./model.ts";
import { float32Values, type Safetensors } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { finite } from "./tensors.ts";

// The weights that the paper's authors published (bethgelab/AnalysisBySynthesis), as safetensors with batch norm
// folded: tensors `class.C.decoder_folded.conv_I.{weight,bias}` for digits C = 0 … 9 and layers I = 0 … 3.

const DIGITS = 10;
const LATENTS = 8;
const LAYERS = [
  { kind: "transposed_convolution", channels: 32, kernel: 4, stride: 1 },
  { kind: "elu" },
  { kind: "transposed_convolution", channels: 16, kernel: 5, stride: 2 },
  { kind: "elu" },
  { kind: "transposed_convolution", channels: 16, kernel: 5, stride: 2 },
  { kind: "elu" },
  { kind: "transposed_convolution", channels: 1, kernel: 4, stride: 1 },
  { kind: "sigmoid" },
];

/** Scale and floor are the published code's. It rejects nothing; one half as the threshold is ours. */
const CONFIDENCE: PaperConfidence = { scale: 440, floor: 3.9e-5, rejectBelow: 0.5 };
/** Of the published class `ELBOVAE_binary`, which keeps the constants of the confidence. */
const BINARY_CLASS_SCALES = [1, 0.96, 1.001, 1.06, 0.98, 0.96, 1.03, 1, 1, 1];

/** True for a file with the published layout. */
export function isPublished({ tensors }: Safetensors): boolean {
  return tensors.has(tensorName(0, 0, "weight"));
}

/** Reads such a file. @throws {WeightsError} naming the tensor that is missing or has the wrong shape. */
export function readPublished({ tensors }: Safetensors): Model {
  const layers = decoderShape(LAYERS, LATENTS);
  const stack = (layer: number, part: "weight" | "bias", shape: readonly number[]): StoredTensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const stacked = new Float32Array(DIGITS * size);
    for (let digit = 0; digit < DIGITS; ++digit) {
      const name = tensorName(digit, layer, part);
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new WeightsError(`weights file: tensor "${name}" is missing`);
      if (tensor.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
        throw new WeightsError(
          `weights file: tensor "${name}" is ${tensor.dtype} ${shown(tensor.shape)}, wanted F32 [${shape.join(", ")}]`,
        );
      }
      stacked.set(finite(float32Values(tensor), name), digit * size);
    }
    return { element: "F32", values: stacked };
  };
  return {
    classes: Array.from({ length: DIGITS }, (_, digit) => String(digit)),
    latents: LATENTS,
    layers,
    weights: layers.map((layer, index) => {
      const kernel = layer.kind === "transposed_convolution" ? layer.kernel : 1;
      return {
        weight: stack(index, "weight", [layer.input.channels, layer.output.channels, kernel, kernel]),
        bias: stack(index, "bias", [layer.output.channels]),
      };
    }),
    beta: 1,
    sphereRadius: 5,
    confidence: { paper: CONFIDENCE, calibrated: undefined },
    binaryVariant: { threshold: 0.5, classScales: BINARY_CLASS_SCALES, confidence: CONFIDENCE },
    prototypes: undefined,
  };
}

function tensorName(digit: number, layer: number, part: "weight" | "bias"): string {
  return `class.${digit}.decoder_folded.conv_${layer}.${part}`;
}
