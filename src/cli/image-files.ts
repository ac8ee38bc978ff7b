import { shownText } from "../arguments/printable.ts";
import { messageOf } from "../files/file-error.ts";
import { listPictures } from "../files/list-pictures.ts";
import { STANDARD_INPUT, STANDARD_INPUT_NAME } from "../files/read-standard-input.ts";
import { UsageError } from "./command.ts";
import { type Environment, printProblem } from "./environment.ts";

// The files that a command line names, for commands that take any number of them and go on where one fails.

/** A file of images, or a folder that has none, and why. */
export interface ImageSource {
  readonly file: string;
  readonly failure?: string;
}

/** A file of which nothing, or not all, could be done, and why. */
export interface Failure {
  readonly file: string;
  readonly error: string;
}

/** What people read for a file's path. */
export function titleOf(file: string): string {
  return file === STANDARD_INPUT ? STANDARD_INPUT_NAME : file;
}

/** @throws {UsageError} when standard input is named more than once */
export function checkStandardInput(paths: readonly string[]): void {
  if (paths.filter((path) => path === STANDARD_INPUT).length > 1) {
    throw new UsageError("standard input, -, can be read only once");
  }
}

/** The files that are named, and in the place of a folder the pictures in it. */
export async function* sourcesOf(paths: readonly string[]): AsyncGenerator<ImageSource> {
  for (const file of paths) {
    try {
      const pictures = file === STANDARD_INPUT ? undefined : await listPictures(file);
      yield* (pictures ?? [file]).map((picture) => ({ file: picture }));
    } catch (error) {
      yield { file, failure: messageOf(error) };
    }
  }
}

/** Prints a failure, with the file's name before it where it does not say it already. */
export function printFailure(environment: Environment, command: string, { file, error }: Failure): void {
  const shown = shownText(titleOf(file));
  printProblem(environment, command, error.startsWith(`${shown}:`) ? error : `${shown}: ${error}`);
}
