import { MOST_FILE_BYTES, MOST_HEADER_BYTES, MOST_TENSORS } from "../../format/limits.ts";
import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { decodeUtf8 } from "./utf8.ts";

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
/** The shortest header, `{}`. */
const LEAST_HEADER_BYTES = 2;
const METADATA = "__metadata__";
const BYTES_OF: ReadonlyMap<unknown, number> = new Map([
  ["F64", 8],
  ["F32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["I64", 8],
  ["I32", 4],
  ["I16", 2],
  ["I8", 1],
  ["U8", 1],
  ["BOOL", 1],
]);

/**
 * Reads the header of a safetensors file and checks that the tensors tile its data without gap or overlap. What it takes is
 * bounded by the bytes that are there, whatever they say.
 *
 * @throws {WeightsError} when the file is too large, truncated, has bytes left over, or its header does not fit its data
 */
export function readSafetensors(file: Uint8Array): Safetensors {
  if (file.length < LENGTH_BYTES) {
    throw new WeightsError(`not a safetensors file: ${file.length} bytes, wanted at least ${LENGTH_BYTES}`);
  }
  if (file.length > MOST_FILE_BYTES) {
    throw new WeightsError(`weights file: got ${file.length} bytes, wanted at most ${MOST_FILE_BYTES}`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MOST_HEADER_BYTES || headerLength < LEAST_HEADER_BYTES) {
    throw new WeightsError(
      `not a safetensors file: its first 8 bytes announce a header of ${headerLength} bytes, wanted ${LEAST_HEADER_BYTES} to ${MOST_HEADER_BYTES}`,
    );
  }
  const dataStart = LENGTH_BYTES + headerLength;
  if (dataStart > file.length) {
    throw new WeightsError(
      `truncated weights file: the header takes ${headerLength} bytes, the file has ${file.length}`,
    );
  }
  const header = Object.entries(parseHeader(file.subarray(LENGTH_BYTES, dataStart)));
  const entries = header.filter(([name]) => name !== METADATA);
  if (entries.length > MOST_TENSORS) {
    throw new WeightsError(`weights file: got ${entries.length} tensors, wanted at most ${MOST_TENSORS}`);
  }
  const data = file.subarray(dataStart);
  const ranges = entries.map(([name, entry]) => tensorEntry(name, entry, data.length));
  checkTiling(ranges, data.length);
  return {
    metadata: readMetadata(header.find(([name]) => name === METADATA)?.[1] ?? {}),
    tensors: new Map(
      ranges.map(({ name, dtype, shape, start, end }) => [
        name,
        { name, dtype, shape, bytes: data.subarray(start, end) },
      ]),
    ),
  };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch (cause) {
    throw new WeightsError("damaged weights file: its header is not UTF-8", { cause });
  }
  return asObject(parseJson(text, "its header"), "its header");
}

function readMetadata(entry: unknown): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(asObject(entry, shown(METADATA)))) {
    if (typeof value !== "string") throw new WeightsError(`weights file: metadata ${shown(key)} is not a string`);
    metadata.set(key, value);
  }
  return metadata;
}

function asObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WeightsError(`damaged weights file: ${name} is not an object`);
  }
  return value as Record<string, unknown>;
}

/** A tensor's entry in the header, checked: its shape takes as many bytes as it has, and they are there. */
interface Range {
  name: string;
  dtype: string;
  shape: number[];
  start: number;
  end: number;
}

function tensorEntry(name: string, value: unknown, dataLength: number): Range {
  const tensor = `tensor ${shown(name)}`;
  const { dtype, shape, data_offsets: offsets } = asObject(value, tensor);
  const size = BYTES_OF.get(dtype);
  if (size === undefined) {
    throw new WeightsError(`damaged weights file: ${tensor} has the unknown element type ${shown(dtype)}`);
  }
  if (!isCounts(shape)) throw new WeightsError(`damaged weights file: ${tensor} has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new WeightsError(`damaged weights file: ${tensor} has no valid data_offsets`);
  }
  const [start, end] = offsets as [number, number];
  const wanted = shape.reduce((product, extent) => product * extent, size);
  if (end - start !== wanted) {
    throw new WeightsError(
      `damaged weights file: ${tensor} of shape ${shown(shape)} takes ${wanted} bytes, the header gives it ${end - start}`,
    );
  }
  if (end > dataLength) {
    throw new WeightsError(
      `truncated weights file: ${tensor} ends at byte ${end} of the data, the file has ${dataLength}`,
    );
  }
  return { name, dtype: dtype as string, shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function checkTiling(ranges: readonly Range[], dataLength: number): void {
  let position = 0;
  for (const { name, start, end } of [...ranges].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== position) {
      throw new WeightsError(`damaged weights file: tensor ${shown(name)} starts at byte ${start}, wanted ${position}`);
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
