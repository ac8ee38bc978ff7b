import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createClassifier } from "../src/index.ts";
import { uniformNumbers } from "../test/support/random-model.ts";
import { BaselineCnn } from "./baseline-cnn.ts";

// One classification, side by side in one run on one thread: the race at each effort, the paper's inference in our module
// and in PyTorch (with the published weights, where they are named), and one forward pass of the plain CNN of
// bench/baselines in onnxruntime-web, which is what a user would deploy instead. Contestants take turns; times are medians
// over the rounds, with quartiles, and ratios are to the race at standard effort.
//
//   npx tsx bench/classification.ts --data DIR [--published FILE --python python3] [--rounds 15] [--json FILE]

const PIXELS = 784;
const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    published: { type: "string" },
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "15" },
    json: { type: "string" },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const { data, published, python } = options;
const rounds = Number(options.rounds);
const bytes = gunzipSync(readFileSync(join(data, "t10k-images-idx3-ubyte.gz"))).subarray(16);
const image = (index: number): Uint8Array => bytes.subarray(index * PIXELS, (index + 1) * PIXELS);

interface Contestant {
  name: string;
  /** Images a round, and one of them. */
  images: number;
  run(pixels: Uint8Array): unknown;
}

const efforts = ["standard", "quick", "thorough"] as const;
const racing = await Promise.all(efforts.map((effort) => createClassifier({ effort })));
const paper = await createClassifier({ inference: "paper" });
const cnn = await BaselineCnn.load(fileURLToPath(new URL("baselines/plain-cnn.onnx", import.meta.url)));
const contestants: Contestant[] = [
  ...efforts.map((effort, index) => ({
    name: `race, ${effort}, with confidence`,
    images: 100,
    run: (pixels: Uint8Array) => racing[index]?.classify(pixels),
  })),
  { name: "paper's inference, our module", images: 4, run: (pixels) => paper.classify(pixels) },
  { name: "plain CNN, onnxruntime-web, batch 1", images: 100, run: (pixels) => cnn.classify(pixels) },
];

for (const { run } of contestants) for (let index = 0; index < 20; ++index) await run(image(index));
const times = contestants.map((): number[] => []);
for (let round = 0; round < rounds; ++round) {
  for (const [place, { images, run }] of contestants.entries()) {
    const first = (round * images) % 9000;
    const start = performance.now();
    for (let index = first; index < first + images; ++index) await run(image(index));
    times[place]?.push((1000 * (performance.now() - start)) / images);
  }
}

const results = contestants.map(({ name }, index) => ({ name, ...spread(times[index] as number[]) }));
if (published !== undefined) results.push(pytorch(published));
const reference = (results[0] as { median: number }).median;
console.log("| one classification | µs, median (quartiles) | times the race |");
console.log("| --- | --- | --- |");
for (const { name, median, low, high } of results) {
  const figures = [median, low, high].map((value) => value.toFixed(0));
  console.log(`| ${name} | ${figures[0]} (${figures[1]}–${figures[2]}) | ${(median / reference).toFixed(2)} |`);
}

const junk = await worstCase();
console.log(
  `race, standard, on ${junk.images} junk and noise images: mean ${junk.mean.toFixed(0)} µs ` +
    `(${(junk.mean / reference).toFixed(1)} times a clean digit's), 99.9th percentile ${junk.high.toFixed(0)} µs ` +
    `(${(junk.high / reference).toFixed(1)} times), most ${junk.most} evaluations`,
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ results, junk }, null, 2)}\n`);

function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number;
}

function spread(values: readonly number[]): { median: number; low: number; high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** The paper's inference in PyTorch, one thread: what a hundred images in excess of the first hundred cost, so without set-up. */
function pytorch(file: string): { name: string; median: number; low: number; high: number } {
  const code = `
import sys, time, torch
from pathlib import Path
from abs_training.threads import use_one_thread
from abs_training.published import read_any_weights
from abs_training.inference import PAPER_SAMPLES, PAPER_UPDATES, Prior, paper_samples, search_all_classes
from abs_training.data import read_split, to_unit_range
use_one_thread()
weights = read_any_weights(Path(sys.argv[1]))
images = to_unit_range(read_split(Path(sys.argv[2]), "test", None, 10).first(300).images).flatten(1)
samples = [paper_samples(PAPER_SAMPLES, weights.decoders[0].latents, torch.Generator().manual_seed(0))] * 10
def seconds(count):
    start = time.perf_counter()
    search_all_classes(weights.decoders, images[:count], samples, Prior(), PAPER_UPDATES, 1)
    return time.perf_counter() - start
print(*((seconds(200) - seconds(100)) / 100 for _ in range(3)))
`;
  const cwd = fileURLToPath(new URL("../training/", import.meta.url));
  const output = execFileSync(python, ["-c", code, file, data], { cwd, encoding: "utf8" });
  const microseconds = output
    .trim()
    .split(" ")
    .map((seconds) => 1e6 * Number(seconds));
  return { name: "paper's inference, PyTorch, published weights, batch 100", ...spread(microseconds) };
}

/** The race on images that are no digits: grey levels, noise of every strength, stripes, and noisy digits. */
async function worstCase(): Promise<{ images: number; mean: number; high: number; most: number }> {
  const abs = racing[0] as (typeof racing)[number];
  const next = uniformNumbers(1);
  const spent: number[] = [];
  let most = 0;
  for (let index = 0; index < 10_000; ++index) {
    const level = next();
    const strength = next();
    const period = 1 + 13 * next();
    const digit = image(index);
    const pixels = Float32Array.from({ length: PIXELS }, (_, pixel) => {
      const noise = strength * (next() + next() + next() - 1.5);
      const kinds = [level, level + noise, (digit[pixel] as number) / 255 + noise, Math.floor(pixel / period) % 2];
      return Math.min(1, Math.max(0, kinds[index % kinds.length] as number));
    });
    const start = performance.now();
    const { evaluations } = abs.classify(pixels);
    spent.push(1000 * (performance.now() - start));
    most = Math.max(most, evaluations);
  }
  const mean = spent.reduce((sum, value) => sum + value, 0) / spent.length;
  return {
    images: spent.length,
    mean,
    high: quantile(
      spent.sort((a, b) => a - b),
      0.999,
    ),
    most,
  };
}
