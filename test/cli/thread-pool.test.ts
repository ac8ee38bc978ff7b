import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ThreadPool } from "../../src/cli/thread-pool.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { randomModel, shapes } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";
import { run } from "./fake-classifier.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const command = path("../../dist/library/cli.js");
const worker = path("../../dist/library/worker.js");
const illWorker = path("ill-worker.mjs");
const COUNT = 240;

let module: WebAssembly.Module;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let images: string;
let weights: string;

beforeAll(async () => {
  module = await WebAssembly.compile(readFileSync(path("../../dist/abs.wasm")));
  directory = await temporaryDirectory();
  const abs = await createClassifier({ module });
  const drawn = Array.from({ length: 10 }, (_, label) => abs.sample(label, { seed: label, count: COUNT / 10 }));
  const bytes = Uint8Array.from(
    drawn.flat().flatMap((image) => Array.from(image)),
    (value) => 255 * value,
  );
  const labels = Uint8Array.from({ length: COUNT }, (_, index) => Math.floor((10 * index) / COUNT));
  images = await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], bytes));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], labels));
  const layers = shapes["fully connected"] ?? [];
  const model = randomModel(layers, { classes: 10, prototypes: 6 });
  weights = await directory.write("random.safetensors", writeWeightsFile(weightsFileParts(model, layers)));
});
afterAll(() => directory.remove());

function abs(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...words], { encoding: "utf8", maxBuffer: 1e8 });
}

describe("the built command with workers", () => {
  it.each([
    [[]],
    [["--effort", "quick"]],
    [["--variant", "binary-abs"]],
    [["--confidence", "paper"]],
    [["own weights"]],
  ])("classifies to the same bits with 1 and 3 of them: %j", (options) => {
    const model = options[0] === "own weights" ? ["--weights", weights] : options;
    const [alone, together] = ["1", "3"].map((workers) =>
      abs("classify", images, "--json", "--workers", workers, ...model),
    );
    expect(alone).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(alone?.stdout ?? "").results).toHaveLength(COUNT);
    expect(together).toEqual({ ...alone, pid: expect.any(Number), output: expect.any(Array) });
  });

  it("evaluates to the same scores with 1 and 3 of them", () => {
    const [alone, together] = ["1", "3"].map((workers) => {
      const { status, stdout } = abs("evaluate", "--data", directory.path, "--json", "--workers", workers);
      expect(status).toBe(0);
      const { imagesPerSecond, millisecondsPerImage, timedOverChunksOf, ...scores } = JSON.parse(stdout);
      expect(scores.workers).toBe(Number(workers));
      expect(imagesPerSecond).toBeGreaterThan(0);
      return { ...scores, workers: undefined };
    });
    expect(together).toEqual(alone);
    expect(alone?.images).toBe(COUNT);
  });

  it.skipIf(process.platform === "win32")("ends at once on Ctrl-C", async () => {
    // A file that it takes long to go through: all images again and again, each with the greatest effort.
    const bytes = readFileSync(images).subarray(16);
    const repeats = 100;
    const long = await directory.write(
      "long",
      idxBytes([repeats * COUNT, 28, 28], Buffer.concat(Array(repeats).fill(bytes))),
    );
    const words = ["classify", long, "--workers", "2", "--effort", "thorough", "--pictures", "0"];
    const child: ChildProcess = spawn(process.execPath, [command, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    if (child.stdout === null) throw new Error("no standard output");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    child.stdout.resume();
    expect(await once(child, "exit")).toEqual([null, "SIGINT"]);
  });
});

describe("a pool", () => {
  const batch = (first: number): Uint8Array => new Uint8Array(784).fill(first);

  async function withPool<Result>(
    script: string,
    settings: Record<string, unknown>,
    use: (pool: ThreadPool) => Promise<Result>,
  ): Promise<Result> {
    const pool = new ThreadPool(script, 2, { module, ...settings }, () => {});
    try {
      return await use(pool);
    } finally {
      await pool.dispose();
    }
  }

  it("leaves the caller's images as they are", async () => {
    const buffer = Buffer.alloc(4 * 784, 9);
    await withPool(worker, {}, async (pool) => {
      const { classifications, milliseconds } = await pool.classifyBatch(buffer.subarray(784, 3 * 784));
      expect(classifications).toHaveLength(2);
      expect(milliseconds).toBeGreaterThan(0);
    });
    expect(buffer).toEqual(Buffer.alloc(4 * 784, 9));
  });

  it("hears of the preparation of the slowest worker", async () => {
    const heard: [number, number][] = [];
    const pool = new ThreadPool(worker, 2, { module, inference: "paper" }, (done, total) => heard.push([done, total]));
    const answers = await Promise.all([pool.classifyBatch(batch(0)), pool.classifyBatch(batch(0))]);
    await pool.dispose();
    expect(answers[1]?.classifications).toEqual(answers[0]?.classifications);
    expect(heard.length).toBeGreaterThan(10);
    expect(Math.max(...heard.map(([done]) => done))).toBe(heard[0]?.[1]);
  });

  it("passes on what a task throws and works on", async () => {
    await withPool(illWorker, {}, async (pool) => {
      await expect(pool.classifyBatch(batch(3))).rejects.toThrow(/^three is too much$/);
      expect(await pool.classifyBatch(batch(0))).toMatchObject({ milliseconds: 784 });
    });
  });

  it("says when a worker ends or cannot start", async () => {
    await withPool(illWorker, {}, async (pool) => {
      await expect(pool.classifyBatch(batch(4))).rejects.toThrow(/^a worker ended before its task was done$/);
    });
    await withPool(worker, { weights: new Uint8Array(4) }, async (pool) => {
      await expect(pool.classifyBatch(batch(0))).rejects.toThrow(
        /^a worker ended .*: .*not a safetensors file: 4 bytes/,
      );
    });
    await withPool(path("no-worker.mjs"), {}, async (pool) => {
      await expect(pool.classifyBatch(batch(0))).rejects.toThrow(/^a worker ended .*: Cannot find module/);
    });
  });

  it.each([
    [3, /^abs evaluate: three is too much\n$/],
    [4, /^abs evaluate: a worker ended before its task was done\n$/],
  ])("ends a command whose worker fails while others are at work, %#", async (first, message) => {
    const ill = await temporaryDirectory();
    try {
      // One image per chunk; the last one would keep its worker busy for ever.
      const pixels = [0, first, 5].flatMap((value) => Array(784).fill(value));
      await ill.write("t10k-images-idx3-ubyte", idxBytes([3, 28, 28], Uint8Array.from(pixels)));
      await ill.write("t10k-labels-idx1-ubyte", idxBytes([3], new Uint8Array(3)));
      const { code, stdout, stderr } = await run(["evaluate", "--data", ill.path, "--workers", "2"], {
        createThreads: async (threads, settings) =>
          new ThreadPool(illWorker, threads, { ...settings, module }, () => {}),
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(message);
    } finally {
      await ill.remove();
    }
  });
});
