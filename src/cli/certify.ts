import { pMapIterable } from "p-map";
import { type Certificate, checkedSmoothing, SMOOTHING_BASES, type SmoothingOptions } from "../certify/smoothing.ts";
import { messageOf } from "../files/file-error.ts";
import { readStandardInput, STANDARD_INPUT } from "../files/read-standard-input.ts";
import { type CertifiedImage, certifiedLines, certifiedScores } from "./certified-scores.ts";
import { checkLabels, imageValues, measuredSettings, readChosenImages, sha256OfData } from "./chosen-images.ts";
import { besideFound } from "./classify.ts";
import {
  type Command,
  type Invocation,
  MODEL_OPTIONS,
  RANGE_OPTIONS,
  seedAt,
  UsageError,
  WORKERS_OPTION,
} from "./command.ts";
import { DONE, type Environment, FAILED, printJson, printLines } from "./environment.ts";
import { FRAME_OPTIONS, frameMode } from "./frame-options.ts";
import { type Frame, type FrameMode, openFrames } from "./frame-source.ts";
import { checkStandardInput, type Failure, printFailure, titleOf } from "./image-files.ts";
import { type Workforce, withWorkforce } from "./load-classifier.ts";
import { SPLITS } from "./mnist-files.ts";
import { startProgress } from "./progress.ts";
import { smoothingOptions } from "./smoothing-options.ts";
import type { Tasks, TimedCertificate } from "./tasks.ts";

/** `abs certify`: within which radius the label of the smoothed classifier cannot change. */
export const certifyCommand: Command = {
  name: "certify",
  usage: "FILE… | --data DIR",
  summary: "bound how far an image may change before the smoothed label can; - is standard input",
  positionals: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    sigma: { value: "X", description: "standard deviation of the noise on every pixel, up to 10 (default: 0.5)" },
    samples: { value: "N", description: "noisy copies on which a bound rests, up to 1000000 (default: 1000)" },
    alpha: { value: "X", description: "how often a bound may be wrong over the draw of the noise (default: 0.001)" },
    seed: { value: "N", description: "of the noise; image N takes the seed plus N (default: 0)" },
    base: {
      value: "NAME",
      description: `what labels copies: ${SMOOTHING_BASES.join(" or ")} (default: surrogates where the weights have them)`,
    },
    data: { value: "DIR", description: "certify a data set: t10k-… and train-…-ubyte files, gzip or not" },
    split: { value: "NAME", description: `of the data set, ${SPLITS.join(" or ")} (default: test)` },
    ...RANGE_OPTIONS,
    ...WORKERS_OPTION,
    ...FRAME_OPTIONS,
    ...MODEL_OPTIONS,
  },
  examples: [
    "abs certify three.png --sigma 0.25 --samples 10000",
    "abs certify --data mnist --limit 500 --workers auto",
    "abs certify --data mnist --sigma 0.25 --json > certified.json",
  ],
  run: certify,
};

async function certify(invocation: Invocation, environment: Environment): Promise<number> {
  const files = invocation.positionals;
  const directory = invocation.text("data");
  if ((directory === undefined) === (files.length === 0)) throw new UsageError("certify wants FILE… or --data DIR");
  const options = smoothingOptions(invocation);
  return directory === undefined
    ? await certifyFiles(files, options, invocation, environment)
    : await certifySplit(options, invocation, environment);
}

/** The options with their defaults, but for the base, which only the weights know where it is not given. */
function shownOptions(options: SmoothingOptions): SmoothingOptions {
  const { base, ...numbers } = checkedSmoothing(options, "surrogates");
  return options.base === undefined ? numbers : { ...numbers, base };
}

/** The options for the image at a place, so that images draw noise independently of each other. */
function optionsAt(options: SmoothingOptions, place: number): SmoothingOptions {
  return { ...options, seed: seedAt(options.seed ?? 0, place) };
}

/** An image in a file, certified. */
interface CertifiedFrame extends TimedCertificate {
  readonly file: string;
  readonly found: Frame["found"];
  readonly frame: number;
  readonly count: number;
}

