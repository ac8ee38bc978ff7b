import { shown } from "../arguments/shown.ts";
import { writeWholeFile } from "../files/write-whole-file.ts";
import { colourDepth } from "./colour-depth.ts";
import { type Command, type Invocation, MODEL_OPTIONS, UsageError } from "./command.ts";
import { contactSheet } from "./contact-sheet.ts";
import { columnsOf, DONE, type Environment, printDrawing, printJson, printLines } from "./environment.ts";
import { withClassifier } from "./load-classifier.ts";
import { renderPictures } from "./picture.ts";

const DEFAULT_COUNT = 4;
const LARGEST_COUNT = 10_000;
const LARGEST_SEED = 2 ** 32 - 1;

/** `abs sample`: draws what a class's model takes for its digit. */
export const sampleCommand: Command = {
  name: "sample",
  usage: "DIGIT",
  summary: "draw what the model of a digit thinks it looks like",
  positionals: { least: 1, most: 1 },
  options: {
    ...MODEL_OPTIONS,
    count: { value: "N", description: `how many (default: ${DEFAULT_COUNT})` },
    seed: { value: "N", description: "the same seed gives the same pictures (default: 0)" },
    out: { value: "FILE", description: "write a contact sheet as PNG instead of drawing in the terminal" },
  },
  examples: ["abs sample 3 --count 6", "abs sample 7 --count 100 --seed 1 --out sevens.png"],
  run: drawSamples,
};

async function drawSamples(invocation: Invocation, environment: Environment): Promise<number> {
  const [wanted] = invocation.positionals;
  const count = invocation.wholeNumber("count", DEFAULT_COUNT, 1);
  if (count > LARGEST_COUNT) throw new UsageError(`--count wants at most ${LARGEST_COUNT}, got ${count}`);
  const seed = invocation.wholeNumber("seed", 0);
  if (seed > LARGEST_SEED) throw new UsageError(`--seed wants at most ${LARGEST_SEED}, got ${seed}`);
  const out = invocation.fileToWrite("out", "PNG");
  await withClassifier(invocation, environment, async (classifier) => {
    const { classes } = classifier;
    const label = wanted === undefined ? -1 : classes.indexOf(wanted);
    const name = classes[label];
    if (name === undefined)
      throw new UsageError(`there is no class ${shown(wanted ?? "")}; there are ${classes.join(", ")}`);
    const images = classifier.sample(label, { seed, count });
    if (out !== undefined) await writeWholeFile(out, contactSheet(images));
    if (invocation.flag("json")) {
      printJson(environment, { label, name, seed, images, ...(out === undefined ? {} : { out }) });
    } else if (out !== undefined) {
      printLines(environment, [`${out}: ${images.length} samples of ${name}`]);
    } else {
      const style = { colour: colourDepth(environment), columns: columnsOf(environment) };
      const pictures = images.map((values, index) => ({ title: `${name}, seed ${seed}, #${index}`, values }));
      printDrawing(environment, renderPictures(pictures, style));
    }
  });
  return DONE;
}
