import { distal } from "../../attacks/distal.ts";
import { distanceBetween } from "../../attacks/norms.ts";
import { writeWholeFile } from "../../files/write-whole-file.ts";
import { measuredSettings } from "../chosen-images.ts";
import { type Invocation, UsageError } from "../command.ts";
import { DONE, type Environment, printJson, printLines, printTable } from "../environment.ts";
import { withClassifier } from "../load-classifier.ts";
import { startProgress } from "../progress.ts";
import type { CommandClassifier } from "../tasks.ts";
import { percentText } from "./lines.ts";
import { type DistalOutcome, distalReport, shortfall } from "./report/distal-report.ts";

/** Options of `abs attack` that are about images of a data set, of which there are none here. */
const ABOUT_IMAGES = ["data", "split", "norm", "attack", "offset", "limit", "shard", "workers", "resume"] as const;
/** Steps of each climb unless `--budget` says otherwise. */
const MOST_STEPS = 500;

/** `abs attack --distal`: from noise to an image that the model takes for each class, with a probability of .9. */
export async function attackFromNoise(invocation: Invocation, environment: Environment): Promise<number> {
  const superfluous = ABOUT_IMAGES.find((name) => invocation.text(name) !== undefined);
  if (superfluous !== undefined) throw new UsageError(`--distal starts from noise and wants no --${superfluous}`);
  const seed = invocation.seed();
  const steps = invocation.wholeNumber("budget", MOST_STEPS, 1);
  const out = invocation.fileToWrite("out", "HTML");
  const { outcomes, confidence, write } = await withClassifier(invocation, environment, async (classifier) => {
    const about = { classes: classifier.classes.length, confidence: classifier.confidence };
    const write = async (found: readonly DistalOutcome[]): Promise<void> => {
      if (out === undefined) return;
      const page = distalReport(found, about);
      await writeWholeFile(out, page);
    };
    // Where nothing can be written, that is told before any climb.
    await write([]);
    const found = climbAll(classifier, seed, steps, environment);
    return { outcomes: found, confidence: classifier.confidence, write };
  });
  if (invocation.flag("json")) {
    printJson(environment, {
      kind: "distal",
      ...measuredSettings(invocation, environment, {}),
      seed,
      steps,
      confidence,
      outcomes: outcomes.map(({ image, start, ...outcome }) => ({ ...outcome, image: Array.from(image) })),
    });
    await write(outcomes);
    return DONE;
  }
  printLines(environment, [`from uniform noise, under the ${confidence} confidence:`]);
  printTable(environment, [
    "class     probability  steps  L2 from the noise",
    ...outcomes.map(({ name, success, probability, steps: taken, fromNoise }) =>
      [
        name.padEnd(10),
        percentText(probability).padStart(10),
        `${taken}`.padStart(7),
        fromNoise.toFixed(2).padStart(19),
        success ? "" : `   ${shortfall(probability)}`,
      ].join(""),
    ),
  ]);
  // After the results are printed: should the disk be full by now, they are not lost.
  await write(outcomes);
  if (out !== undefined) printLines(environment, [`${out}: report`]);
  return DONE;
}

function climbAll(
  classifier: CommandClassifier,
  seed: number,
  steps: number,
  environment: Environment,
): DistalOutcome[] {
  const progress = startProgress(environment, "climbing");
  try {
    return classifier.classes.map((name, target) => {
      const found = distal(classifier, target, { seed, steps });
      progress.report(target + 1, classifier.classes.length);
      return { ...found, name, fromNoise: distanceBetween(found.start, found.image, "l2") };
    });
  } finally {
    progress.stop();
  }
}
