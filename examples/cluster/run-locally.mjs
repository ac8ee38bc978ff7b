// The cluster's work on one machine: every shard in a process of its own, all merged, and the result held against one run.
//
//   node examples/cluster/run-locally.mjs [evaluate] --data DIR [--shards 4] [further options of `abs evaluate`]
//   node examples/cluster/run-locally.mjs attack --data DIR [--shards 4] [further options of `abs attack`]

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, promisify } from "node:util";

const COMMAND = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const run = promisify(execFile);
/** Whatever depends on the clock or on how the work was divided. */
const INCIDENTAL = [
  ...["data", "workers", "timedOverChunksOf", "millisecondsPerImage", "imagesPerSecond", "shards"],
  ...["seconds", "attackSeconds", "milliseconds", "meanMilliseconds"],
];

const words = process.argv.slice(2);
const command = words[0] === "attack" || words[0] === "evaluate" ? words.shift() : "evaluate";
const place = words.indexOf("--shards");
const [, count = "4"] = place < 0 ? [] : words.splice(place, 2);
if (!/^[1-9][0-9]*$/.test(count)) throw new Error(`--shards wants a whole number from 1, got ${JSON.stringify(count)}`);

const folder = await mkdtemp(join(tmpdir(), "abs-shards-"));
try {
  const files = [];
  for (let index = 0; index < Number(count); ++index) {
    files.push(join(folder, `${index}.json`));
    await writeFile(files[index], await abs(command, "--shard", `${index}/${count}`, "--json", ...words));
  }
  const merged = essence(await abs("merge", "--json", ...files));
  const whole = essence(await abs(command, "--json", ...words));
  const names = Object.keys({ ...merged, ...whole }).filter((name) => !isDeepStrictEqual(merged[name], whole[name]));
  if (names.length > 0) throw new Error(`${count} shards joined do not equal one run: ${names.join(", ")} differ`);
  const found =
    command === "attack"
      ? `${merged.results.length} attacks on ${merged.images} images`
      : `${merged.correct} of ${merged.images} correct, digest ${merged.digest}`;
  console.log(`${count} shards joined equal one run: ${found}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function abs(...args) {
  const { stdout } = await run(process.execPath, [COMMAND, ...args], { maxBuffer: 2 ** 28 });
  return stdout;
}

function essence(text) {
  return JSON.parse(text, (name, value) => (INCIDENTAL.includes(name) ? undefined : value));
}
