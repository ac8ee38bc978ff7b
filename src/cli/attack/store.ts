import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { IMAGE_PIXELS } from "../../../format/image.ts";
import { FileError } from "../../files/file-error.ts";
import { fileFailure } from "../../files/file-failure.ts";
import { checkIsFile } from "../../files/read-bounded-file.ts";
import { writeWholeFile } from "../../files/write-whole-file.ts";
import { findDifference } from "../shards.ts";
import { packFloats, unpackFloats } from "./packed-floats.ts";
import { type AttackRecord, asRecord, hasRunSettings, RUN_SETTINGS, type RunSettings } from "./results.ts";

// The file from which a run that was interrupted goes on: lines of JSON. The first says of which run it is, every other is the
// result of one attack on one image.

const KIND = "results of abs attack";
const NEWLINE = 0x0a;
/** Bytes of a line: those of a result are some 4,300. */
const LONGEST_LINE = 100_000;
const NOT_OURS = 'is not what "abs attack --resume" writes; it is left as it is';

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
   * @param take receives every result that the file holds, in order
   * @throws FileError when the file is of a run with other settings, or holds something else; it is left as it is then
   */
  static async open(path: string, settings: RunSettings, take: (result: StoredResult) => void): Promise<ResultStore> {
    const header = Buffer.from(`${JSON.stringify({ kind: KIND, ...settings })}\n`);
    if (!(await exists(path))) await writeWholeFile(path, header);
    let number = 0;
    let length = 0;
    for await (const line of wholeLines(path)) {
      if (++number === 1) checkHeader(path, line.text, settings);
      else take(parseResult(path, line.text, number));
      length = line.end;
    }
    // A first line without an end.
    if (number === 0) checkHeader(path, undefined, settings);
    try {
      const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
      await file.truncate(length);
      return new ResultStore(path, file);
    } catch (error) {
      throw fileFailure(path, "written", error);
    }
  }

  /** Adds a result; it is in the file when this settles. */
  async add({ changed, ...record }: StoredResult): Promise<void> {
    const line = JSON.stringify({ ...record, ...(changed === undefined ? {} : { changed: packFloats(changed) }) });
    // After a failure the end of the file may be half a line, to which nothing must be added.
    this.#last = this.#last.then(() => this.#file.appendFile(`${line}\n`));
    try {
      await this.#last;
    } catch (error) {
      throw fileFailure(this.#path, "written", error);
    }
  }

  /** Waits for what is being added and closes the file. */
  async close(): Promise<void> {
    // A failure was told to whoever added.
    await this.#last.catch(() => undefined);
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

/** The lines that end in a newline, each with where it ends in the file, however large that is. */
async function* wholeLines(path: string): AsyncGenerator<{ text: string; end: number }> {
  let rest = Buffer.alloc(0);
  let start = 0;
  try {
    const status = await stat(path);
    checkIsFile(path, status);
    if (status.size === 0) throw new FileError(path, "is empty (0 bytes)");
    for await (const chunk of createReadStream(path)) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      let from = 0;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
        yield { text: rest.toString("utf8", from, end), end: start + end + 1 };
        from = end + 1;
      }
      rest = rest.subarray(from);
      start += from;
      if (rest.length > LONGEST_LINE) throw new FileError(path, NOT_OURS);
    }
  } catch (error) {
    throw error instanceof FileError ? error : fileFailure(path, "read", error);
  }
}

function checkHeader(path: string, line: string | undefined, settings: RunSettings): void {
  const header = (line === undefined ? undefined : parseJson(line)) as
    | (Partial<RunSettings> & { kind?: unknown })
    | undefined;
  if (header?.kind !== KIND || !hasRunSettings(header)) {
    throw new FileError(path, NOT_OURS);
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
