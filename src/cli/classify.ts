import type { Classification } from "../classifier.ts";
import { messageOf } from "../image/read/image-file-error.ts";
import { type Command, type Invocation, MODEL_OPTIONS, RANGE_OPTIONS } from "./command.ts";
import {
  type CommandClassifier,
  DONE,
  type Environment,
  FAILED,
  printJson,
  printLines,
  wantsColour,
} from "./environment.ts";
import { FRAME_OPTIONS, type Frame, frameMode, openFrames } from "./frames.ts";
import { withClassifier } from "./load-classifier.ts";
import { renderPictures } from "./picture.ts";

const DEFAULT_PICTURES = 3;

/** `abs classify`: names the digit in each image. */
export const classifyCommand: Command = {
  name: "classify",
  usage: "FILE…",
  summary: "name the digit in PNG, JPEG, PGM, PPM or idx files",
  positionals: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    ...MODEL_OPTIONS,
    ...FRAME_OPTIONS,
    ...RANGE_OPTIONS,
    pictures: { value: "N", description: `draw the first N images of each file (default: ${DEFAULT_PICTURES})` },
  },
  examples: ["abs classify three.jpg", "abs classify t10k-images-idx3-ubyte.gz --limit 20 --json"],
  run: classifyFiles,
};

interface Failure {
  readonly file: string;
  readonly error: string;
}

async function classifyFiles(invocation: Invocation, environment: Environment): Promise<number> {
  const json = invocation.flag("json");
  const mode = frameMode(invocation);
  const offset = invocation.wholeNumber("offset", 0);
  const limit = invocation.wholeNumber("limit", Number.POSITIVE_INFINITY, 1);
  const pictures = invocation.wholeNumber("pictures", DEFAULT_PICTURES);
  const results: object[] = [];
  const failures: Failure[] = [];

  await withClassifier(invocation, environment, async (classifier) => {
    for (const file of invocation.positionals) {
      try {
        const frames = await openFrames(file, mode);
        if (offset >= frames.count)
          throw new Error(`${file}: has ${frames.count} images; --offset ${offset} skips them all`);
        const end = Math.min(frames.count, offset + limit);
        for (let index = offset; index < end; index++) {
          const frame = frames.at(index);
          if (json) results.push(asDocument(file, index, frame, classifier.classify(frame.image)));
          else {
            const title = frames.count === 1 ? file : `${file} [${index}]`;
            printFrame(environment, classifier, title, frame, index - offset < pictures);
          }
        }
      } catch (error) {
        const message = messageOf(error);
        failures.push({ file, error: message });
        environment.stderr.write(`abs classify: ${message.startsWith(`${file}:`) ? message : `${file}: ${message}`}\n`);
      }
    }
  });
  if (json) printJson(environment, { results, failures });
  return failures.length === 0 ? DONE : FAILED;
}

function asDocument(file: string, index: number, frame: Frame, classification: Classification): object {
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
    preprocessed: frame.found !== undefined,
    ...frame.found,
  };
}

function printFrame(
  environment: Environment,
  classifier: CommandClassifier,
  title: string,
  frame: Frame,
  draw: boolean,
): void {
  if (!draw) {
    printLines(environment, [`${title}: ${verdict(classifier.classify(frame.image))}`]);
    return;
  }
  const explanation = classifier.explain(frame.image);
  const reconstruction = explanation.classes[explanation.label]?.reconstruction ?? new Float32Array(frame.image.length);
  printLines(environment, [
    `${title}: ${verdict(explanation)}`,
    ...renderPictures(
      [
        { title: "seen", values: explanation.image },
        { title: `redrawn as ${explanation.name}`, values: reconstruction },
      ],
      { colour: wantsColour(environment), columns: environment.stdout.columns ?? 80 },
    ),
  ]);
}

/** A classification in a few words. */
export function verdict({ name, confidence, rejected }: Classification): string {
  const percent = `${(100 * confidence).toFixed(1)} %`;
  return rejected ? `not recognised (nearest ${name}, confidence ${percent})` : `${name} (confidence ${percent})`;
}
