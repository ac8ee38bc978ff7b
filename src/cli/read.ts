import { messageOf } from "../files/file-error.ts";
import { decodeImageFile, readImageFile } from "../files/read-image-file.ts";
import { readStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "../files/read-standard-input.ts";
import { writeWholeFile } from "../files/write-whole-file.ts";
import type { PixelImage } from "../image/pixel-image.ts";
import { type Reading, readDigits } from "../reading/read-digits.ts";
import { drawBoxes, type NamedBox, renderBoxes } from "./boxed-picture.ts";
import { colourDepth } from "./colour-depth.ts";
import { type Command, type Invocation, MODEL_OPTIONS, UsageError } from "./command.ts";
import { columnsOf, DONE, type Environment, FAILED, printDrawing, printJson, printLines } from "./environment.ts";
import { checkFilesKept } from "./files-kept.ts";
import { checkStandardInput, type Failure, printFailure, sourcesOf, titleOf } from "./image-files.ts";
import { withClassifier } from "./load-classifier.ts";

/** `abs read`: reads all digits in a picture. */
export const readCommand: Command = {
  name: "read",
  usage: "FILE…",
  summary: "read the numbers in pictures, or in those of a folder, also where digits touch; - is standard input",
  positionals: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    ...MODEL_OPTIONS,
    out: {
      value: "PNG",
      description:
        "write the picture there, of several in the file the first, with a box around each digit; for one file only",
    },
  },
  examples: ["abs read meter.jpg", "abs read form.png --out read.png", "abs read scans --json"],
  run: readFiles,
};

async function readFiles(invocation: Invocation, environment: Environment): Promise<number> {
  const json = invocation.flag("json");
  const out = invocation.fileToWrite("out", "PNG");
  const effort = invocation.effort();
  const results: object[] = [];
  const failures: Failure[] = [];
  checkStandardInput(invocation.positionals);
  await withClassifier(invocation, environment, async (classifier) => {
    const files: string[] = [];
    const fail = (failure: Failure): void => {
      failures.push(failure);
      printFailure(environment, "abs read", failure);
    };
    for await (const { file, failure } of sourcesOf(invocation.positionals)) {
      if (failure === undefined) files.push(file);
      else fail({ file, error: failure });
    }
    if (out !== undefined && files.length > 1) throw new UsageError(`--out is for one file, got ${files.length}`);
    const [only] = files;
    if (out !== undefined && only !== undefined) {
      await checkFilesKept(invocation, { option: "out", target: out, image: only, words: "read" });
    }
    for (const file of files) {
      try {
        const { frames } =
          file === STANDARD_INPUT
            ? await decodeImageFile(STANDARD_INPUT_NAME, await readStandardInput(environment.stdin))
            : await readImageFile(file);
        for (let frame = 0; frame < frames.length; ++frame) {
          const picture = frames.at(frame) as PixelImage;
          const reading = readDigits(picture, { classifier, ...(effort === undefined ? {} : { effort }) });
          const drawnTo = frame === 0 ? out : undefined;
          if (drawnTo !== undefined) await writeWholeFile(drawnTo, drawBoxes(picture, boxesOf(reading)));
          const title = titleOf(file);
          if (json) results.push({ file, frame, ...reading, ...(drawnTo === undefined ? {} : { out: drawnTo }) });
          else printReading(environment, frames.length === 1 ? title : `${title} [${frame}]`, picture, reading);
        }
      } catch (error) {
        fail({ file, error: messageOf(error) });
      }
    }
  });
  if (json) printJson(environment, { results, failures });
  return failures.length === 0 ? DONE : FAILED;
}

function boxesOf({ lines, others }: Reading): NamedBox[] {
  return [
    ...others.map(({ box }) => ({ box, name: "?", isDigit: false })),
    ...lines.flatMap(({ digits }) => digits.map(({ box, name }) => ({ box, name, isDigit: true }))),
  ];
}

function printReading(environment: Environment, title: string, picture: PixelImage, reading: Reading): void {
  const { lines, others, ink, complete } = reading;
  if (lines.length === 0) printLines(environment, [`${title}: no digits`]);
  for (const { text, digits } of lines) {
    const least = Math.min(...digits.map(({ confidence }) => confidence));
    printLines(environment, [`${title}: ${text} (least confidence ${(100 * least).toFixed(1)} %)`]);
  }
  const rest = others.length === 1 ? "1 piece is no digit" : `${others.length} pieces are no digits`;
  if (others.length > 0) printLines(environment, [`${title}: ${rest}`]);
  if (!complete) printLines(environment, [`${title}: more to look at than this effort allows`]);
  const style = { colour: colourDepth(environment) !== "none", columns: columnsOf(environment) };
  if (lines.length > 0) printDrawing(environment, renderBoxes(picture, boxesOf(reading), ink === "bright", style));
}
