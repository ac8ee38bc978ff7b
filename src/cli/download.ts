import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { messageOf } from "../files/file-error.ts";
import { fileFailure } from "../files/file-failure.ts";
import { readBoundedFile } from "../files/read-bounded-file.ts";
import { writeWholeFile } from "../files/write-whole-file.ts";
import type { DataFile } from "./mnist-files.ts";
import type { Progress } from "./progress.ts";

/** A download without a single byte for so long is given up. */
const STALL_MILLISECONDS = 30_000;
/** A packed file is never much larger than what it unpacks to. */
const PACKING_OVERHEAD_BYTES = 65_536;

/** What became of one file. */
export interface FetchResult {
  readonly file: string;
  readonly path: string;
  readonly outcome: "already there" | "downloaded" | "failed";
  /** Where it came from, for a download. */
  readonly mirror?: string;
}

export interface FetchOptions {
  /** Made if it is not there. */
  readonly directory: string;
  /** Addresses of directories, tried in this order for each file. */
  readonly mirrors: readonly string[];
  readonly files: readonly DataFile[];
  /** Told, in one line, why a mirror was given up for a file. */
  readonly onMirrorFailed: (message: string) => void;
  readonly startProgress: (label: string) => Progress;
  /** How long a mirror may be silent. Default: 30 s. */
  readonly stallMilliseconds?: number;
}

/**
 * Downloads gzip-packed files whose unpacked bytes have the wanted SHA-256. A file that is right already is left
 * alone; a new one gets its name only when it has been checked, so no wrong or half file is ever found there.
 *
 * @throws FileError naming the directory or file that cannot be made
 */
export async function fetchDataFiles(options: FetchOptions): Promise<FetchResult[]> {
  try {
    await mkdir(options.directory, { recursive: true });
  } catch (error) {
    throw fileFailure(options.directory, "written", error);
  }
  const results: FetchResult[] = [];
  for (const file of options.files) results.push(await fetchDataFile(file, options));
  return results;
}

async function fetchDataFile(file: DataFile, options: FetchOptions): Promise<FetchResult> {
  const path = join(options.directory, file.name);
  if (await isAlreadyThere(path, file)) return { file: file.name, path, outcome: "already there" };
  for (const mirror of options.mirrors) {
    const address = `${mirror.replace(/\/$/, "")}/${file.name}`;
    let packed: Uint8Array;
    try {
      packed = await download(address, file, options);
      checkContent(packed, file);
    } catch (error) {
      options.onMirrorFailed(`${address}: ${reasonOf(error)}`);
      continue;
    }
    await writeWholeFile(path, packed);
    return { file: file.name, path, outcome: "downloaded", mirror };
  }
  return { file: file.name, path, outcome: "failed" };
}

async function isAlreadyThere(path: string, file: DataFile): Promise<boolean> {
  try {
    checkContent(await readBoundedFile(path, file.bytes + PACKING_OVERHEAD_BYTES), file);
    return true;
  } catch {
    // Missing or wrong, it is downloaded either way.
    return false;
  }
}

async function download(address: string, file: DataFile, options: FetchOptions): Promise<Uint8Array> {
  const stall = options.stallMilliseconds ?? STALL_MILLISECONDS;
  const most = file.bytes + PACKING_OVERHEAD_BYTES;
  const abort = new AbortController();
  const giveUp = (): void => abort.abort(new Error(`no data for ${stall / 1000} s`));
  let timer = setTimeout(giveUp, stall);
  const progress = options.startProgress(file.name);
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`);
    if (response.body === null) throw new Error("the server answers with nothing");
    const declared = Number(response.headers.get("content-length") ?? Number.NaN);
    const parts: Uint8Array[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stall);
      const part = read.value;
      received += part.length;
      if (received > most) throw new Error(`the server sends more than the ${most} bytes that the file can have`);
      parts.push(part);
      if (declared > 0) progress.report(received, declared);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
    progress.stop();
    // What was not read to its end would keep the connection open.
    abort.abort();
  }
}

/** @throws Error when the bytes do not unpack to the wanted ones */
function checkContent(packed: Uint8Array, { sha256, bytes }: DataFile): void {
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipSync(packed, { maxOutputLength: bytes });
  } catch (error) {
    throw new Error(`not the file that was asked for: does not unpack to ${bytes} bytes of gzip`, { cause: error });
  }
  const found = createHash("sha256").update(unpacked).digest("hex");
  if (found !== sha256) throw new Error(`not the file that was asked for: SHA-256 ${found}, wanted ${sha256}`);
}

/** `fetch` hides why it failed in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && error instanceof TypeError ? cause.message : messageOf(error);
}
