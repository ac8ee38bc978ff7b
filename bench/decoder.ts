import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { instantiateSync } from "@assemblyscript/loader";
import * as onnx from "onnxruntime-web";
import { Engine } from "../src/engine.ts";
import { writeBundle } from "../src/weights/bundle.ts";
import { readWeights } from "../src/weights/read.ts";

// One class's decoder, forward and with the gradient of the loss, side by side with onnxruntime-web on the same weights in
// one run on one thread. The graphs are written by the trainer. Contestants take turns; times are medians over the rounds
// with quartiles, ratios are onnxruntime-web's time over ours.
//
//   npx tsx bench/decoder.ts [--weights FILE] [--python python3] [--rounds 40] [--json FILE]

const PIXELS = 784;
const CALLS = 200;
const { values: options } = parseArgs({
  options: {
    weights: { type: "string" },
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "40" },
    json: { type: "string" },
  },
});
const weights = options.weights ?? fileURLToPath(new URL("../weights/abs-mnist.safetensors", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "abs-decoder-"));
execFileSync(options.python, ["-m", "abs_training", "decoder-onnx", "--weights", weights, "--out", folder], {
  cwd: fileURLToPath(new URL("../training/", import.meta.url)),
  stdio: ["ignore", "inherit", "ignore"],
});
onnx.env.wasm.numThreads = 1;
const load = (name: string): Promise<onnx.InferenceSession> =>
  onnx.InferenceSession.create(readFileSync(join(folder, name)));
const [decoder, gradient] = [await load("decoder.onnx"), await load("gradient.onnx")];
rmSync(folder, { recursive: true });

const { instance } = instantiateSync(readFileSync(new URL("../dist/abs.wasm", import.meta.url)), {});
const engine = new Engine(instance, writeBundle(readWeights(readFileSync(weights))));
const image = Float32Array.from({ length: PIXELS }, (_, pixel) => ((pixel * 7) % 13) / 13);
const latent = Float32Array.from({ length: engine.latents }, (_, axis) => Math.sin(1 + axis));
engine.setImage(image);
engine.setLatent(0, latent);
const latentTensor = new onnx.Tensor("float32", latent, [1, latent.length]);
const imageTensor = new onnx.Tensor("float32", image, [1, PIXELS]);

// Both must compute the same before their times mean anything.
const theirs = await gradient.run({ image: imageTensor, latent: latentTensor });
const ours = engine.evaluateWithGradient(0);
const theirGradient = theirs["gradient"]?.data as Float32Array;
const difference = Math.max(...ours.gradient.map((value, axis) => Math.abs(value - (theirGradient[axis] as number))));
if (!(difference < 1e-5)) throw new Error(`the gradients differ by ${difference}`);

const contestants: { name: string; run(): unknown }[] = [
  { name: "forward, ours", run: () => engine.reconstruct(0) },
  { name: "forward, onnxruntime-web", run: () => decoder.run({ latent: latentTensor }) },
  { name: "forward + gradient, ours", run: () => engine.evaluateWithGradient(0) },
  {
    name: "forward + gradient, onnxruntime-web",
    run: () => gradient.run({ image: imageTensor, latent: latentTensor }),
  },
];
const times = contestants.map((): number[] => []);
// The first rounds warm up and are not counted.
for (let round = -5; round < Number(options.rounds); ++round) {
  for (const [place, { run }] of contestants.entries()) {
    const start = performance.now();
    for (let call = 0; call < CALLS; ++call) await run();
    if (round >= 0) times[place]?.push((1000 * (performance.now() - start)) / CALLS);
  }
}

const results = contestants.map(({ name }, index) => {
  const sorted = (times[index] as number[]).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number;
  return { name, median: at(0.5), low: at(0.25), high: at(0.75) };
});
console.log("| one latent | µs, median (quartiles) |");
console.log("| --- | --- |");
for (const { name, median, low, high } of results) {
  console.log(`| ${name} | ${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)}) |`);
}
const ratios = [0, 2].map((place) => (results[place + 1]?.median as number) / (results[place]?.median as number)) as [
  number,
  number,
];
console.log(
  `onnxruntime-web takes ${ratios[0].toFixed(2)} times as long forward, ${ratios[1].toFixed(2)} with the gradient`,
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ results, ratios }, null, 2)}\n`);
