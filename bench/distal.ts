import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encode } from "fast-png";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../format/image.ts";
import { type ConfidentModel, type DistalResult, distal } from "../src/attacks/distal.ts";
import { distanceBetween } from "../src/attacks/norms.ts";
import { createClassifier } from "../src/entries/node.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import { Random } from "../src/random.ts";
import { quantile } from "./measure/statistics.ts";
import { tableLines } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { GradientCnn } from "./models/gradient-cnn.ts";
import { NearestNeighbour } from "./models/nearest-neighbour.ts";
import { readDigits, readTraining, toUnitRange } from "./sets/mnist.ts";

// From uniform noise to an image that a model takes for a digit with a probability of .9, for every digit: how often that
// works, after how many steps, and whether the image shows the digit. That is measured twice, by no model under attack: how
// far the nearest training image of the class is, with test digits and noise to compare with, and whether another model names
// the same digit: the adversarially trained CNN, and ABS for that network. The sheet shows the images: a row per model, a column per digit.
//
//   npx tsx bench/distal.ts --data DIR [--seeds 3] [--steps 500] [--sheet build/distal.png] [--json]

/** Test digits and noise images whose distances are printed to compare with. */
const COMPARED = 100;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    seeds: { type: "string", default: "3" },
    steps: { type: "string", default: "500" },
    sheet: { type: "string", default: "build/distal.png" },
    json: { type: "boolean", default: false },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const seeds = wholeNumber("seeds", options.seeds);
const steps = wholeNumber("steps", options.steps);

const calibrated = await createClassifier();
const cnn = (name: string): GradientCnn =>
  new GradientCnn(fileURLToPath(new URL(`baselines/${name}-cnn.safetensors`, import.meta.url)));
const adversarial = cnn("adversarial");
const models: { name: string; model: ConfidentModel; judge: { classify(image: Float32Array): { label: number } } }[] = [
  { name: "ABS, calibrated confidence", model: calibrated, judge: adversarial },
  { name: "ABS, the paper's confidence", model: await createClassifier({ confidence: "paper" }), judge: adversarial },
  { name: "plain CNN", model: cnn("plain"), judge: adversarial },
  { name: "adversarially trained CNN", model: adversarial, judge: calibrated },
];
const { images, labels } = readTraining(options.data);
const neighbours = new NearestNeighbour(images, labels);
const classes = calibrated.classes.length;

interface Found {
  result: DistalResult;
  /** In L2, from the image to the nearest training image of the class, and from the noise to the image. */
  toNeighbour: number;
  moved: number;
  /** Whether the other model names the same digit. */
  agreed: boolean;
}

const rows = models.map(({ name, model, judge }) => {
  const found: Found[] = [];
  for (let seed = 0; seed < seeds; ++seed) {
    for (let target = 0; target < classes; ++target) {
      const result = distal(model, target, { seed, steps });
      found.push({
        result,
        toNeighbour: neighbours.classify(result.image, target).distance,
        moved: distanceBetween(result.start, result.image, "l2"),
        agreed: judge.classify(result.image).label === target,
      });
    }
  }
  process.stderr.write(`${name}\n`);
  return { name, found };
});

const summaries = rows.map(({ name, found }) => {
  const successes = found.filter(({ result }) => result.success);
  const median = (value: (one: Found) => number): number | null =>
    successes.length === 0 ? null : quantile(successes.map(value), 0.5);
  return {
    name,
    images: found.length,
    successRate: successes.length / found.length,
    medianSteps: median(({ result }) => result.steps),
    medianMoved: median(({ moved }) => moved),
    medianToNeighbour: median(({ toNeighbour }) => toNeighbour),
    agreed: successes.length === 0 ? null : successes.filter(({ agreed }) => agreed).length / successes.length,
  };
});

const digits = readDigits(options.data, "test");
const compared = Array.from({ length: COMPARED }, (_, index) => {
  const random = new Random(index);
  const noise = Float32Array.from({ length: IMAGE_PIXELS }, () => random.uniform());
  return {
    digit: neighbours.classify(toUnitRange(digits.image(index)), digits.labels[index]).distance,
    noise: neighbours.classify(noise, index % classes).distance,
  };
});
const reference = {
  testDigits: quantile(
    Array.from(compared, ({ digit }) => digit),
    0.5,
  ),
  noise: quantile(
    Array.from(compared, ({ noise }) => noise),
    0.5,
  ),
};

mkdirSync(dirname(options.sheet), { recursive: true });
await writeWholeFile(
  options.sheet,
  sheet(rows.map(({ found }) => found.slice(0, classes).map(({ result }) => result.image))),
);

if (options.json) {
  console.log(JSON.stringify({ seeds, steps, confidence: 0.9, models: summaries, toNeighbour: reference }, null, 2));
} else {
  const number = (value: number | null, decimals: number): string => (value === null ? "–" : value.toFixed(decimals));
  const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(0)} %`);
  console.log(
    tableLines(
      [
        "model",
        "climbs to .9",
        "median steps",
        "median L2 from the noise",
        "median L2 to a training image of the class",
        "another model sees the digit too",
      ],
      summaries.map((row) => [
        row.name,
        `${percent(row.successRate)} of ${row.images}`,
        number(row.medianSteps, 0),
        number(row.medianMoved, 1),
        number(row.medianToNeighbour, 1),
        percent(row.agreed),
      ]),
    ),
  );
  console.log(
    `\nTo the nearest training image of the class it is ${reference.testDigits.toFixed(1)} from test digits and ${reference.noise.toFixed(1)} from noise.`,
  );
  console.log(`The images of seed 0 are in ${options.sheet}.`);
}

/** A PNG of rows of 28×28 images, three times enlarged. */
function sheet(lines: readonly (readonly Float32Array[])[]): Uint8Array {
  const enlarged = 3;
  const step = IMAGE_SIDE * enlarged + 6;
  const width = step * Math.max(...lines.map((line) => line.length));
  const height = step * lines.length;
  const data = new Uint8Array(width * height).fill(96);
  lines.forEach((line, row) => {
    line.forEach((image, column) => {
      for (let y = 0; y < IMAGE_SIDE * enlarged; ++y) {
        for (let x = 0; x < IMAGE_SIDE * enlarged; ++x) {
          const value = image[Math.floor(y / enlarged) * IMAGE_SIDE + Math.floor(x / enlarged)] as number;
          data[(row * step + y) * width + column * step + x] = Math.round(255 * value);
        }
      }
    });
  });
  return encode({ width, height, data, channels: 1, depth: 8 });
}
