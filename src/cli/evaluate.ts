import { pMapIterable } from "p-map";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { CORRUPTION_NAMES, CORRUPTIONS } from "../corruptions/corrupt.ts";
import {
  CHOSEN_IMAGES_OPTIONS,
  checkLabels,
  measuredSettings,
  readChosenImages,
  sha256OfData,
} from "./chosen-images.ts";
import { type Command, type Invocation, MODEL_OPTIONS, UsageError, WORKERS_OPTION } from "./command.ts";
import { type Corruptions, corruptionLines, meanScores, scoreCorruptions } from "./corruption-scores.ts";
import { DONE, type Environment, printJson, printLines, printTable } from "./environment.ts";
import type { EvaluationSettings } from "./evaluation-shards.ts";
import { type Workforce, withWorkforce } from "./load-classifier.ts";
import type { LabelledImages } from "./mnist-files.ts";
import { type Progress, startProgress } from "./progress.ts";
import { scoreLines } from "./score-lines.ts";
import { ScoreBoard, scoresOf, type Tally } from "./scores.ts";
import type { ImageRange } from "./shards.ts";
import { scoreStrings, stringLines } from "./string-scores.ts";
import type { TimedBatch } from "./tasks.ts";

/** Images classified between two reports of progress. */
const LONGEST_CHUNK = 50;
const CHUNKS_PER_WORKER = 4;

/** `abs evaluate`: measures accuracy on a labelled data set. */
export const evaluateCommand: Command = {
  name: "evaluate",
  usage: "--data DIR",
  summary: "measure accuracy, rejections and time on MNIST-like files",
  positionals: { least: 0, most: 0 },
  options: {
    ...CHOSEN_IMAGES_OPTIONS,
    corruptions: { description: "under fifteen kinds of corruption after MNIST-C instead of as they are" },
    corruption: { value: "NAMES", description: "under these kinds only, a comma between names" },
    strings: {
      value: "N",
      description:
        "instead read N strings of digits of each kind, spaced, touching and overlapping, and sheets with junk",
    },
    seed: { value: "N", description: "which noise, strokes and strings are drawn (default: 0)" },
    ...WORKERS_OPTION,
    ...MODEL_OPTIONS,
  },
  examples: [
    "abs evaluate --data mnist --limit 1000",
    "abs evaluate --data mnist --split train --workers auto --json",
    "abs evaluate --data mnist --shard 0/8 --json > 0.json",
    "abs evaluate --data mnist --limit 1000 --corruptions",
    "abs evaluate --data mnist --strings 100",
  ],
  run: evaluateSplit,
};

async function evaluateSplit(invocation: Invocation, environment: Environment): Promise<number> {
  const wanted = invocation.workers();
  const corruption = corruptionsOf(invocation);
  const { directory, split, data, whole, range, shard } = await readChosenImages(invocation);
  const { start, stop } = range;
  const dataSha256 = sha256OfData(data);
  const strings = stringsOf(invocation);
  if (strings !== undefined) {
    await withWorkforce(invocation, environment, 1, ({ classifier, ...workforce }) => {
      checkLabels(data, range, classifier.classes.length);
      const scores = scoreStrings(classifier, data, range, strings, startProgress(environment, "reading"));
      if (invocation.flag("json")) {
        const settings = {
          ...measuredSettings(invocation, environment, { split, dataSha256, weightsSha256: workforce.weightsSha256 }),
          confidence: workforce.confidence,
        };
        printJson(environment, {
          data: directory,
          ...settings,
          offset: whole.start,
          seed: strings.seed,
          strings: scores,
        });
        return;
      }
      printTable(environment, [
        ...stringLines(scores),
        "",
        `${strings.count} strings of each kind, seed ${strings.seed}`,
      ]);
    });
    return DONE;
  }
  const chunk = chunkLength(stop - start, wanted);
  const chunks = Array.from({ length: Math.ceil((stop - start) / chunk) }, (_, index) => {
    const from = start + index * chunk;
    return { start: from, stop: Math.min(stop, from + chunk) };
  });
  const workers = Math.min(wanted, chunks.length * (corruption?.kinds.length ?? 1));
  const settingsOf = (found: Pick<Workforce, "confidence" | "weightsSha256">): EvaluationSettings => ({
    ...measuredSettings(invocation, environment, { split, dataSha256, weightsSha256: found.weightsSha256 }),
    confidence: found.confidence,
  });

  if (corruption !== undefined) {
    const { seed } = corruption;
    await withWorkforce(invocation, environment, workers, async (workforce) => {
      const progress = startProgress(environment, "evaluating");
      checkLabels(data, range, workforce.classes.length);
      const scores = await scoreCorruptions(workforce, data, chunks, corruption, progress);
      if (!invocation.flag("json")) {
        printTable(environment, [...corruptionLines(scores), "", `${stop - start} images of each kind, seed ${seed}`]);
        return;
      }
      const counts = { offset: whole.start, images: stop - start, workers };
      const mean = meanScores(scores);
      printJson(environment, { data: directory, ...settingsOf(workforce), ...counts, seed, corruptions: scores, mean });
    });
    return DONE;
  }

  const found = await withWorkforce(invocation, environment, workers, async (workforce) => {
    const board = await tallyChunks(workforce, data, chunks, startProgress(environment, "evaluating"));
    return { settings: settingsOf(workforce), ...board };
  });
  const { tally, imagesPerSecond, settings } = found;
  const scores = scoresOf(tally);

  if (invocation.flag("json")) {
    printJson(environment, {
      data: directory,
      ...settings,
      offset: whole.start,
      workers,
      timedOverChunksOf: chunk,
      ...scores,
      imagesPerSecond,
      ...(shard === undefined ? {} : { shard, of: whole, tally }),
    });
  } else {
    printLines(environment, scoreLines(scores, { workers, chunk, imagesPerSecond }, environment.stdout.columns));
  }
  return DONE;
}

