import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import { CONFIDENCES } from "../src/classifier.ts";
import { createClassifier } from "../src/entries/node.ts";
import { INFERENCES } from "../src/search.ts";
import { calibrationError, separation } from "./measure/separation.ts";
import { BaselineCnn } from "./models/baseline-cnn.ts";
import { readDrawnCharacters, readStoredSets } from "./sets/stored-sets.ts";

// What the confidence is worth: calibration and rejections on clean and corrupted images, and for each kind of junk how
// much is rejected and how well the confidence tells it from clean images, beside the largest softmax probability of
// the plain CNN. The images are written by `python3 -m abs_training confidence-sets --data MNIST --out DIR --split test`.
//
//   npx tsx bench/confidence.ts --sets DIR [--weights FILE] [--inference NAME] [--confidence NAME] [--baseline ONNX]
//     [--limit N] [--junk DIR] [--json]
//
// --junk is a folder of characters that are no digits, drawn by `python3 -m abs_training glyphs`; those in fonts that it kept
// from training are one more kind of junk. It may be given again.

const { values: options } = parseArgs({
  options: {
    sets: { type: "string" },
    weights: { type: "string" },
    inference: { type: "string" },
    confidence: { type: "string" },
    baseline: { type: "string", default: "bench/baselines/plain-cnn.onnx" },
    limit: { type: "string" },
    junk: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  },
});
if (options.sets === undefined) throw new Error("--sets DIR is wanted: what `confidence-sets` wrote");
const folder = options.sets;
const limit = Number(options.limit ?? Number.POSITIVE_INFINITY);
const inference = INFERENCES.find((name) => name === (options.inference ?? "race"));
const confidence = CONFIDENCES.find((name) => name === options.confidence);
const abs = await createClassifier({
  ...(options.weights === undefined ? {} : { weights: readFileSync(options.weights) }),
  ...(inference === undefined ? {} : { inference }),
  ...(confidence === undefined ? {} : { confidence }),
});

const cnn = await BaselineCnn.load(options.baseline);

interface Judged {
  kind: string;
  confidences: number[];
  cnnConfidences: number[];
  rejected: number;
  /** For images of the data: whether each label is right. */
  correct: boolean[] | undefined;
}

const judged: Judged[] = [];
for (const { kind, pixels, labels: truth } of [...readStoredSets(folder), ...options.junk.map(readDrawnCharacters)]) {
  const count = Math.min(pixels.length / IMAGE_PIXELS, limit);
  const found = abs.classifyBatch(pixels.subarray(0, IMAGE_PIXELS * count));
  process.stderr.write(`${kind}\n`);
  judged.push({
    kind,
    confidences: found.map((result) => result.confidence),
    cnnConfidences: (await cnn.classify(pixels.subarray(0, IMAGE_PIXELS * count))).map(
      (decision) => decision.confidence,
    ),
    rejected: found.filter((result) => result.rejected).length / count,
    correct: truth && found.map(({ label }, index) => label === truth[index]),
  });
}

const clean = judged.find(({ kind }) => kind === "clean") as Judged;
const rows = judged.map(({ kind, confidences, cnnConfidences, rejected, correct }) => ({
  kind,
  images: confidences.length,
  rejected,
  meanConfidence: confidences.reduce((sum, value) => sum + value, 0) / confidences.length,
  ...(correct === undefined
    ? {
        ...separation(clean.confidences, confidences),
        cnn: separation(clean.cnnConfidences, cnnConfidences),
      }
    : {
        accuracy: correct.filter(Boolean).length / correct.length,
        calibrationError: calibrationError(confidences, correct, "mass"),
        calibrationErrorEqualWidth: calibrationError(confidences, correct, "width"),
      }),
}));

if (options.json) {
  const settings = { weights: options.weights ?? "built in", inference: inference ?? null, confidence: abs.confidence };
  console.log(JSON.stringify({ ...settings, rows }, null, 2));
} else {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  console.log("| images | accuracy | mean confidence | calibration error (equal mass, width) | rejected |");
  console.log("| --- | --- | --- | --- | --- |");
  for (const row of rows) {
    if (!("accuracy" in row)) continue;
    console.log(
      `| ${row.kind} | ${percent(row.accuracy)} | ${row.meanConfidence.toFixed(3)} | ${percent(row.calibrationError)}, ${percent(row.calibrationErrorEqualWidth)} | ${percent(row.rejected)} |`,
    );
  }
  console.log(
    "\n| junk | images | mean confidence | rejected | AUROC (CNN) | false positives at 95 % true positives (CNN) |",
  );
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const row of rows) {
    if (!("auroc" in row)) continue;
    console.log(
      `| ${row.kind} | ${row.images} | ${row.meanConfidence.toFixed(3)} | ${percent(row.rejected)} | ${row.auroc.toFixed(4)} (${row.cnn.auroc.toFixed(4)}) | ${percent(row.falsePositives)} (${percent(row.cnn.falsePositives)}) |`,
    );
  }
}
abs.dispose();
