import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { FileError } from "./file-error.ts";
import { fileFailure } from "./file-failure.ts";
import { BYTE_LIMIT } from "./limits.ts";

/** Reading does not wait for somebody to write, and does not take over a terminal. Windows knows neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * Reads a whole file after checking that it is one: no directory, device, pipe or socket, not empty, not beyond `limit` bytes.
 *
 * @param limit the most bytes, 1 GiB unless given
 * @throws FileError naming the file and what is wrong with it
 */
export async function readBoundedFile(path: string, limit = BYTE_LIMIT): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Opening a device can do something to it, so it is looked at first; what is open is looked at again, since the name
    // may have passed to something else.
    checkStatus(path, await stat(path), limit);
    file = await open(path, FLAGS);
    checkStatus(path, await file.stat(), limit);
    const bytes = await file.readFile();
    if (bytes.length > limit) throw new FileError(path, `grew beyond ${limit} bytes while it was read`);
    return bytes;
  } catch (error) {
    throw error instanceof FileError ? error : fileFailure(path, "read", error);
  } finally {
    await file?.close();
  }
}

/** @throws FileError when it is no regular file */
export function checkIsFile(path: string, status: Stats): void {
  if (status.isDirectory()) throw new FileError(path, "is a directory; a file is wanted");
  if (!status.isFile()) throw new FileError(path, `is a ${kindOf(status)}; a regular file is wanted`);
}

function checkStatus(path: string, status: Stats, limit: number): void {
  checkIsFile(path, status);
  if (status.size === 0) throw new FileError(path, "is empty (0 bytes)");
  if (status.size > limit) {
    throw new FileError(path, `has ${status.size} bytes, which is more than the ${limit} that are read`);
  }
}

function kindOf(status: Stats): string {
  return status.isFIFO() ? "pipe" : status.isSocket() ? "socket" : "device";
}
