import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { wholeNumber } from "../../bench/measure/whole-number.ts";
import { bringUpToDate } from "../../scripts/build-steps.mjs";
import { checkFrozenWeights, watchFrozenWeights } from "../support/frozen-weights.ts";
import { provideDebugImports } from "../support/out-of-bounds.ts";
import { corpusOf } from "./corpus.ts";
import { buildForCoverage, coverageMissing, tryGuided } from "./coverage.ts";
import { tryProperties } from "./properties.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets/all.ts";

// Throws at every entry of the project what nobody of good will would: `npm run fuzz`. Exits with 1 where a contract breaks.
//
//   npm run fuzz                                    every target for five seconds
//   npm run fuzz -- --target weights --cases 100000
//   npm run fuzz -- --seconds 600 --seed 7          ten minutes, divided among the targets
//   npm run fuzz -- --debug                         on the build that checks every access to memory
//   npm run fuzz -- --coverage --seconds 600        cases guided by what they reach, where Jazzer.js loads
//   npm run fuzz -- --target files --replay 0a1b    one case again, from its bytes in hexadecimal

/** Cases before memory is looked at first. */
const WARM_UP = 500;
/** Megabytes that a target may hold more afterwards: what it keeps to know a case again. */
const MOST_GROWTH = 32;

const { values: given } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    cases: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    debug: { type: "boolean", default: false },
    replay: { type: "string" },
    coverage: { type: "boolean", default: false },
  },
});

const names = given.target ?? TARGETS.map(({ name }) => name);
const targets = names.map((name) => {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined)
    throw new Error(`--target ${name}: wanted one of ${TARGETS.map((one) => one.name).join(", ")}`);
  return found;
});
const cases = given.cases === undefined ? Number.POSITIVE_INFINITY : wholeNumber("cases", given.cases);
const seconds =
  given.seconds === undefined
    ? given.cases === undefined
      ? 5 * targets.length
      : Number.POSITIVE_INFINITY
    : wholeNumber("seconds", given.seconds);
const seed = wholeNumber("seed", given.seed, 0);

bringUpToDate(given.debug ? ["freeze", "debug", "wasi", "uploads"] : ["freeze", "module", "wasi", "uploads"]);
if (given.debug) provideDebugImports();
watchFrozenWeights();
const compile = (path: string): Promise<WebAssembly.Module> =>
  WebAssembly.compile(readFileSync(new URL(`../../${path}`, import.meta.url)));
const ground = {
  module: await compile(given.debug ? "build/abs.debug.wasm" : "dist/abs.wasm"),
  wasi: await compile("dist/abs.wasi.wasm"),
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** Megabytes that are held once all garbage is gone. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; ++turn) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

async function replay(target: Target, bytes: Uint8Array): Promise<void> {
  const { trial, end } = await target.prepare(ground);
  try {
    console.log(await trial(bytes));
  } finally {
    await end?.();
  }
}

async function fuzz(target: Target): Promise<boolean> {
  const { trial, end } = await target.prepare(ground);
  const corpus = [...corpusOf(target.name).values()];
  const share = { cases, seconds: seconds / targets.length };
  // Compiled functions and tables that are made once are no growth.
  await tryProperties(trial, target.length, corpus, seed, { cases: WARM_UP, seconds: share.seconds / 4 });
  const before = await held();
  const found = await tryProperties(trial, target.length, corpus, seed, share);
  const after = await held();
  checkFrozenWeights();
  await end?.();
  const rate = Math.round(found.cases / found.seconds);
  console.log(
    `${target.name}: ${found.cases} cases, ${rate} a second, ${found.answered} answered and the others refused; ` +
      `${before.toFixed(0)} MB held before, ${after.toFixed(0)} MB after`,
  );
  const { failure } = found;
  if (failure !== undefined) {
    const { error } = failure;
    console.log(
      `${target.name} FAILED with --seed ${failure.seed}, smallest case ${Buffer.from(failure.bytes).toString("hex") || "(empty)"}`,
    );
    console.log(error instanceof Error ? error.stack : error);
  }
  const grew = after - before > MOST_GROWTH;
  if (grew) console.log(`${target.name} FAILED: it holds ${(after - before).toFixed(0)} MB more than before`);
  return failure === undefined && !grew;
}

// Where a case leaves a timer or a promise behind that fails later, that is a failure too.
process.on("unhandledRejection", (error) => {
  console.log("FAILED: a rejection that nobody handles");
  throw error;
});

/** Guides the cases by coverage, where that can be. @returns whether it could */
function guide(): boolean {
  const missing = coverageMissing();
  if (missing !== undefined) {
    console.log(`not guided by coverage: ${missing}`);
    return false;
  }
  buildForCoverage();
  for (const target of targets) {
    const share = Number.isFinite(seconds) ? Math.ceil(seconds / targets.length) : 60;
    const { cases, edges, found, failure } = tryGuided(target, share, seed);
    console.log(
      `${target.name}: ${cases} cases guided by coverage, ${edges} edges reached, ${found} cases led to new ones`,
    );
    if (failure === undefined) continue;
    console.log(`${target.name} FAILED: ${failure}`);
    process.exitCode = 1;
  }
  return true;
}

if (given.coverage && guide()) {
  // All is said.
} else if (given.replay !== undefined) {
  for (const target of targets) await replay(target, Uint8Array.from(Buffer.from(given.replay, "hex")));
} else {
  let isWell = true;
  for (const target of targets) isWell = (await fuzz(target)) && isWell;
  if (!isWell) process.exitCode = 1;
}
