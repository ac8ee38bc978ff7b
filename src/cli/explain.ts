import { FileError } from "../files/file-error.ts";
import { listPictures } from "../files/list-pictures.ts";
import { readStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "../files/read-standard-input.ts";
import type { Explanation } from "../results.ts";
import { verdict } from "./classify.ts";
import { colourDepth } from "./colour-depth.ts";
import { type Command, type Invocation, MODEL_OPTIONS, UsageError } from "./command.ts";
import { columnsOf, DONE, type Environment, printDrawing, printJson, printLines, printTable } from "./environment.ts";
import { FRAME_OPTIONS, frameMode } from "./frame-options.ts";
import { openFrames } from "./frame-source.ts";
import { withClassifier } from "./load-classifier.ts";
import { renderPictures, SIGNS } from "./picture.ts";

/** `abs explain`: shows how every class redraws an image, and what decides between the best two. */
export const explainCommand: Command = {
  name: "explain",
  usage: "FILE",
  summary: "show how every digit's model redraws an image and what decides; - is standard input",
  positionals: { least: 1, most: 1 },
  options: {
    ...MODEL_OPTIONS,
    ...FRAME_OPTIONS,
    frame: { value: "N", description: "which image of an idx file or a folder, counted from 0 (default: 0)" },
  },
  examples: ["abs explain seven.png", "abs explain t10k-images-idx3-ubyte.gz --frame 8", "abs explain scans --frame 2"],
  run: explainFile,
};

async function explainFile(invocation: Invocation, environment: Environment): Promise<number> {
  const [path] = invocation.positionals;
  if (path === undefined) throw new UsageError("missing argument: FILE");
  const mode = frameMode(invocation);
  const { file, index } = await chosenImage(path, invocation.wholeNumber("frame", 0));
  await withClassifier(invocation, environment, async (classifier) => {
    const content = file === STANDARD_INPUT ? await readStandardInput(environment.stdin) : undefined;
    const title = content === undefined ? file : STANDARD_INPUT_NAME;
    const frames = await openFrames(file, mode, content);
    if (index >= frames.count) {
      throw new FileError(title, `has ${frames.count} images; there is no image ${index}`);
    }
    const { image: given, found } = frames.at(index);
    const explanation = classifier.explain(given);
    const nameOf = (label: number): string => classifier.classes[label] ?? String(label);
    const classes = explanation.classes.map((entry, label) => ({ name: nameOf(label), ...entry }));

    if (invocation.flag("json")) {
      const preprocessed = found !== undefined;
      printJson(environment, { file, frame: index, ...explanation, classes, preprocessed, ...found });
      return;
    }
    const style = { colour: colourDepth(environment), columns: columnsOf(environment) };
    const runnerUp = nameOf(explanation.runnerUp);
    const [forIt, againstIt] = SIGNS[style.colour];
    const width = Math.max(5, ...classes.map(({ name }) => name.length));
    const ranked = classes.toSorted((one, other) => one.loss - other.loss);
    printLines(environment, [
      `${title}: ${verdict(explanation, found?.found)}; runner-up ${runnerUp}; ${explanation.evaluations} evaluations`,
      ...radiusLines(explanation.radiusEstimate),
      "",
    ]);
    const isFitted = classes.some(({ gain, offset }) => gain !== 1 || offset !== 0);
    const fitted = (gain: string, offset: string): string =>
      isFitted ? `${gain.padEnd(6)}${offset.padStart(6)}  ` : "";
    printTable(environment, [
      `${"class".padEnd(width)}  loss     ${fitted("gain", "offset")}latent`,
      ...ranked.map(
        ({ name, loss, gain, offset, latent }) =>
          `${name.padEnd(width)}  ${loss.toFixed(5)}  ${fitted(gain.toFixed(2), offset.toFixed(2))}${Array.from(latent, (value) => value.toFixed(2).padStart(6)).join("")}`,
      ),
      "",
    ]);
    printDrawing(
      environment,
      renderPictures(
        [
          { title: "seen", values: explanation.image },
          { title: `${explanation.name} over ${runnerUp}`, values: explanation.advantage, signed: true },
          ...ranked.map(({ name, loss, reconstruction }) => ({
            title: `as ${name}, loss ${loss.toFixed(4)}`,
            values: reconstruction,
          })),
        ],
        style,
      ),
    );
    printLines(environment, [
      `Where ${explanation.name} redraws the image better than ${runnerUp}: ${forIt} for, ${againstIt} against.`,
    ]);
  });
  return DONE;
}

/** The file that has the image with this number, and its number in there: a folder has one for each picture. */
async function chosenImage(path: string, index: number): Promise<{ file: string; index: number }> {
  const pictures = path === STANDARD_INPUT ? undefined : await listPictures(path);
  if (pictures === undefined) return { file: path, index };
  const file = pictures[index];
  if (file === undefined) throw new FileError(path, `has ${pictures.length} pictures; there is no picture ${index}`);
  return { file, index: 0 };
}

/** The estimate in words that do not promise a bound. */
function radiusLines(estimate: Explanation["radiusEstimate"]): string[] {
  if (estimate === undefined) return [];
  const { l2, linf } = estimate;
  return [
    `estimated radius (no bound: it trusts the searches): ${l2.toFixed(2)} in L2, ${linf.toFixed(3)} in L∞ until the label changes`,
  ];
}
