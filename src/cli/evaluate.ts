import { IMAGE_PIXELS } from "../weights/decoderShape.ts";
import { type Command, type Invocation, MODEL_OPTIONS, RANGE_OPTIONS, UsageError } from "./command.ts";
import { DONE, type Environment, printJson, printLines } from "./environment.ts";
import { withClassifier } from "./load-classifier.ts";
import { readSplit, SPLITS } from "./mnist-files.ts";
import { startProgress } from "./progress.ts";
import { ScoreBoard, type Scores } from "./scores.ts";

/** Images classified between two reports of progress. */
const CHUNK = 50;

/** `abs evaluate`: measures accuracy on a labelled data set. */
export const evaluateCommand: Command = {
  name: "evaluate",
  usage: "--data DIR",
  summary: "measure accuracy, rejections and time on MNIST-like files",
  positionals: { least: 0, most: 0 },
  options: {
    data: { value: "DIR", description: "directory with t10k-… and train-…-ubyte files, gzip or not" },
    split: { value: "NAME", description: `${SPLITS.join(" or ")} (default: test)` },
    ...RANGE_OPTIONS,
    ...MODEL_OPTIONS,
  },
  examples: ["abs evaluate --data mnist --limit 1000", "abs evaluate --data mnist --split train --json"],
  run: evaluateSplit,
};

async function evaluateSplit(invocation: Invocation, environment: Environment): Promise<number> {
  const directory = invocation.requiredText("data", "DIR");
  const split = invocation.choice("split", SPLITS) ?? "test";
  const offset = invocation.wholeNumber("offset", 0);
  const limit = invocation.wholeNumber("limit", Number.POSITIVE_INFINITY, 1);
  const inference = invocation.inference() ?? "race";
  const effort = invocation.effort() ?? "standard";
  const variant = invocation.variant() ?? "abs";
  const { count, images, labels } = await readSplit(directory, split);
  if (offset >= count) throw new UsageError(`--offset ${offset} skips all ${count} images`);
  const end = Math.min(count, offset + limit);

  const scores = await withClassifier(invocation, environment, (classifier) => {
    const board = new ScoreBoard(classifier.classes);
    const progress = startProgress(environment, "evaluating");
    try {
      for (let start = offset; start < end; start += CHUNK) {
        const stop = Math.min(end, start + CHUNK);
        const began = performance.now();
        const classifications = classifier.classifyBatch(images.subarray(start * IMAGE_PIXELS, stop * IMAGE_PIXELS));
        const milliseconds = (performance.now() - began) / (stop - start);
        classifications.forEach((classification, index) => {
          board.add(classification, labels[start + index] as number, milliseconds);
        });
        progress.report(stop - offset, end - offset);
      }
    } finally {
      progress.stop();
    }
    return { confidence: classifier.confidence, ...board.scores() };
  });

  if (invocation.flag("json")) {
    printJson(environment, {
      data: directory,
      split,
      offset,
      inference,
      effort,
      variant,
      timedOverChunksOf: CHUNK,
      ...scores,
    });
  } else {
    printLines(environment, scoreLines(scores));
  }
  return DONE;
}

function scoreLines(scores: Scores): string[] {
  const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(2)} %`);
  const names = scores.classes.map(({ name }) => name);
  const width =
    2 + Math.max(5, ...names.map((name) => name.length), ...scores.confusion.flat().map((n) => `${n}`.length));
  const cells = (values: readonly (string | number)[]): string =>
    values.map((value) => `${value}`.padStart(width)).join("");
  const { low, high } = scores.interval;
  const { median, p99 } = scores.millisecondsPerImage;
  return [
    `accuracy     ${percent(scores.accuracy)} (${scores.correct} of ${scores.images}; 95 % interval ${percent(low)} to ${percent(high)})`,
    `rejected     ${percent(scores.rejected.share)} (${scores.rejected.images})`,
    `evaluations  ${scores.meanEvaluations.toFixed(1)} an image`,
    `time         ${median.toFixed(2)} ms an image (median), ${p99.toFixed(2)} ms (99th percentile), over chunks of ${CHUNK}`,
    "",
    "confusion (rows are true classes, columns answers)",
    cells(["", ...names]),
    ...scores.confusion.map((row, label) => cells([names[label] ?? "", ...row])),
    "",
    `${cells(["class", "images"])}${"precision".padStart(12)}${"recall".padStart(12)}`,
    ...scores.classes.map(
      ({ name, images, precision, recall }) =>
        `${cells([name, images])}${percent(precision).padStart(12)}${percent(recall).padStart(12)}`,
    ),
  ];
}
