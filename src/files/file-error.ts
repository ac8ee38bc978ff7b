import { shownText } from "../arguments/printable.ts";

/** Characters of a problem's description; what is longer quotes a file at length. */
const LONGEST_PROBLEM = 400;

/** A file that cannot be read or written as what it should be; the message names the file, what came and what was wanted. */
export class FileError extends Error {
  override readonly name: string = "FileError";
  /** @param path the file; @param problem what is wrong with it, without its name */
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${shownText(path)}: ${shownText(problem, LONGEST_PROBLEM)}`, options);
  }
}

/** A file that can be read, but holds no image that this program reads. */
export class ImageFileError extends FileError {
  override readonly name = "ImageFileError";
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
