import { basename } from "node:path";
import { shown } from "../../arguments/shown.ts";
import { FileError } from "../../files/file-error.ts";
import { isSameFile } from "../../files/is-same-file.ts";
import { listPictures } from "../../files/list-pictures.ts";
import { readStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from "../../files/read-standard-input.ts";
import { writeWholeFile } from "../../files/write-whole-file.ts";
import type { Found } from "../../image/preprocess.ts";
import type { ClassExplanation, Explanation } from "../../results.ts";
import type { View } from "../../views.ts";
import { verdict } from "../classify.ts";
import { colourDepth } from "../colour-depth.ts";
import { type Command, type Invocation, MODEL_OPTIONS, UsageError } from "../command.ts";
import { columnsOf, DONE, type Environment, printDrawing, printJson, printLines, printTable } from "../environment.ts";
import { checkFilesKept } from "../files-kept.ts";
import { FRAME_OPTIONS, frameMode } from "../frame-options.ts";
import { openFrames } from "../frame-source.ts";
import { withClassifier } from "../load-classifier.ts";
import { renderPictures, SIGNS } from "../picture.ts";
import { commandLineText } from "../report/command-line.ts";
import { smoothingOptions } from "../smoothing-options.ts";
import { findingsOf } from "./findings.ts";
import { pageOf } from "./page.ts";
import { sheetOf } from "./sheet.ts";
import { thumbnail } from "./thumbnail.ts";

const DEFAULT_SIGMA = 0.25;
const DEFAULT_SAMPLES = 500;

/** `abs explain`: shows how every class redraws an image, and what decides between the best two. */
export const explainCommand: Command = {
  name: "explain",
  usage: "FILE",
  summary: "show how every digit's model redraws an image and what decides; - is standard input",
  positionals: { least: 1, most: 1 },
  options: {
    html: { value: "FILE", description: "write a report as one HTML page instead of drawing in the terminal" },
    png: { value: "FILE", description: "write the report as a picture; both may be asked for" },
    sigma: { value: "X", description: `noise of the certificate in a report (default: ${DEFAULT_SIGMA})` },
    samples: { value: "N", description: `noisy copies on which that rests (default: ${DEFAULT_SAMPLES})` },
    ...MODEL_OPTIONS,
    ...FRAME_OPTIONS,
    frame: { value: "N", description: "which image of an idx file or a folder, counted from 0 (default: 0)" },
  },
  examples: [
    "abs explain seven.png",
    "abs explain seven.png --html seven.html --png report.png",
    "abs explain t10k-images-idx3-ubyte.gz --frame 8",
    "abs explain scans --frame 2",
  ],
  run: explainFile,
};

async function explainFile(invocation: Invocation, environment: Environment): Promise<number> {
  const [path] = invocation.positionals;
  if (path === undefined) throw new UsageError("missing argument: FILE");
  const mode = frameMode(invocation);
  const { file, index } = await chosenImage(path, invocation.wholeNumber("frame", 0));
  const targets = await reportTargets(invocation, file);
  await withClassifier(invocation, environment, async (classifier) => {
    const content = file === STANDARD_INPUT ? await readStandardInput(environment.stdin) : undefined;
    const title = content === undefined ? file : STANDARD_INPUT_NAME;
    const frames = await openFrames(file, mode, content);
    if (index >= frames.count) {
      throw new FileError(title, `has ${frames.count} images; there is no image ${index}`);
    }
    const { image: given, picture, found } = frames.at(index);
    const explanation = classifier.explain(given);
    const { html, png } = targets;
    if (html !== undefined || png !== undefined) {
      const findings = findingsOf(
        {
          title: frames.count === 1 ? basename(title) : `${basename(title)}, image ${index}`,
          original: found === undefined ? undefined : thumbnail(picture, found.box),
          given,
          explanation,
          verdict: verdict(explanation, found?.found),
          making: makingOf(invocation, environment, found !== undefined, explanation.view),
          ...smoothingOf(invocation),
        },
        classifier,
      );
      if (html !== undefined) await writeWholeFile(html, pageOf(findings));
      if (png !== undefined) await writeWholeFile(png, sheetOf(findings));
    }
    if (invocation.flag("json")) {
      const classes = namedClasses(explanation, classifier.classes);
      const preprocessed = found !== undefined;
      printJson(environment, { file, frame: index, ...explanation, classes, preprocessed, ...found, ...targets });
      return;
    }
    printDecision(environment, title, explanation, classifier.classes, found?.found);
    if (html === undefined && png === undefined) {
      printExplanation(environment, explanation, classifier.classes);
    } else {
      printLines(environment, [`the report: ${[html, png].filter((target) => target !== undefined).join(", ")}`]);
    }
  });
  return DONE;
}

const VIEW_WORDS: Readonly<Record<View, string>> = {
  given: "as it is",
  centred: "moved to the middle",
  levelled: "with its bands of light and dark levelled",
  filled: "with outlines filled",
};

/** Where reports go; what was not asked for is left out. */
interface ReportTargets {
  readonly html?: string;
  readonly png?: string;
}

/**
 * The files that reports are to be written to.
 *
 * @throws UsageError when two files are one, one of them is read, or an option for reports stands without one
 */
async function reportTargets(invocation: Invocation, file: string): Promise<ReportTargets> {
  const html = invocation.fileToWrite("html", "HTML");
  const png = invocation.fileToWrite("png", "PNG");
  if (html === undefined && png === undefined) {
    const superfluous = ["sigma", "samples"].find((name) => invocation.text(name) !== undefined);
    if (superfluous !== undefined) throw new UsageError(`--${superfluous} is for a report: --html FILE or --png FILE`);
  }
  if (html !== undefined && png !== undefined && (await isSameFile(html, png))) {
    throw new UsageError(`--html and --png want two files, got ${shown(html)} and ${shown(png)}`);
  }
  for (const [name, target] of Object.entries({ html, png })) {
    if (target === undefined) continue;
    await checkFilesKept(invocation, { option: name, target, image: file, words: "explained" });
  }
  // What is out of range is said before anything is read.
  smoothingOf(invocation);
  return { ...(html === undefined ? {} : { html }), ...(png === undefined ? {} : { png }) };
}

function smoothingOf(invocation: Invocation): { sigma: number; samples: number } {
  const { sigma = DEFAULT_SIGMA, samples = DEFAULT_SAMPLES } = smoothingOptions(invocation);
  return { sigma, samples };
}

function makingOf(
  invocation: Invocation,
  { version }: Environment,
  isPreprocessed: boolean,
  view: View,
): [name: string, value: string][] {
  return [
    ["command line", commandLineText(invocation.words)],
    ["version", version],
    ["image", isPreprocessed ? "cropped, scaled and centred by preprocess" : "taken as it is"],
    ["looked at", VIEW_WORDS[view]],
    ["weights", invocation.text("weights") ?? "built in"],
    ["variant", invocation.variant() ?? "abs"],
    ["inference", invocation.inference() === "paper" ? "paper" : `race, ${invocation.effort() ?? "standard"}`],
  ];
}

function printDecision(
  environment: Environment,
  title: string,
  explanation: Explanation,
  names: readonly string[],
  found: Found | undefined,
): void {
  const runnerUp = nameOf(explanation.runnerUp, names);
  printLines(environment, [
    `${title}: ${verdict(explanation, found)}; runner-up ${runnerUp}; ${explanation.evaluations} evaluations`,
    ...viewLines(explanation.view),
    ...radiusLines(explanation.radiusEstimate),
  ]);
}

/** A table of losses and latents, and the pictures. */
function printExplanation(environment: Environment, explanation: Explanation, names: readonly string[]): void {
  const classes = namedClasses(explanation, names);
  const style = { colour: colourDepth(environment), columns: columnsOf(environment) };
  const runnerUp = nameOf(explanation.runnerUp, names);
  const [forIt, againstIt] = SIGNS[style.colour];
  const width = Math.max(5, ...classes.map(({ name }) => name.length));
  const ranked = classes.toSorted((one, other) => one.loss - other.loss);
  const isFitted = classes.some(({ gain, offset }) => gain !== 1 || offset !== 0);
  const fitted = (gain: string, offset: string): string => (isFitted ? `${gain.padEnd(6)}${offset.padStart(6)}  ` : "");
  printTable(environment, [
    "",
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
}

function nameOf(label: number, names: readonly string[]): string {
  return names[label] ?? String(label);
}

function namedClasses({ classes }: Explanation, names: readonly string[]): (ClassExplanation & { name: string })[] {
  return classes.map((entry, label) => ({ name: nameOf(label, names), ...entry }));
}

/** The file that has the image with this number, and its number in there: a folder has one for each picture. */
async function chosenImage(path: string, index: number): Promise<{ file: string; index: number }> {
  const pictures = path === STANDARD_INPUT ? undefined : await listPictures(path);
  if (pictures === undefined) return { file: path, index };
  const file = pictures[index];
  if (file === undefined) throw new FileError(path, `has ${pictures.length} pictures; there is no picture ${index}`);
  return { file, index: 0 };
}

/** Says so where the image was not taken as it was given. */
function viewLines(view: View): string[] {
  return view === "given" ? [] : [`no class explains the image as it is; looked at ${VIEW_WORDS[view]}`];
}

/** The estimate in words that do not promise a bound. */
function radiusLines(estimate: Explanation["radiusEstimate"]): string[] {
  if (estimate === undefined) return [];
  const { l2, linf } = estimate;
  return [
    `estimated radius (no bound: it trusts the searches): ${l2.toFixed(2)} in L2, ${linf.toFixed(3)} in L∞ until the label changes`,
  ];
}
