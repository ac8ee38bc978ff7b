import { WeightsError } from "./errors.ts";

/** One tensor of a safetensors file; `bytes` is a view into the file. */
export interface Tensor {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

export interface Safetensors {
  metadata: ReadonlyMap<string, string>;
  tensors: ReadonlyMap<string, Tensor>;
}

const LENGTH_BYTES = 8;
/** The format's own limit on the header. */
const LARGEST_HEADER = 100_000_000;
const BYTES_OF: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/**
 * Reads the header of a safetensors file and checks that the tensors tile its data without gap or overlap.
 *
 * @throws {WeightsError} when the file is truncated, has bytes left over, or its header does not fit its data.
 */
export function readSafetensors(file: Uint8Array): Safetensors {
  if (file.length < LENGTH_BYTES) {
    throw new WeightsError(`not a safetensors file: ${file.length} bytes, wanted at least ${LENGTH_BYTES}`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > LARGEST_HEADER || headerLength < 2) {
    throw new WeightsError(`not a safetensors file: its first 8 bytes announce a header of ${headerLength} bytes`);
  }
  const dataStart = LENGTH_BYTES + headerLength;
  if (dataStart > file.length) {
    throw new WeightsError(
      `truncated weights file: the header takes ${headerLength} bytes, the file has ${file.length}`,
    );
  }
  const header = parseHeader(file.subarray(LENGTH_BYTES, dataStart));
  const data = file.subarray(dataStart);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, Tensor>();
  const ranges: { name: string; start: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(asObject(entry, "__metadata__"))) {
        if (typeof value !== "string") throw new WeightsError(`weights file: metadata "${key}" is not a string`);
        metadata.set(key, value);
      }
      continue;
    }
    const { dtype, shape, start, end } = tensorEntry(name, entry);
    if (end > data.length) {
      throw new WeightsError(
        `truncated weights file: tensor "${name}" ends at byte ${end} of the data, the file has ${data.length}`,
      );
    }
    tensors.set(name, { name, dtype, shape, bytes: data.subarray(start, end) });
    ranges.push({ name, start, end });
  }
  checkTiling(ranges, data.length);
  return { metadata, tensors };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WeightsError("damaged weights file: its header is not JSON", { cause });
  }
  return asObject(header, "header");
}

function asObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WeightsError(`damaged weights file: "${name}" is not an object`);
  }
  return value as Record<string, unknown>;
}

function tensorEntry(name: string, value: unknown): { dtype: string; shape: number[]; start: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = asObject(value, name);
  const size = typeof dtype === "string" ? BYTES_OF[dtype] : undefined;
  if (typeof dtype !== "string" || size === undefined) {
    throw new WeightsError(`damaged weights file: tensor "${name}" has the unknown element type ${String(dtype)}`);
  }
  if (!isCounts(shape)) throw new WeightsError(`damaged weights file: tensor "${name}" has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new WeightsError(`damaged weights file: tensor "${name}" has no valid data_offsets`);
  }
  const [start, end] = offsets as [number, number];
  const wanted = shape.reduce((product, extent) => product * extent, size);
  if (end - start !== wanted) {
    throw new WeightsError(
      `damaged weights file: tensor "${name}" of shape [${shape.join(", ")}] takes ${wanted} bytes, the header gives it ${end - start}`,
    );
  }
  return { dtype, shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function checkTiling(ranges: { name: string; start: number; end: number }[], dataLength: number): void {
  let position = 0;
  for (const { name, start, end } of ranges.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== position) {
      throw new WeightsError(`damaged weights file: tensor "${name}" starts at byte ${start}, wanted ${position}`);
    }
    position = end;
  }
  if (position !== dataLength) {
    throw new WeightsError(`damaged weights file: ${dataLength - position} bytes after the last tensor`);
  }
}

/** The values of an F32 tensor, copied out, whatever its alignment in the file. */
export function float32Values(tensor: Tensor): Float32Array {
  const view = viewOf(tensor);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

/** The bits of an F16 tensor's values, copied out. */
export function uint16Values(tensor: Tensor): Uint16Array {
  const view = viewOf(tensor);
  return Uint16Array.from({ length: view.byteLength / 2 }, (_, index) => view.getUint16(index * 2, true));
}

/** The values of an I8 tensor, copied out. */
export function int8Values(tensor: Tensor): Int8Array {
  const { buffer, byteOffset, byteLength } = tensor.bytes;
  return new Int8Array(buffer, byteOffset, byteLength).slice();
}

function viewOf({ bytes }: Tensor): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
