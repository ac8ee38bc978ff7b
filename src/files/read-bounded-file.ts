import { type FileHandle, open } from "node:fs/promises";
import { FileError, messageOf } from "./file-error.ts";
import { BYTE_LIMIT } from "./limits.ts";

/**
 * Reads a whole file after checking that it is one: not a directory or a device, not empty, not beyond 1 GiB.
 *
 * @throws FileError naming the file and what is wrong with it
 */
export async function readBoundedFile(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const status = await file.stat();
    if (status.isDirectory()) throw new FileError(path, "is a directory; a file is wanted");
    if (!status.isFile()) throw new FileError(path, "is a device or a pipe; a regular file is wanted");
    if (status.size === 0) throw new FileError(path, "is empty (0 bytes)");
    if (status.size > BYTE_LIMIT) {
      throw new FileError(path, `has ${status.size} bytes, which is more than the ${BYTE_LIMIT} that are read`);
    }
    return await file.readFile();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(path, reasonOf(error), { cause: error });
  } finally {
    await file?.close();
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "no such file";
    case "ENOTDIR":
      return "no such file: a part of the path is not a directory";
    case "EACCES":
    case "EPERM":
      return "may not be read (permission denied)";
    case "EISDIR":
      return "is a directory; a file is wanted";
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}
