import { shown } from "../arguments/shown.ts";
import { crc32 } from "./crc32.ts";
import type { DecoderLayer } from "./decoder-shape.ts";
import { WeightsError } from "./errors.ts";
import { float32Values, int8Values, type Safetensors, type Tensor, uint16Values } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";

// The tensors of our own format, checked and copied out in the form in which they are stored.

type Tensors = Safetensors["tensors"];

/** A tensor's extents after that of the classes, and the number of channels that have scales of their own. */
export interface TensorShape {
  extents: readonly number[];
  channels: number;
}

const SCALE_SUFFIX = ".scale";
/** In a 16-bit float all bits of the exponent are set for infinities and NaN only. */
const HALF_EXPONENT = 0x7c00;

export function weightShape(layer: DecoderLayer): TensorShape {
  const { input, output } = layer;
  switch (layer.kind) {
    case "dense": {
      const inputs = input.channels * input.height * input.width;
      return { extents: [output.channels * output.height * output.width, inputs], channels: output.channels };
    }
    case "transposed_convolution":
      return {
        extents: [input.channels, output.channels, layer.kernel, layer.kernel],
        channels: output.channels,
      };
    case "pixel_shuffle_convolution":
      return { extents: [4 * output.channels, input.channels, 3, 3], channels: 4 * output.channels };
  }
}

export function biasShape(layer: DecoderLayer): TensorShape {
  const { channels } = weightShape(layer);
  const { height, width } = layer.output;
  return { extents: [layer.kind === "dense" ? channels * height * width : channels], channels };
}

/** Scales must belong to a tensor of type I8: nobody would read any others. */
export function checkScales(tensors: Tensors): void {
  for (const name of tensors.keys()) {
    if (!name.endsWith(SCALE_SUFFIX)) continue;
    const scaled = name.slice(0, -SCALE_SUFFIX.length);
    const dtype = tensors.get(scaled)?.dtype;
    if (dtype !== "I8") {
      throw new WeightsError(
        `weights file: ${shown(name)} holds scales, but tensor ${shown(scaled)} ${dtype === undefined ? "is missing" : `holds ${dtype}`}`,
      );
    }
  }
}

/**
 * Reads a tensor of `classes` × `shape`, with its scales where it has some.
 *
 * @param checksums the file's CRC-32 of every tensor
 * @throws {WeightsError} when it is missing, damaged, of another type or shape, or holds a value that stands for no number
 */
export function readStoredTensor(
  tensors: Tensors,
  checksums: Record<string, unknown>,
  name: string,
  classes: number,
  shape: TensorShape,
): StoredTensor {
  const tensor = checkedTensor(tensors, checksums, name, [classes, ...shape.extents]);
  switch (tensor.dtype) {
    case "F32":
      return { element: "F32", values: finite(float32Values(tensor), name) };
    case "F16":
      return { element: "F16", values: finiteHalves(uint16Values(tensor), name) };
    case "I8":
      return {
        element: "I8",
        values: symmetric(int8Values(tensor), name),
        scales: readScales(tensors, checksums, name, [classes, shape.channels]),
      };
    default:
      throw new WeightsError(
        `weights file: tensor "${name}" holds ${tensor.dtype}, this release reads F32, F16 and I8`,
      );
  }
}

function readScales(
  tensors: Tensors,
  checksums: Record<string, unknown>,
  scaled: string,
  shape: readonly number[],
): Float32Array {
  const name = `${scaled}${SCALE_SUFFIX}`;
  if (!tensors.has(name)) {
    throw new WeightsError(`weights file: tensor "${scaled}" holds I8, but its scales "${name}" are missing`);
  }
  const tensor = checkedTensor(tensors, checksums, name, shape);
  if (tensor.dtype !== "F32") {
    throw new WeightsError(`weights file: scales "${name}" hold ${tensor.dtype}, wanted F32`);
  }
  const scales = finite(float32Values(tensor), name);
  const at = scales.findIndex((scale) => !(scale > 0));
  if (at >= 0) {
    throw new WeightsError(`weights file: scales "${name}" hold ${scales[at]} at element ${at}, wanted more than 0`);
  }
  return scales;
}

function checkedTensor(
  tensors: Tensors,
  checksums: Record<string, unknown>,
  name: string,
  shape: readonly number[],
): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new WeightsError(`weights file: tensor "${name}" is missing`);
  if (tensor.shape.length !== shape.length || tensor.shape.some((extent, axis) => extent !== shape[axis])) {
    throw new WeightsError(
      `weights file: tensor "${name}" has shape ${shown(tensor.shape)}, wanted [${shape.join(", ")}]`,
    );
  }
  const found = crc32(tensor.bytes);
  if (checksums[name] !== found) {
    throw new WeightsError(
      `damaged weights file: tensor "${name}" has CRC-32 ${found}, the file says ${shown(checksums[name])}`,
    );
  }
  return tensor;
}

/** Returns `values`. @throws {WeightsError} when one of them is not finite. */
export function finite(values: Float32Array, name: string): Float32Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new WeightsError(`weights file: tensor "${name}" holds ${values[at]} at element ${at}`);
  return values;
}

function finiteHalves(values: Uint16Array, name: string): Uint16Array {
  const at = values.findIndex((bits) => (bits & HALF_EXPONENT) === HALF_EXPONENT);
  if (at >= 0) {
    throw new WeightsError(`weights file: tensor "${name}" holds infinity or NaN at element ${at}`);
  }
  return values;
}

function symmetric(values: Int8Array, name: string): Int8Array {
  const at = values.indexOf(-128);
  if (at >= 0) throw new WeightsError(`weights file: tensor "${name}" holds -128 at element ${at}, wanted -127 to 127`);
  return values;
}