/** What the command line says of strings, undefined where it wants none. @throws UsageError */
function stringsOf(invocation: Invocation): { count: number; seed: number } | undefined {
  const count = invocation.wholeNumber("strings", undefined, 1);
  if (count === undefined) return undefined;
  for (const other of ["corruptions", "corruption", "shard", "workers"]) {
    if (invocation.flag(other) || invocation.text(other) !== undefined) {
      throw new UsageError(`--strings and --${other} exclude each other`);
    }
  }
  return { count, seed: invocation.seed() };
}

/** What the command line says of corruptions, undefined where it wants none. @throws UsageError */
function corruptionsOf(invocation: Invocation): Corruptions | undefined {
  const names = invocation.names("corruption", CORRUPTION_NAMES);
  const isWanted = invocation.flag("corruptions") || names !== undefined;
  const seed = invocation.seed();
  if (!isWanted) {
    const isForStrings = invocation.text("strings") !== undefined;
    if (invocation.text("seed") !== undefined && !isForStrings) {
      throw new UsageError("--seed is for --corruptions and --strings only");
    }
    return undefined;
  }
  if (invocation.text("shard") !== undefined) {
    throw new UsageError("--shard and --corruptions exclude each other; --offset and --limit take parts of the images");
  }
  return { kinds: CORRUPTIONS.filter(({ name }) => names?.includes(name) ?? true), seed };
}

/** Images per chunk. Several workers get smaller ones if need be, so that they come to an end at about the same time. */
function chunkLength(images: number, workers: number): number {
  return workers === 1 ? LONGEST_CHUNK : Math.min(LONGEST_CHUNK, Math.ceil(images / (CHUNKS_PER_WORKER * workers)));
}

interface TimedTally {
  readonly tally: Tally;
  /** Images per second, from handing out the first chunk to the last answer: the start of threads is included. */
  readonly imagesPerSecond: number;
}

async function tallyChunks(
  { classes, tasks, concurrency }: Workforce,
  { images, labels }: LabelledImages,
  chunks: readonly ImageRange[],
  progress: Progress,
): Promise<TimedTally> {
  const board = new ScoreBoard(classes);
  const total = chunks.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const began = performance.now();
  let done = 0;
  const classify = async ({ start, stop }: ImageRange): Promise<TimedBatch & ImageRange> => ({
    ...(await tasks.classifyBatch(images.subarray(start * IMAGE_PIXELS, stop * IMAGE_PIXELS))),
    start,
    stop,
  });
  try {
    const answers = pMapIterable(chunks, classify, { concurrency });
    for await (const { classifications, milliseconds, start, stop } of answers) {
      classifications.forEach((classification, index) => {
        const place = start + index;
        board.add(place, classification, labels[place] as number, milliseconds / (stop - start));
      });
      done += stop - start;
      progress.report(done, total);
    }
  } finally {
    progress.stop();
  }
  return { tally: board.tally(), imagesPerSecond: (1000 * total) / (performance.now() - began) };
}
