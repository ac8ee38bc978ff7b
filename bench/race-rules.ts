import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { instantiateSync } from "@assemblyscript/loader";
import { RACE_RULES, type RaceRules } from "../src/effort.ts";
import { Engine } from "../src/engine.ts";
import { prepareSamples } from "../src/starts.ts";
import { writeBundle } from "../src/weights/bundle.ts";
import { readWeights } from "../src/weights/read.ts";
import { uniformNumbers } from "../test/support/random-model.ts";

// What the rules of the race cost and lose: agreement with the paper's search, accuracy, loss and evaluations on
// validation images (the last 5000 of MNIST's training images, which neither decoders nor tables were fitted to), clean
// and spoilt.
//
//   npx tsx bench/race-rules.ts --data DIR [--limit 500] [--weights FILE] [--rules JSON] [--split validation]
//
// The last columns compare the winner's loss and the confidence with a race that goes on to convergence. Rules are chosen on
// validation images; `--split test` is for the report only.

const VALIDATION_START = 55_000;
const PIXELS = 784;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    limit: { type: "string", default: "500" },
    weights: { type: "string" },
    rules: { type: "string", multiple: true, default: [] },
    split: { type: "string", default: "validation" },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const read = (name: string): Buffer => gunzipSync(readFileSync(join(options.data as string, name)));
if (!["validation", "test"].includes(options.split)) {
  throw new Error(`--split: got "${options.split}", wanted validation or test`);
}
const [files, start] = options.split === "test" ? ["t10k", 0] : ["train", VALIDATION_START];
const pixels = read(`${files}-images-idx3-ubyte.gz`).subarray(16 + PIXELS * start);
const labels = read(`${files}-labels-idx1-ubyte.gz`).subarray(8 + start);
const count = Math.min(Number(options.limit), labels.length);
const variants: [string, RaceRules][] = [
  ...Object.entries(RACE_RULES),
  ...options.rules.map((text): [string, RaceRules] => [text, changedRules(text)]),
];

/** The standard rules but for those that a JSON object names. */
function changedRules(text: string): RaceRules {
  const changes = JSON.parse(text);
  const unknown = Object.keys(changes).find((name) => !(name in RACE_RULES.standard));
  if (unknown !== undefined) {
    throw new Error(`--rules: there is no "${unknown}"; there are ${Object.keys(RACE_RULES.standard).join(", ")}`);
  }
  return { ...RACE_RULES.standard, ...changes };
}

const next = uniformNumbers(1);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const bounded = (value: number): number => Math.min(1, Math.max(0, value));

/** Shifts by up to 3 pixels along each axis and makes 8 % of the pixels black or white. */
function shiftedAndStruck(image: Float32Array): Float32Array {
  const [down, right] = [Math.floor(7 * next()) - 3, Math.floor(7 * next()) - 3];
  return image.map((_, pixel) => {
    if (next() < 0.08) return next() < 0.5 ? 0 : 1;
    const [y, x] = [Math.floor(pixel / 28) - down, (pixel % 28) - right];
    return y >= 0 && y < 28 && x >= 0 && x < 28 ? (image[28 * y + x] as number) : 0;
  });
}

const clean = Array.from({ length: count }, (_, index) =>
  Float32Array.from(pixels.subarray(index * PIXELS, (index + 1) * PIXELS), (byte) => byte / 255),
);
const sets: Record<string, Float32Array[]> = {
  clean,
  "noise σ .3": clean.map((image) => image.map((value) => bounded(value + 0.3 * normal()))),
  "shift ±3, 8 % struck": clean.map(shiftedAndStruck),
};

const bytes = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
const { instance } = instantiateSync(bytes, {});
const weights = options.weights && writeBundle(readWeights(readFileSync(options.weights)));
const engine = new Engine(instance, weights || undefined);
if (!engine.canRace) throw new Error(`${options.weights}: has no tables for a race`);
const confidenceKind = engine.description.confidence.calibrated === undefined ? "paper" : "calibrated";
prepareSamples(engine);

interface Found {
  label: number;
  loss: number;
  confidence: number;
  evaluations: number;
}

function search(images: readonly Float32Array[], run: () => number): { found: Found[]; seconds: number } {
  const start = performance.now();
  const found = images.map((image) => {
    engine.setImage(image);
    const evaluations = run();
    const losses = engine.losses();
    const loss = Math.min(...losses);
    const { probabilities } = engine.probabilities(confidenceKind);
    return { label: losses.indexOf(loss), loss, confidence: Math.max(...probabilities), evaluations };
  });
  return { found, seconds: (performance.now() - start) / 1000 };
}

const percent = (share: number): string => (100 * share).toFixed(2);
const share = (found: readonly Found[], right: (found: Found, index: number) => boolean): number =>
  found.filter(right).length / found.length;
const quantile = (numbers: readonly number[], at: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(at * numbers.length))] as number;

/** A race that goes on until nothing moves. */
const CONVERGED: RaceRules = { ...RACE_RULES.thorough, polished: 60, ceilingPerClass: 200 };
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

console.log(`${count} ${options.split} images`);
console.log(
  "images | rules | agrees with paper | accuracy % | evaluations mean, p99, most | µs an image | loss over converged, mean % | confidence off, mean",
);
for (const [name, images] of Object.entries(sets)) {
  const paper = search(images, () => engine.searchPaper());
  engine.setRaceRules(CONVERGED);
  const converged = search(images, () => engine.searchRace());
  const row = (rules: string, { found, seconds }: { found: Found[]; seconds: number }): void => {
    const evaluations = found.map((one) => one.evaluations);
    const end = (index: number): Found => converged.found[index] as Found;
    console.log(
      [
        name,
        rules,
        share(found, ({ label }, index) => label === paper.found[index]?.label).toFixed(4),
        percent(share(found, ({ label }, index) => label === labels[index])),
        `${mean(evaluations).toFixed(1)}, ${quantile(evaluations, 0.99)}, ${Math.max(...evaluations)}`,
        ((1e6 * seconds) / count).toFixed(0),
        percent(mean(found.map(({ loss }, index) => loss / end(index).loss - 1))),
        mean(found.map(({ confidence }, index) => Math.abs(confidence - end(index).confidence))).toFixed(4),
      ].join(" | "),
    );
  };
  row("paper", paper);
  row("converged", converged);
  for (const [rules, values] of variants) {
    engine.setRaceRules(values);
    row(
      rules,
      search(images, () => engine.searchRace()),
    );
  }
}
