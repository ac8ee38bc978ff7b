import { ImageFileError, messageOf } from "../image/read/image-file-error.ts";
import { readBoundedFile } from "../image/read/read-bounded-file.ts";
import type { Invocation } from "./command.ts";
import type { CommandClassifier, Environment } from "./environment.ts";
import { startProgress } from "./progress.ts";

/** What a command does with the classifier. */
type Use<Result> = (classifier: CommandClassifier) => Promise<Result> | Result;

/**
 * Makes the classifier that `--weights`, `--inference`, `--effort`, `--variant` and `--confidence` ask for, hands it
 * to `use`, and disposes of it.
 *
 * @throws ImageFileError when the weights file cannot be read or is no weights file
 * @throws UsageError when `--inference`, `--effort`, `--variant` or `--confidence` names none
 */
export async function withClassifier<Result>(
  invocation: Invocation,
  environment: Environment,
  use: Use<Result>,
): Promise<Result> {
  const inference = invocation.inference();
  const effort = invocation.effort();
  const variant = invocation.variant();
  const confidence = invocation.confidence();
  const weightsPath = invocation.text("weights");
  const weights = weightsPath === undefined ? undefined : await readBoundedFile(weightsPath);
  // The paper's inference prepares itself at the first image, so this goes on while the classifier is used.
  const progress = startProgress(environment, "preparing");
  try {
    const classifier = await environment
      .createClassifier({
        ...(weights === undefined ? {} : { weights }),
        ...(inference === undefined ? {} : { inference }),
        ...(effort === undefined ? {} : { effort }),
        ...(variant === undefined ? {} : { variant }),
        ...(confidence === undefined ? {} : { confidence }),
        onProgress: (done, total) => progress.report(done, total),
      })
      .catch((error: unknown) => {
        throw weightsPath === undefined ? error : new ImageFileError(weightsPath, messageOf(error), { cause: error });
      });
    try {
      return await use(classifier);
    } finally {
      classifier.dispose();
    }
  } finally {
    progress.stop();
  }
}
