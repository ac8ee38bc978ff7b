import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FileError } from "./file-error.ts";
import { fileFailure } from "./file-failure.ts";
import { checkIsFile } from "./read-bounded-file.ts";

/** Signals that end a program unless it listens, Ctrl-C's first. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What is being written at the moment. */
const unfinished = new Set<string>();

/**
 * Writes a file, bytes or text in UTF-8, whole or not at all: to a temporary one beside it, which is renamed when all bytes are on the disk and
 * removed when something fails or the program is ended. A link stays one; a file that was there keeps its permissions.
 *
 * @throws FileError naming the file, when it cannot be written or is no regular file
 */
export async function writeWholeFile(file: string | URL, content: Uint8Array | string): Promise<void> {
  const path = typeof file === "string" ? file : fileURLToPath(file);
  try {
    const { target, mode } = await targetOf(path);
    const temporary = join(dirname(target), `.abs-${randomBytes(8).toString("hex")}.part`);
    await cleaningUp(temporary, async () => {
      await writeNew(temporary, content, mode);
      await rename(temporary, target);
    });
  } catch (error) {
    throw error instanceof FileError ? error : fileFailure(path, "written", error);
  }
}

/** Where the bytes go: a link leads to its target. */
async function targetOf(path: string): Promise<{ target: string; mode: number | undefined }> {
  try {
    const status = await stat(path);
    checkIsFile(path, status);
    return { target: await realpath(path), mode: status.mode & 0o777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { target: path, mode: undefined };
  }
}

async function writeNew(path: string, content: Uint8Array | string, mode: number | undefined): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "wx");
    await file.writeFile(content);
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
  } finally {
    await file?.close();
  }
}

async function cleaningUp(temporary: string, write: () => Promise<void>): Promise<void> {
  unfinished.add(temporary);
  if (unfinished.size === 1) for (const signal of SIGNALS) process.on(signal, endAt);
  if (unfinished.size === 1) process.on("exit", removeUnfinished);
  try {
    await write();
  } finally {
    await rm(temporary, { force: true });
    unfinished.delete(temporary);
    if (unfinished.size === 0) stopListening();
  }
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, endAt);
  process.off("exit", removeUnfinished);
}

function removeUnfinished(): void {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
}

/** Ends the program as the signal would have done without us. */
function endAt(signal: NodeJS.Signals): void {
  removeUnfinished();
  stopListening();
  process.kill(process.pid, signal);
}
