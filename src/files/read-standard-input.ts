import type { Readable } from "node:stream";
import { FileError } from "./file-error.ts";
import { fileFailure } from "./file-failure.ts";
import { BYTE_LIMIT } from "./limits.ts";

/** The argument that stands for standard input, and what messages call it. */
export const STANDARD_INPUT = "-";
export const STANDARD_INPUT_NAME = "standard input";

/**
 * Reads standard input to its end, into memory that threads can share.
 *
 * @throws FileError when it is a terminal, empty, cannot be read or has more than `limit` bytes, 1 GiB unless given
 */
export async function readStandardInput(
  input: Readable & { readonly isTTY?: boolean },
  limit = BYTE_LIMIT,
): Promise<Uint8Array> {
  if (input.isTTY === true) throw new FileError(STANDARD_INPUT_NAME, "is a terminal; pipe a file into it");
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of input as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > limit) throw new FileError(STANDARD_INPUT_NAME, `has more than the ${limit} bytes that are read`);
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof FileError ? error : fileFailure(STANDARD_INPUT_NAME, "read", error);
  }
  if (length === 0) throw new FileError(STANDARD_INPUT_NAME, "is empty (0 bytes)");
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
