import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { instantiateSync } from "@assemblyscript/loader";
import { IMAGE_PIXELS } from "../format/image.ts";
import { RACE_RULES, type RaceRules } from "../src/effort.ts";
import { Engine } from "../src/engine.ts";
import { prepareSamples } from "../src/starts.ts";
import { writeBundle } from "../src/weights/bundle.ts";
import { readWeights } from "../src/weights/read.ts";
import { mean, quantile } from "./measure/statistics.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { nearBoundary, SPOILT_SETS, spoilt } from "./sets/image-sets.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";
import { readStoredSets } from "./sets/stored-sets.ts";

// What the rules of the race cost and lose: agreement with the paper's search, accuracy, loss and evaluations on
// validation images (the last 5000 of MNIST's training images, which neither decoders nor tables were fitted to): clean,
// spoilt in several ways, and close to a boundary of the paper's decision; the last have no true label.
//
//   npx tsx bench/race-rules.ts --data DIR [--limit 500] [--weights FILE] [--rules JSON] [--split validation]
//     [--sets DIR] [--only NAME,...]
//
// The last columns compare the winner's loss and the confidence with a race that goes on to convergence. Rules are chosen on
// validation images; `--split test` is for the report only. `--sets` adds the images that `python3 -m abs_training
// confidence-sets` or `attack-race` wrote, in place of sets of the same name; `--only` keeps the sets whose names begin
// with one of those given.

const NEAR_BOUNDARY = "boundary ±3 %";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    limit: { type: "string", default: "500" },
    weights: { type: "string" },
    rules: { type: "string", multiple: true, default: [] },
    split: { type: "string", default: "validation" },
    sets: { type: "string", multiple: true, default: [] },
    only: { type: "string" },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const split = (["validation", "test"] as const).find((name) => name === options.split);
if (split === undefined) throw new Error(`--split: got "${options.split}", wanted validation or test`);
const digits = readDigits(options.data, split);
const count = Math.min(wholeNumber("limit", options.limit), digits.count);
const variants: [string, RaceRules][] = [
  ...Object.entries(RACE_RULES),
  ...options.rules.map((text): [string, RaceRules] => [text, changedRules(text)]),
];

/** The standard rules, except those that a JSON object names. */
function changedRules(text: string): RaceRules {
  const changes = JSON.parse(text);
  const unknown = Object.keys(changes).find((name) => !(name in RACE_RULES.standard));
  if (unknown !== undefined) {
    throw new Error(`--rules: there is no "${unknown}"; there are ${Object.keys(RACE_RULES.standard).join(", ")}`);
  }
  return { ...RACE_RULES.standard, ...changes };
}

const bytes = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
const { instance } = instantiateSync(bytes, {});
const weights = options.weights && writeBundle(readWeights(readFileSync(options.weights)));
const engine = new Engine(instance, weights || undefined);
if (!engine.canRace) throw new Error(`${options.weights}: has no tables for a race`);
const confidenceKind = engine.description.confidence.calibrated === undefined ? "paper" : "calibrated";
prepareSamples(engine);

/** Images of one kind, drawn when their turn comes. */
interface ImageSet {
  images: () => readonly Float32Array[];
  /** Undefined where what an image shows is anyone's guess. */
  labels: Uint8Array | undefined;
}

const clean = Array.from({ length: count }, (_, index) => toUnitRange(digits.image(index)));
const imagesOf = (bytes: Uint8Array): Float32Array[] =>
  Array.from({ length: Math.min(count, bytes.length / IMAGE_PIXELS) }, (_, index) =>
    toUnitRange(bytes.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS)),
  );

function paperLabel(image: Float32Array): number {
  engine.setImage(image);
  engine.searchPaper();
  const losses = engine.losses();
  return losses.indexOf(Math.min(...losses));
}

/** All sets by name; those of `--sets` replace others. */
function allSets(): Map<string, ImageSet> {
  const { labels } = digits;
  const sets = new Map<string, ImageSet>([["clean", { images: () => clean, labels }]]);
  for (const name of SPOILT_SETS) sets.set(name, { images: () => spoilt(name, clean), labels });
  sets.set(NEAR_BOUNDARY, { images: () => nearBoundary(clean, paperLabel), labels: undefined });
  for (const set of options.sets.flatMap(readStoredSets)) {
    sets.set(set.kind, { images: () => imagesOf(set.pixels), labels: set.labels });
  }
  return sets;
}

/** The sets that `--only` asks for. */
function chosenSets(): [string, ImageSet][] {
  const sets = [...allSets()];
  const wanted = options.only?.split(",");
  const missing = wanted?.find((start) => !sets.some(([name]) => name.startsWith(start)));
  if (missing !== undefined) {
    throw new Error(`--only: no set begins with "${missing}"; there are ${sets.map(([name]) => name).join("; ")}`);
  }
  return wanted === undefined ? sets : sets.filter(([name]) => wanted.some((start) => name.startsWith(start)));
}

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
/** A race that goes on until nothing moves. */
const CONVERGED: RaceRules = { ...RACE_RULES.thorough, polished: 60, ceilingPerClass: 200 };

const chosen = chosenSets();
console.log(`${count} ${split} images per set`);
console.log(
  "images | rules | agrees with paper | accuracy % | evaluations mean, p99, most | µs per image | loss over converged, mean % | confidence off, mean",
);
for (const [name, set] of chosen) {
  const images = set.images();
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
        set.labels === undefined ? "–" : percent(share(found, ({ label }, index) => label === set.labels?.[index])),
        `${mean(evaluations).toFixed(1)}, ${quantile(evaluations, 0.99).toFixed(0)}, ${Math.max(...evaluations)}`,
        ((1e6 * seconds) / images.length).toFixed(0),
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
  engine.setRaceRules(RACE_RULES.standard);
  labelRow(name, set, images, paper.found);
}

/** What the race finds and costs when only the label is asked for. */
function labelRow(name: string, set: ImageSet, images: readonly Float32Array[], paper: readonly Found[]): void {
  const began = performance.now();
  const found = images.map((image) => {
    engine.setImage(image);
    return engine.raceLabel();
  });
  const microseconds = (1000 * (performance.now() - began)) / images.length;
  const agreeing = (labels: ArrayLike<number>): number =>
    found.filter((label, index) => label === labels[index]).length / found.length;
  console.log(
    [
      name,
      "standard, label only",
      agreeing(paper.map(({ label }) => label)).toFixed(4),
      set.labels === undefined ? "–" : percent(agreeing(set.labels)),
      "–",
      microseconds.toFixed(0),
      "–",
      "–",
    ].join(" | "),
  );
}