async function certifyFiles(
  files: readonly string[],
  options: SmoothingOptions,
  invocation: Invocation,
  environment: Environment,
): Promise<number> {
  const mode = frameMode(invocation);
  const offset = invocation.wholeNumber("offset", 0);
  const limit = invocation.wholeNumber("limit", Number.POSITIVE_INFINITY, 1);
  if (invocation.text("split") !== undefined) throw new UsageError("--split is for --data");
  checkStandardInput(files);
  const json = invocation.flag("json");
  const results: object[] = [];
  const failures: Failure[] = [];
  await withWorkforce(invocation, environment, invocation.workers(), async ({ classes, tasks, concurrency }) => {
    const nameOf = (label: number): string => classes[label] ?? String(label);
    for (const file of files) {
      const name = titleOf(file);
      try {
        const content = file === STANDARD_INPUT ? await readStandardInput(environment.stdin) : undefined;
        const request = { file, content, mode, offset, limit, options };
        for await (const certified of certifyFrames(request, tasks, concurrency)) {
          const { certificate, milliseconds, frame, count, found } = certified;
          if (json) {
            const preprocessed = found !== undefined;
            const named = nameOf(certificate.label);
            results.push({ file, frame, name: named, ...certificate, milliseconds, preprocessed, ...found });
          } else {
            const title = count === 1 ? name : `${name} [${frame}]`;
            const answer = certificateText(certificate, nameOf(certificate.label));
            printLines(environment, [`${title}: ${besideFound(answer, found?.found)}`]);
          }
        }
      } catch (error) {
        const failure = { file, error: messageOf(error) };
        failures.push(failure);
        printFailure(environment, "abs certify", failure);
      }
    }
  });
  if (json) printJson(environment, { ...shownOptions(options), results, failures });
  return failures.length === 0 ? DONE : FAILED;
}

interface FramesRequest {
  readonly file: string;
  readonly content: Uint8Array | undefined;
  readonly mode: FrameMode;
  readonly offset: number;
  readonly limit: number;
  readonly options: SmoothingOptions;
}

async function* certifyFrames(
  { file, content, mode, offset, limit, options }: FramesRequest,
  tasks: Tasks,
  concurrency: number,
): AsyncGenerator<CertifiedFrame> {
  const source = await openFrames(file, mode, content);
  const { count } = source;
  if (offset >= count) throw new Error(`has ${count} images; --offset ${offset} skips them all`);
  const certifyFrame = async (frame: number): Promise<CertifiedFrame> => {
    const { image, found } = source.at(frame);
    return { ...(await tasks.certifyImage(image, optionsAt(options, frame))), file, frame, count, found };
  };
  yield* pMapIterable(places(offset, Math.min(count, offset + limit)), certifyFrame, { concurrency });
}

function* places(start: number, stop: number): Generator<number> {
  for (let place = start; place < stop; ++place) yield place;
}

function certificateText({ abstained, radius, lowerBound }: Certificate, name: string): string {
  const share = `${(100 * lowerBound).toFixed(1)} %`;
  if (abstained) return `nothing is certain (nearest ${name}, ${share} of noisy copies at least)`;
  return `${name} within L2 ${radius.toFixed(3)} (${share} of noisy copies at least)`;
}

async function certifySplit(
  options: SmoothingOptions,
  invocation: Invocation,
  environment: Environment,
): Promise<number> {
  for (const name of Object.keys(FRAME_OPTIONS)) {
    if (invocation.flag(name)) throw new UsageError(`--${name} is for image files, not for --data`);
  }
  const wanted = invocation.workers();
  const { directory, split, data, range } = await readChosenImages(invocation);
  const { start: offset, stop } = range;
  const workers = Math.min(wanted, stop - offset);
  const certified: CertifiedImage[] = [];
  const began = performance.now();
  const weightsSha256 = await withWorkforce(invocation, environment, workers, async (workforce: Workforce) => {
    const { tasks, concurrency, classes } = workforce;
    checkLabels(data, range, classes.length);
    const progress = startProgress(environment, "certifying");
    const certifyImage = async (image: number): Promise<CertifiedImage> => {
      const { certificate, milliseconds } = await tasks.certifyImage(
        imageValues(data, image),
        optionsAt(options, image),
      );
      return { image, truth: data.labels[image] as number, ...certificate, milliseconds };
    };
    try {
      for await (const found of pMapIterable(places(offset, stop), certifyImage, { concurrency })) {
        certified.push(found);
        progress.report(certified.length, stop - offset);
      }
    } finally {
      progress.stop();
    }
    return workforce.weightsSha256;
  });
  const seconds = (performance.now() - began) / 1000;
  const scores = certifiedScores(certified);
  if (invocation.flag("json")) {
    const measured = measuredSettings(invocation, environment, {
      split,
      dataSha256: sha256OfData(data),
      weightsSha256,
    });
    const settings = { ...shownOptions(options), offset, workers };
    printJson(environment, { data: directory, ...measured, ...settings, seconds, ...scores, results: certified });
  } else {
    printLines(environment, certifiedLines(scores));
  }
  return DONE;
}
