import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ATTACKS } from "../../src/attacks/registry.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";

// The built command, with the attacks that there are, whichever they are: all on a budget that none of them needs.

const COMMAND = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const COUNT = 4;
/** One attack that needs nothing but what every classifier has. */
const NAME = ATTACKS.find(({ norms, needs }) => norms.includes("l2") && !needs.includes("response"))?.name ?? "";
/** All attacks in one norm on one image, some seconds' work. */
const MANY = ["--norm", "l2", "--budget", "40", "--limit", "1"];
const FEW = ["--norm", "l2", "--attack", NAME, "--budget", "60"];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let file: string;
let number = 0;
/** What a run of `MANY` finds that nobody interrupts. */
let whole: unknown;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const abs = await createClassifier();
  const labels = Uint8Array.from({ length: COUNT }, (_, index) => (index * 3) % 10);
  const images = Array.from(labels, (label) => Array.from(abs.sample(label, { seed: 5 })[0] as Float32Array)).flat();
  const bytes = Uint8Array.from(images, (value) => Math.round(255 * value));
  await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], bytes));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], labels));
});
afterAll(() => directory.remove());
beforeEach(() => {
  file = join(directory.path, `results-${++number}.jsonl`);
});

function attack(...more: string[]) {
  const words = [COMMAND, "attack", "--data", directory.path, "--json", ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 1e8 });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("abs attack:")]);
  return JSON.parse(stdout);
}

/** A document without what depends on the clock or on how the work was divided. */
function essence(document: object): unknown {
  const incidental = ["workers", "seconds", "attackSeconds", "milliseconds", "meanMilliseconds"];
  return JSON.parse(JSON.stringify(document, (name, value) => (incidental.includes(name) ? undefined : value)));
}

const linesOf = (path: string): number => (existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0);

describe("the built command", () => {
  it("attacks to the same results with 1 and 2 workers, and in both variants", () => {
    for (const model of [[], ["--variant", "binary-abs"]]) {
      const alone = attack(...FEW, ...model);
      expect(alone).toMatchObject({ complete: true, images: COUNT });
      expect(alone.results).toHaveLength(COUNT);
      for (const { queries } of alone.results) expect(queries).toBeLessThanOrEqual(60);
      expect(essence(attack(...FEW, ...model, "--workers", "2"))).toEqual(essence(alone));
    }
  });

  it("finds only images that the thorough search is misled by, too", async () => {
    const thorough = await createClassifier({ effort: "thorough" });
    const { results, gallery } = attack(...FEW.slice(0, 4), "--budget", "400");
    expect(results.some(({ distance }: { distance: number | null }) => distance !== null && distance > 0)).toBe(true);
    for (const { changed, label } of gallery) {
      const bytes = Uint8Array.from(Buffer.from(changed, "base64"));
      expect(thorough.classify(new Float32Array(bytes.buffer)).label).toBe(label);
    }
  });

  it.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "writes what it has at %s, and goes on from there",
    async (signal) => {
      const out = join(directory.path, `${signal}.html`);
      const words = [COMMAND, "attack", "--data", directory.path, "--json", "--out", out, ...MANY, "--resume", file];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
      const output = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
      while (linesOf(file) < 2 && child.exitCode === null) await setTimeout(2);
      child.kill(signal);
      const [stdout, stderr, [code]] = await output;
      const document = JSON.parse(stdout);
      expect(document.results).toHaveLength(linesOf(file) - 1);
      expect(code).toBe(signal === "SIGINT" ? 130 : 143);
      expect(stderr).toContain(`interrupted by ${signal} after ${document.results.length} attacks`);
      expect(document.complete).toBe(false);
      expect(readFileSync(out, "utf8")).toContain("Not complete");
      const resumed = attack(...MANY, "--resume", file);
      expect(resumed.complete).toBe(true);
      expect(linesOf(file)).toBe(1 + resumed.results.length);
      whole ??= essence(attack(...MANY));
      expect(essence(resumed)).toEqual(whole);
    },
  );

  it.skipIf(process.platform === "win32")("loses nothing that was found when it is killed", async () => {
    const words = [COMMAND, "attack", "--data", directory.path, "--json", ...MANY, "--resume", file];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    while (linesOf(file) < 2 && child.exitCode === null) await setTimeout(2);
    child.kill("SIGKILL");
    await once(child, "exit");
    const before = readFileSync(file, "utf8");
    // What a crash in the middle of a line leaves.
    writeFileSync(file, `${before}{"image":3,"tr`);
    const { results } = attack(...MANY, "--resume", file);
    expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);
    expect(linesOf(file)).toBe(1 + results.length);
  });
});
