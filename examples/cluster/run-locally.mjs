// The cluster's work on one machine: every shard in a process of its own, all merged, and the result held against one run.
//
//   node examples/cluster/run-locally.mjs --data DIR [--shards 4] [further options of `abs evaluate`]

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const COMMAND = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const run = promisify(execFile);
/** Whatever depends on the clock or on how the work was divided. */
const INCIDENTAL = ["data", "workers", "timedOverChunksOf", "millisecondsPerImage", "imagesPerSecond", "shards"];

const words = process.argv.slice(2);
const place = words.indexOf("--shards");
const [, count = "4"] = place < 0 ? [] : words.splice(place, 2);
if (!/^[1-9][0-9]*$/.test(count)) throw new Error(`--shards wants a whole number from 1, got ${JSON.stringify(count)}`);

const folder = await mkdtemp(join(tmpdir(), "abs-shards-"));
try {
  const files = [];
  for (let index = 0; index < Number(count); ++index) {
    files.push(join(folder, `${index}.json`));
    await writeFile(files[index], await abs("evaluate", "--shard", `${index}/${count}`, "--json", ...words));
  }
  const merged = JSON.parse(await abs("merge", "--json", ...files));
  const whole = JSON.parse(await abs("evaluate", "--json", ...words));
  for (const name of INCIDENTAL) {
    delete merged[name];
    delete whole[name];
  }
  if (JSON.stringify(sorted(merged)) !== JSON.stringify(sorted(whole))) {
    throw new Error(`${count} shards joined do not equal one run: ${JSON.stringify({ merged, whole })}`);
  }
  console.log(
    `${count} shards joined equal one run: ${merged.correct} of ${merged.images} correct, digest ${merged.digest}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function abs(...args) {
  const { stdout } = await run(process.execPath, [COMMAND, ...args], { maxBuffer: 2 ** 28 });
  return stdout;
}

function sorted(document) {
  return Object.fromEntries(Object.entries(document).sort(([one], [other]) => one.localeCompare(other)));
}
