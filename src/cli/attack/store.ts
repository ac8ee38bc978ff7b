import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { IMAGE_PIXELS } from "../../../format/image.ts";
import { FileError } from "../../files/file-error.ts";
import { fileFailure } from "../../files/file-failure.ts";
import { readBoundedFile } from "../../files/read-bounded-file.ts";
import { writeWholeFile } from "../../files/write-whole-file.ts";
import { findDifference } from "../shards.ts";
import { packFloats, unpackFloats } from "./packed-floats.ts";
import { type AttackRecord, asRecord, hasRunSettings, RUN_SETTINGS, type RunSettings } from "./results.ts";

// The file from which a run that was interrupted goes on: lines of JSON. The first says of which run it is, every other is the
// result of one attack on one image.

const KIND = "results of abs attack";
const NEWLINE = 0x0a;

/** A result as it is stored: with the image found, where one was. */
export interface StoredResult extends AttackRecord {
  readonly changed?: Float32Array;
}

/** Takes the results of a run as they come. */
export class ResultStore {
  readonly #path: string;
  readonly #file: FileHandle;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens the file of a run, or begins one where there is none. A last line that was not written to its end is dropped: it
   * is what a program leaves that was killed.
   *
   * @returns the store, and what it held
   * @throws FileError when the file is of a run with other settings, or holds something else; it is left as it is then
   */
  static async open(path: string, settings: RunSettings): Promise<{ store: ResultStore; results: StoredResult[] }> {
    const header = Buffer.from(`${JSON.stringify({ kind: KIND, ...settings })}\n`);
    if (!(await exists(path))) await writeWholeFile(path, header);
    const bytes = await readBoundedFile(path);
    const lines = wholeLines(bytes);
    checkHeader(path, lines.next().value, settings);
    const results: StoredResult[] = [];
    let number = 1;
    for (const line of lines) results.push(parseResult(path, line, ++number));
    try {
      const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
      await file.truncate(bytes.lastIndexOf(NEWLINE) + 1);
      return { store: new ResultStore(path, file), results };
    } catch (error) {
      throw fileFailure(path, "written", error);
    }
  }

  /** Adds a result; it is in the file when this settles. */
  async add({ changed, ...record }: StoredResult): Promise<void> {
    const line = JSON.stringify({ ...record, ...(changed === undefined ? {} : { changed: packFloats(changed) }) });
    const written = this.#last.then(() => this.#file.appendFile(`${line}\n`));
    // Whoever adds the next result must not hear of this one's failure in its place.
    this.#last = written.catch(() => undefined);
    try {
      await written;
    } catch (error) {
      throw fileFailure(this.#path, "written", error);
    }
  }

  /** Waits for what is being added and closes the file. */
  async close(): Promise<void> {
    await this.#last;
    try {
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw fileFailure(path, "read", error);
  }
}

/** The lines that end in a newline. */
function* wholeLines(bytes: Uint8Array): Generator<string, undefined> {
  const decoder = new TextDecoder();
  for (let start = 0; ; ) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) return undefined;
    yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}

function checkHeader(path: string, line: string | undefined, settings: RunSettings): void {
  const header = (line === undefined ? undefined : parseJson(line)) as
    | (Partial<RunSettings> & { kind?: unknown })
    | undefined;
  if (header?.kind !== KIND || !hasRunSettings(header)) {
    throw new FileError(path, 'is not what "abs attack --resume" writes; it is left as it is');
  }
  const difference = findDifference(header, settings, RUN_SETTINGS);
  if (difference !== undefined) {
    throw new FileError(path, `is of another run: ${difference} in this one; it is left as it is`);
  }
}

function parseResult(path: string, line: string, number: number): StoredResult {
  const found = parseJson(line);
  const record = asRecord(found);
  const packed = record === undefined ? undefined : (found as { changed?: unknown }).changed;
  const changed = unpackFloats(packed, IMAGE_PIXELS);
  if (record === undefined || (packed !== undefined && changed === undefined)) {
    throw new FileError(path, `line ${number} is no result of an attack; the file is left as it is`);
  }
  return { ...record, ...(changed === undefined ? {} : { changed }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
