import { availableParallelism } from "node:os";
import { pMapIterable } from "p-map";
import { IMAGE_PIXELS } from "../weights/decoderShape.ts";
import { type Command, type Invocation, MODEL_OPTIONS, RANGE_OPTIONS, UsageError, WORKERS_OPTION } from "./command.ts";
import { DONE, type Environment, printJson, printLines } from "./environment.ts";
import { type Workforce, withWorkforce } from "./load-classifier.ts";
import { type LabelledImages, readSplit, SPLITS } from "./mnist-files.ts";
import { type Progress, startProgress } from "./progress.ts";
import { ScoreBoard, type Scores } from "./scores.ts";
import type { TimedBatch } from "./tasks.ts";

/** Images classified between two reports of progress. */
const LONGEST_CHUNK = 50;
const CHUNKS_A_WORKER = 4;

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
    ...WORKERS_OPTION,
    ...MODEL_OPTIONS,
  },
  examples: ["abs evaluate --data mnist --limit 1000", "abs evaluate --data mnist --split train --workers auto --json"],
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
  const wanted = invocation.workers();
  const data = await readSplit(directory, split);
  if (offset >= data.count) throw new UsageError(`--offset ${offset} skips all ${data.count} images`);
  const end = Math.min(data.count, offset + limit);
  const chunk = chunkLength(end - offset, wanted);
  const chunks = Array.from({ length: Math.ceil((end - offset) / chunk) }, (_, index) => {
    const start = offset + index * chunk;
    return { start, stop: Math.min(end, start + chunk) };
  });
  const workers = Math.min(wanted, chunks.length);

  const scores = await withWorkforce(invocation, environment, workers, async (workforce) => {
    const board = await scoreChunks(workforce, data, chunks, startProgress(environment, "evaluating"));
    return { confidence: workforce.confidence, ...board };
  });

  if (invocation.flag("json")) {
    printJson(environment, {
      data: directory,
      split,
      offset,
      inference,
      effort,
      variant,
      workers,
      timedOverChunksOf: chunk,
      ...scores,
    });
  } else {
    printLines(environment, scoreLines(scores, workers, chunk));
  }
  return DONE;
}

/** Images a chunk. Several workers get smaller ones if need be, so that they come to an end at about the same time. */
function chunkLength(images: number, workers: number): number {
  return workers === 1 ? LONGEST_CHUNK : Math.min(LONGEST_CHUNK, Math.ceil(images / (CHUNKS_A_WORKER * workers)));
}

interface Chunk {
  readonly start: number;
  readonly stop: number;
}

interface TimedScores extends Scores {
  /** Images a second from handing out the first chunk to the last answer: the start of threads is included. */
  readonly imagesPerSecond: number;
}

async function scoreChunks(
  { classes, tasks, concurrency }: Workforce,
  { images, labels }: LabelledImages,
  chunks: readonly Chunk[],
  progress: Progress,
): Promise<TimedScores> {
  const board = new ScoreBoard(classes);
  const total = chunks.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const began = performance.now();
  let done = 0;
  const classify = async ({ start, stop }: Chunk): Promise<TimedBatch & Chunk> => ({
    ...(await tasks.classifyBatch(images.subarray(start * IMAGE_PIXELS, stop * IMAGE_PIXELS))),
    start,
    stop,
  });
  try {
    const answers = pMapIterable(chunks, classify, { concurrency });
    for await (const { classifications, milliseconds, start, stop } of answers) {
      classifications.forEach((classification, index) => {
        board.add(classification, labels[start + index] as number, milliseconds / (stop - start));
      });
      done += stop - start;
      progress.report(done, total);
    }
  } finally {
    progress.stop();
  }
  return { ...board.scores(), imagesPerSecond: (1000 * total) / (performance.now() - began) };
}

function scoreLines(scores: TimedScores, workers: number, chunk: number): string[] {
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
    `time         ${median.toFixed(2)} ms an image${workers === 1 ? "" : " on its worker's clock"} (median), ${p99.toFixed(2)} ms (99th percentile), over chunks of ${chunk}`,
    `throughput   ${scores.imagesPerSecond.toFixed(0)} images a second with ${workersOnCores(workers)}`,
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

function workersOnCores(workers: number): string {
  const cores = availableParallelism();
  if (workers === 1) return "1 worker";
  return `${workers} workers on ${cores === 1 ? "1 core" : `${cores} cores`}, their start included`;
}
