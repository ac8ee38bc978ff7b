import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { float32Values, readSafetensors } from "../../src/weights/safetensors.ts";

/** The folder with the published weights and golden vectors, or undefined where it is not to be had. */
export const referenceDirectory: string | undefined = process.env["ABS_REFERENCE_DIR"] || undefined;
/** The folder with MNIST's four files. */
export const mnistDirectory: string | undefined = process.env["MNIST_DIR"] || undefined;

if (referenceDirectory === undefined) console.warn("ABS_REFERENCE_DIR is not set: golden parity tests are skipped");
else if (!existsSync(referenceDirectory)) throw new Error(`ABS_REFERENCE_DIR: ${referenceDirectory} does not exist`);

export function readReferenceFile(name: string): Uint8Array {
  return readFileSync(join(referenceDirectory as string, name));
}

/** An F32 tensor of a reference file; other element types by their own reader. */
export function referenceTensors(name: string): (tensor: string) => { values: Float32Array; shape: readonly number[] } {
  const { tensors } = readSafetensors(readReferenceFile(name));
  return (tensorName) => {
    const tensor = tensors.get(tensorName);
    if (tensor === undefined) throw new Error(`${name} has no tensor ${tensorName}: ${[...tensors.keys()].join(", ")}`);
    if (tensor.dtype === "F32") return { values: float32Values(tensor), shape: tensor.shape };
    const view = new DataView(tensor.bytes.buffer, tensor.bytes.byteOffset, tensor.bytes.byteLength);
    const size = tensor.dtype === "I64" ? 8 : 4;
    const values = Float32Array.from({ length: tensor.bytes.length / size }, (_, index) =>
      size === 8 ? Number(view.getBigInt64(index * 8, true)) : view.getInt32(index * 4, true),
    );
    return { values, shape: tensor.shape };
  };
}
