import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { FileError } from "./file-error.ts";
import { fileFailure } from "./file-failure.ts";
import { checkIsFile } from "./read-bounded-file.ts";

/** Signals that end a program unless it listens, Ctrl-C's first. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What is being written at the moment. */
const unfinished = new Set<string>();
/** How many files this thread has begun. */
let written = 0;

/**
 * Writes a file, bytes or text in UTF-8, whole or not at all: to a temporary one beside it, which is renamed when all bytes are on
 * the disk and removed when something fails or the program is ended; what a program left that was killed meanwhile is removed when
 * the same file is written again. A link stays one; a file that was there keeps its permissions.
 *
 * @throws FileError naming the file, when it cannot be written or is no regular file
 */
export async function writeWholeFile(file: string | URL, content: Uint8Array | string): Promise<void> {
  const path = typeof file === "string" ? file : fileURLToPath(file);
  try {
    const { target, mode } = await targetOf(path);
    const folder = dirname(target);
    const start = temporaryStart(target);
    await removeLeftovers(folder, start);
    const temporary = join(folder, `${start}${process.pid}-${threadId}-${++written}.part`);
    await cleaningUp(temporary, async () => {
      await writeNew(temporary, content, mode);
      await rename(temporary, target);
    });
  } catch (error) {
    throw error instanceof FileError ? error : fileFailure(path, "written", error);
  }
}

/** How temporary files for a target are called by the programs of this machine: the rest tells which one of them. */
function temporaryStart(target: string): string {
  const place = createHash("sha256")
    .update(`${hostname()}\0${basename(target)}`)
    .digest("hex")
    .slice(0, 16);
  return `.abs-${place}-`;
}

/** Removes what programs have left that are no more. */
async function removeLeftovers(folder: string, start: string): Promise<void> {
  // A folder that can be written to but not listed has what it has.
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(start) && one.endsWith(".part"))) {
    const owner = Number.parseInt(name.slice(start.length), 10);
    const path = join(folder, name);
    // In a container each run may have the number of the one before it.
    const isOver = owner === process.pid ? await isOfBefore(path) : !runs(owner);
    if (isOver) await rm(path, { force: true });
  }
}

/** Whether a file was last written to before this process began. */
async function isOfBefore(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && status.mtimeMs < Date.now() - 1000 * process.uptime();
}

/** Whether a process is there, by asking whether a signal would reach it. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
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
