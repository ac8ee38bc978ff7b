import { shown } from "../arguments/shown.ts";
import { isSameFile } from "../files/is-same-file.ts";
import { STANDARD_INPUT } from "../files/read-standard-input.ts";
import { type Invocation, UsageError } from "./command.ts";

/**
 * Sees to it that what an option has written takes the place of nothing that is read.
 *
 * @param target the file to be written
 * @param image the one that is read, or standard input
 * @param words what the image is read for
 * @throws UsageError when the target is the image or the weights
 */
export async function checkFilesKept(
  invocation: Invocation,
  { option, target, image, words }: { option: string; target: string; image: string; words: string },
): Promise<void> {
  const weights = invocation.text("weights");
  if (image !== STANDARD_INPUT && (await isSameFile(target, image))) {
    throw new UsageError(`--${option} ${shown(target)} would write over the image that is to be ${words}`);
  }
  if (weights !== undefined && (await isSameFile(target, weights))) {
    throw new UsageError(`--${option} ${shown(target)} would write over the weights`);
  }
}
