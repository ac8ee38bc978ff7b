import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClassifierWith } from "../src/create-classifier.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import type { Inference } from "../src/search.ts";
import { bringUpToDate } from "./build-steps.mjs";

// Where a classification spends its time, by function of the module: one line for each that takes at least 1 %.
//
//   npm run profile -- [--images N] [--inference race|paper]
//
// The images are drawn by the model and noisy. The code is that of dist/abs.wasm, with names besides, and stands in
// build/abs.wat under the same names. The whole profile is in build/classify.cpuprofile, for a browser's developer tools.

const LEAST_SHARE = 0.01;
const SAMPLING_MICROSECONDS = 200;
const NOISE = 0.3;

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "500" },
    inference: { type: "string", default: "race" },
  },
});

/** Time of each function itself, without those that it calls, in microseconds; the profiler's own function is left out. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const names = new Map(
    nodes
      .filter(({ callFrame }) => callFrame.functionName !== "dispatch")
      .map(({ id, callFrame }) => [id, callFrame.functionName || "(anonymous)"]),
  );
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id);
    if (name === undefined) return;
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] as number));
  });
  return times;
}

/** Nobody writes as the model draws: noise makes the race work for its result. */
function noisy(image: Float32Array, next: () => number): Float32Array {
  return image.map((value) => Math.min(1, Math.max(0, value + NOISE * (next() - next()))));
}

/** Seeded numbers in [0, 1), by a linear congruential generator: good enough for noise. */
function uniformNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function main(): Promise<void> {
  const images = Number(options.images);
  if (!Number.isInteger(images) || images < 1) {
    throw new Error(`--images: got "${options.images}", wanted a whole number from 1`);
  }
  bringUpToDate(["freeze", "text"]);
  const createClassifier = createClassifierWith(() => readFileSync(path("build/abs.named.wasm")));
  const abs = await createClassifier({ inference: options.inference as Inference });
  const next = uniformNumbers();
  const drawn = abs.classes.flatMap((_, label) => abs.sample(label, { seed: label, count: 10 }));
  const shown = drawn.map((image) => noisy(image, next));
  // The first image is slower: the engine compiles, and the paper's search decodes its samples.
  for (const image of shown) abs.classify(image);

  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  await session.post("Profiler.start");
  const start = performance.now();
  for (let index = 0; index < images; ++index) abs.classify(shown[index % shown.length] as Float32Array);
  const elapsed = performance.now() - start;
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  await writeWholeFile(path("build/classify.cpuprofile"), JSON.stringify(profile));

  const times = [...selfTimes(profile)].sort(([, one], [, other]) => other - one);
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  console.log(`${images} images, ${(elapsed / images).toFixed(2)} ms each, by the function in which the time went:`);
  for (const [name, time] of times) {
    if (time < LEAST_SHARE * total) break;
    console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`);
  }
}

await main();
