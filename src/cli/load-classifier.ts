import { createHash } from "node:crypto";
import { FileError, messageOf } from "../files/file-error.ts";
import { readBoundedFile } from "../files/read-bounded-file.ts";
import { type Invocation, UsageError } from "./command.ts";
import type { ClassifierSettings, Environment } from "./environment.ts";
import { type Progress, startProgress } from "./progress.ts";
import { ClassifierTasks, type CommandClassifier, type Tasks } from "./tasks.ts";

/** What a command does with what it was given. */
type Use<Given, Result> = (given: Given) => Promise<Result> | Result;

/** Somebody to do the tasks, and for which model. */
export interface Workforce extends Pick<CommandClassifier, "classes" | "confidence"> {
  readonly tasks: Tasks;
  /** Tasks that may be waiting for a result at once without anybody being idle. */
  readonly concurrency: number;
  /** SHA-256 of the weights file; null for the built-in weights. */
  readonly weightsSha256: string | null;
  /** The model on this thread. */
  readonly classifier: CommandClassifier;
}

/**
 * Makes the classifier that `--weights`, `--inference`, `--effort`, `--variant` and `--confidence` ask for, hands it
 * to `use`, and disposes of it.
 *
 * @throws FileError when the weights file cannot be read or is no weights file
 * @throws UsageError when `--inference`, `--effort`, `--variant` or `--confidence` names none, or one that the variant lacks
 */
export async function withClassifier<Result>(
  invocation: Invocation,
  environment: Environment,
  use: Use<CommandClassifier, Result>,
): Promise<Result> {
  return await withSettings(invocation, environment, ({ classifier }) => use(classifier));
}

/**
 * As `withClassifier`, but for tasks, on this thread where one worker is wanted and on threads of their own otherwise.
 * The threads have ended when this settles, whether or not `use` threw.
 *
 * @param workers the most threads, from 1
 * @param keepThisThreadFree whether one worker, too, gets a thread of its own: then this one hears of signals during a task
 */
export async function withWorkforce<Result>(
  invocation: Invocation,
  environment: Environment,
  workers: number,
  use: Use<Workforce, Result>,
  { keepThisThreadFree = false } = {},
): Promise<Result> {
  return await withSettings(invocation, environment, async ({ classifier, settings, progress }) => {
    const { classes, confidence } = classifier;
    const { weights } = settings;
    const weightsSha256 = weights === undefined ? null : createHash("sha256").update(weights).digest("hex");
    const model = { classes, confidence, weightsSha256, classifier };
    if (workers === 1 && !keepThisThreadFree) {
      return await use({ ...model, tasks: new ClassifierTasks(classifier), concurrency: 1 });
    }
    const threads = await environment.createThreads(workers, settings, (done, total) => progress.report(done, total));
    try {
      // Twice as many as workers, so that the next task is there when one is done.
      return await use({ ...model, tasks: threads, concurrency: 2 * workers });
    } finally {
      await threads.dispose();
    }
  });
}

/** A classifier, what it was made with, and where preparations are shown. */
interface Made {
  readonly classifier: CommandClassifier;
  readonly settings: ClassifierSettings;
  readonly progress: Progress;
}

async function withSettings<Result>(
  invocation: Invocation,
  environment: Environment,
  use: Use<Made, Result>,
): Promise<Result> {
  const inference = invocation.inference();
  const effort = invocation.effort();
  const variant = invocation.variant();
  const confidence = invocation.confidence();
  if (variant === "binary-abs" && confidence === "calibrated") {
    throw new UsageError("--confidence calibrated is not for --variant binary-abs, which has only paper");
  }
  const weightsPath = invocation.text("weights");
  const weights = weightsPath === undefined ? undefined : await readBoundedFile(weightsPath);
  const settings: ClassifierSettings = {
    ...(weights === undefined ? {} : { weights }),
    ...(inference === undefined ? {} : { inference }),
    ...(effort === undefined ? {} : { effort }),
    ...(variant === undefined ? {} : { variant }),
    ...(confidence === undefined ? {} : { confidence }),
  };
  // The paper's inference prepares itself at the first image, so this goes on while the classifier is used.
  const progress = startProgress(environment, "preparing");
  try {
    const classifier = await environment
      .createClassifier({ ...settings, onProgress: (done, total) => progress.report(done, total) })
      .catch((error: unknown) => {
        throw weightsPath === undefined ? error : new FileError(weightsPath, messageOf(error), { cause: error });
      });
    try {
      return await use({ classifier, settings, progress });
    } finally {
      classifier.dispose();
    }
  } finally {
    progress.stop();
  }
}
