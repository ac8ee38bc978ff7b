import { constants, gunzipSync } from "node:zlib";
import { BYTE_LIMIT, checkClaimedSize } from "./limits.ts";

/** An idx file: bytes in the shape that its header tells, e.g. [10000, 28, 28] for images or [10000] for labels. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const LARGEST_RANK = 4;
const MOST_CHANNELS = 4;
/** Enough compressed bytes for any header, and few enough that what they unpack to is small. */
const PROBE_BYTES = 1024;

/** Whether the bytes begin as an idx file does, gzip or not: two zero bytes, a known type, a sensible rank. */
export function looksLikeIdx(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0 && head[1] === 0 && (head[2] ?? 0) >= 0x08 && (head[2] ?? 0) <= 0x0e;
}

/** Whether the bytes begin as a gzip file does. */
export function looksLikeGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Reads an idx file of unsigned bytes, gzip or not. The header is unpacked first and the rest only as far as the
 * header claims, so that a small file cannot unpack to a large one.
 *
 * @throws Error saying what is wrong: kind of values, claimed size, too few or too many bytes, damaged gzip
 */
export function decodeIdx(bytes: Uint8Array): IdxArray {
  if (!looksLikeGzip(bytes)) return decodeUnpacked(bytes);
  const head = unpack(bytes.subarray(0, PROBE_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  const { headerBytes, contentBytes } = readHeader(head);
  return decodeUnpacked(unpack(bytes, { maxOutputLength: headerBytes + contentBytes }));
}

function decodeUnpacked(bytes: Uint8Array): IdxArray {
  const { shape, headerBytes, contentBytes } = readHeader(bytes);
  if (bytes.length - headerBytes !== contentBytes) {
    throw new Error(
      `the idx header claims ${shape.join("×")} = ${contentBytes} bytes, but ${bytes.length - headerBytes} follow it`,
    );
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

function readHeader(bytes: Uint8Array): { shape: number[]; headerBytes: number; contentBytes: number } {
  if (!looksLikeIdx(bytes)) {
    const found = Buffer.from(bytes.subarray(0, 4)).toString("hex");
    throw new Error(`an idx file begins with the bytes 00 00 08 and its rank; here are ${found || "none"}`);
  }
  const type = bytes[2] as number;
  if (type !== UNSIGNED_BYTE) {
    throw new Error(`the idx file holds values of type 0x${type.toString(16).padStart(2, "0")}; bytes, 0x08, are read`);
  }
  const rank = bytes[3] as number;
  if (rank < 1 || rank > LARGEST_RANK)
    throw new Error(`the idx file has ${rank} dimensions; 1 to ${LARGEST_RANK} are read`);
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw new Error(`the idx file is cut short: its header needs ${headerBytes} bytes, there are ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  if (rank >= 3) checkClaimedSize(shape[2] as number, shape[1] as number);
  if (rank === 4 && (shape[3] as number) > MOST_CHANNELS) {
    throw new RangeError(`the idx header claims ${shape[3]} channels per pixel; 1 to ${MOST_CHANNELS} are read`);
  }
  // A length of 0 would let the others claim whatever they like in no bytes at all.
  if (shape.includes(0)) throw new RangeError(`the idx header claims ${shape.join("×")} values, which are none`);
  const contentBytes = shape.reduce((product, length) => product * length, 1);
  if (contentBytes > BYTE_LIMIT) {
    throw new RangeError(
      `the idx header claims ${shape.join("×")} bytes, which is more than the ${BYTE_LIMIT} that are read`,
    );
  }
  return { shape, headerBytes, contentBytes };
}

function unpack(bytes: Uint8Array, options: { finishFlush?: number; maxOutputLength?: number }): Uint8Array {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new Error("the idx file unpacks to more bytes than its header claims");
    }
    throw new Error("the gzip file is damaged or cut short", { cause: error });
  }
}
