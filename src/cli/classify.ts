import { pMapIterable } from "p-map";
import { shownText } from "../arguments/printable.ts";
import { messageOf } from "../files/file-error.ts";
import { readStandardInput, STANDARD_INPUT } from "../files/read-standard-input.ts";
import type { Found } from "../image/preprocess.ts";
import type { Classification } from "../results.ts";
import { colourDepth } from "./colour-depth.ts";
import { type Command, type Invocation, MODEL_OPTIONS, RANGE_OPTIONS, WORKERS_OPTION } from "./command.ts";
import { columnsOf, DONE, type Environment, FAILED, printDrawing, printJson, printLines } from "./environment.ts";
import { FRAME_OPTIONS, frameMode } from "./frame-options.ts";
import { checkStandardInput, type Failure, type ImageSource, printFailure, sourcesOf, titleOf } from "./image-files.ts";
import { withWorkforce } from "./load-classifier.ts";
import { renderPictures } from "./picture.ts";
import type { ClassifiedFrame, ClassifiedRange, FrameRange, Tasks } from "./tasks.ts";

const DEFAULT_PICTURES = 3;
/** Frames of a file that one worker classifies before the next takes over. */
const LONGEST_RANGE = 50;

/** `abs classify`: names the digit in each image. */
export const classifyCommand: Command = {
  name: "classify",
  usage: "FILE…",
  summary: "name the digit in pictures, in the pictures of a folder or in idx files; - is standard input",
  positionals: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    ...MODEL_OPTIONS,
    ...FRAME_OPTIONS,
    ...RANGE_OPTIONS,
    ...WORKERS_OPTION,
    pictures: { value: "N", description: `draw the first N images of each file (default: ${DEFAULT_PICTURES})` },
  },
  examples: [
    "abs classify three.jpg",
    "abs classify t10k-images-idx3-ubyte.gz --limit 20 --json",
    "abs classify scans --workers auto",
    "convert page.tif png:- | abs classify -",
  ],
  run: classifyFiles,
};

async function classifyFiles(invocation: Invocation, environment: Environment): Promise<number> {
  const json = invocation.flag("json");
  const mode = frameMode(invocation);
  const offset = invocation.wholeNumber("offset", 0);
  const limit = invocation.wholeNumber("limit", Number.POSITIVE_INFINITY, 1);
  const pictures = invocation.wholeNumber("pictures", DEFAULT_PICTURES);
  checkStandardInput(invocation.positionals);
  const results: object[] = [];
  const failures: Failure[] = [];

  await withWorkforce(invocation, environment, invocation.workers(), async ({ tasks, concurrency }) => {
    const wanted = (file: string): FrameRange => ({
      file,
      mode,
      from: offset,
      to: offset + limit,
      drawTo: json ? 0 : offset + pictures,
    });
    const begin = async ({ file, failure }: ImageSource): Promise<Begun> => {
      if (failure !== undefined) return { range: wanted(file), first: { count: 0, frames: [], failure } };
      return file === STANDARD_INPUT
        ? await classifyStandardInput(tasks, wanted(file), environment)
        : await classifyFirst(tasks, wanted(file));
    };
    for await (const begun of pMapIterable(sourcesOf(invocation.positionals), begin, { concurrency })) {
      const { file } = begun.range;
      const name = titleOf(file);
      for await (const { frames, count, failure } of withRest(tasks, begun, concurrency)) {
        for (const frame of frames) {
          if (json) results.push(asDocument(file, frame));
          else printFrame(environment, count === 1 ? name : `${name} [${frame.index}]`, frame);
        }
        if (failure === undefined) continue;
        failures.push({ file, error: failure });
        printFailure(environment, "abs classify", { file, error: failure });
        break;
      }
    }
  });
  if (json) printJson(environment, { results, failures });
  return failures.length === 0 ? DONE : FAILED;
}

/** A file of which the first frames are classified. */
interface Begun {
  readonly range: FrameRange;
  readonly first: ClassifiedRange;
}

async function classifyStandardInput(tasks: Tasks, range: FrameRange, { stdin }: Environment): Promise<Begun> {
  try {
    return await classifyFirst(tasks, { ...range, content: await readStandardInput(stdin) });
  } catch (error) {
    return { range, first: { count: 0, frames: [], failure: messageOf(error) } };
  }
}

/** Classifies the first frames of a range, since how many there are is known only once the file is read. */
async function classifyFirst(tasks: Tasks, range: FrameRange): Promise<Begun> {
  const { file, from, to } = range;
  const first = await tasks.classifyFrames({ ...range, to: Math.min(to, from + LONGEST_RANGE) });
  if (first.failure !== undefined || from < first.count) return { range, first };
  const failure = `${shownText(titleOf(file))}: has ${first.count} images; --offset ${from} skips them all`;
  return { range, first: { ...first, failure } };
}

/** The first frames, and then the others as they are classified, in the file's order. */
async function* withRest(tasks: Tasks, { range, first }: Begun, concurrency: number): AsyncGenerator<ClassifiedRange> {
  yield first;
  const ranges = rangesAfterFirst(range, Math.min(range.to, first.count));
  yield* pMapIterable(ranges, (rest) => tasks.classifyFrames(rest), { concurrency });
}

function* rangesAfterFirst(range: FrameRange, end: number): Generator<FrameRange> {
  for (let from = range.from + LONGEST_RANGE; from < end; from += LONGEST_RANGE) {
    yield { ...range, from, to: Math.min(end, from + LONGEST_RANGE) };
  }
}

function asDocument(file: string, { index, found, classification }: ClassifiedFrame): object {
  const { label, name, rejected, confidence, probabilities, losses, evaluations } = classification;
  return {
    file,
    frame: index,
    label,
    name,
    rejected,
    confidence,
    probabilities,
    losses,
    evaluations,
    preprocessed: found !== undefined,
    ...found,
  };
}

function printFrame(
  environment: Environment,
  title: string,
  { classification, found, drawing }: ClassifiedFrame,
): void {
  printLines(environment, [`${title}: ${verdict(classification, found?.found)}`]);
  if (drawing === undefined) return;
  printDrawing(
    environment,
    renderPictures(
      [
        { title: "seen", values: drawing.seen },
        { title: `redrawn as ${classification.name}`, values: drawing.redrawn },
      ],
      { colour: colourDepth(environment), columns: columnsOf(environment) },
    ),
  );
}

/**
 * A classification in a few words.
 *
 * @param found what preprocessing found in the picture, undefined where the image was taken as it is
 */
export function verdict({ name, confidence, rejected }: Classification, found?: Found): string {
  const percent = `${(100 * confidence).toFixed(1)} %`;
  const answer = rejected
    ? `not recognised (nearest ${name}, confidence ${percent})`
    : `${name} (confidence ${percent})`;
  return besideFound(answer, found);
}

/** An answer about an image, with what has to be said of the picture in which preprocessing found it. */
export function besideFound(answer: string, found?: Found): string {
  if (found === "nothing") return "nothing drawn";
  return found === "several" ? `${answer}; several things are drawn, this is the heaviest` : answer;
}
