import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClassifier } from "../src/entries/node.ts";
import { randomModel, shapes } from "../test/support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../test/support/weights-file.ts";
import { blocksInOneInstance } from "./long-runs/one-instance.ts";
import { recreate } from "./long-runs/recreated.ts";
import { inThreads } from "./long-runs/threads.ts";
import { inTurns } from "./long-runs/two-models.ts";
import { wholeNumber } from "./measure/whole-number.ts";

// What a service goes through in a long winter: memory that grows, answers that drift, instances that disturb each other.
//
//   npx tsx bench/long-run.ts                      all of it, two hours of one core
//   npx tsx bench/long-run.ts --images 1000000     a tenth of the images
//   npx tsx bench/long-run.ts --only instance      one part: instance, models, threads or recreate
//
// Interrupted, it says how far it came. Exits with 1 where hashes differ or the module's memory has grown.

const BLOCK = 100_000;
const PARTS = ["instance", "models", "threads", "recreate"] as const;

const { values: options } = parseArgs({
  options: {
    images: { type: "string", default: "10000000" },
    recreated: { type: "string", default: "10000" },
    threads: { type: "string", default: "4" },
    only: { type: "string" },
  },
});
const images = wholeNumber("images", options.images);
const recreated = wholeNumber("recreated", options.recreated);
const threads = wholeNumber("threads", options.threads);
const only = PARTS.find((part) => part === options.only);
if (options.only !== undefined && only === undefined) {
  throw new Error(`--only ${options.only}: wanted ${PARTS.join(", ")}`);
}
const wanted = (part: (typeof PARTS)[number]): boolean => only === undefined || only === part;

const shipped = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
const module = await WebAssembly.compile(shipped);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const resident = (): string => megabytes(process.memoryUsage.rss());
let isWell = true;

/** Prints what was seen, and whether it is as it must be. */
function report(is: boolean, text: string): void {
  console.log(`${is ? "ok" : "FAILED"}: ${text}`);
  isWell &&= is;
}

async function oneInstance(): Promise<void> {
  const abs = await createClassifier({ module, effort: "quick" });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once("SIGINT", stop);
  const hashes = new Set<string>();
  let first: { memoryBytes: number; resident: string } | undefined;
  const began = performance.now();
  for (const { done, hash, memoryBytes } of blocksInOneInstance(abs, BLOCK)) {
    hashes.add(hash);
    first ??= { memoryBytes, resident: resident() };
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${done} classifications in ${seconds} s: ${hash.slice(0, 12)}, ${resident()} resident`);
    // The signal is heard when the event loop has its turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (done < images && !stopped) continue;
    report(
      hashes.size === 1 && memoryBytes === first.memoryBytes,
      `${done} classifications in one instance: ${hashes.size} different hash of blocks of ${BLOCK}; the module's memory ` +
        `${megabytes(first.memoryBytes)} after the first block, ${megabytes(memoryBytes)} in the end; ` +
        `resident ${first.resident} and ${resident()}`,
    );
    break;
  }
  process.off("SIGINT", stop);
}

async function twoModels(): Promise<void> {
  const layers = shapes["pixel shuffle"] as NonNullable<(typeof shapes)[string]>;
  const weights = writeWeightsFile(weightsFileParts(randomModel(layers), layers));
  const first = await createClassifier({ module });
  const second = await createClassifier({ module, weights });
  const found = inTurns(first, second, 3000);
  report(
    found.every(({ alone, inTurns }) => alone === inTurns) && found[0]?.alone !== found[1]?.alone,
    "two models in turns on 3000 images answer as each does alone",
  );
}

async function severalThreads(): Promise<void> {
  const hashes = await inThreads(module, threads, 2000);
  report(new Set(hashes).size === 1, `${threads} threads with one compiled module agree on 2000 images`);
}

async function disposedAndRecreated(): Promise<void> {
  let early = "";
  const hashes = await recreate(
    () => createClassifier({ module }),
    recreated,
    (made) => {
      if (made === Math.min(500, recreated)) early = resident();
      if (made % 1000 === 0) console.log(`${made} made: ${resident()} resident`);
    },
  );
  report(
    hashes.size === 1,
    `${recreated} classifiers, one after the other, agree; resident ${early} and ${resident()}`,
  );
}

if (wanted("models")) await twoModels();
if (wanted("threads")) await severalThreads();
if (wanted("recreate")) await disposedAndRecreated();
if (wanted("instance")) await oneInstance();
if (!isWell) process.exitCode = 1;
