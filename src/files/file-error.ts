/** A file that could not be read as what it should be; the message names the file, what came and what was wanted. */
export class ImageFileError extends Error {
  override readonly name = "ImageFileError";
  /** @param path the file; @param problem what is wrong with it, without its name */
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
