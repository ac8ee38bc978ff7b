import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nearestRank, wilsonInterval } from "../../src/cli/scores.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { FakeClassifier, run } from "./fake-classifier.ts";

const COUNT = 120;
/** The fake reads the label from the first pixel; every tenth true label is one more than that. */
const READ = Uint8Array.from({ length: COUNT }, (_, index) => index % 9);
const LABELS = READ.map((label, index) => (index % 10 === 0 ? label + 1 : label));
const IMAGES = Uint8Array.from({ length: COUNT * 784 }, (_, index) =>
  index % 784 === 0 ? (READ[index / 784] as number) : index < 4 * 784 ? 0 : 50,
);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await directory.write("t10k-images-idx3-ubyte.gz", gzipSync(idxBytes([COUNT, 28, 28], IMAGES)));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], LABELS));
});
afterAll(() => directory.remove());

describe("abs evaluate", () => {
  it("scores in chunks", async () => {
    const { code, stdout, classifier } = await run(["evaluate", "--data", directory.path, "--json"]);
    expect(code).toBe(0);
    expect(classifier.batchLengths).toEqual([50, 50, 20]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      split: "test",
      inference: "race",
      effort: "standard",
      variant: "abs",
      confidence: "calibrated",
      images: COUNT,
      correct: 108,
      accuracy: 0.9,
      rejected: { images: 4, share: 4 / COUNT },
      meanEvaluations: 40,
    });
    expect(document.interval.low).toBeCloseTo(0.833, 3);
    expect(document.interval.high).toBeCloseTo(0.942, 3);
    expect(document.millisecondsPerImage.p99).toBeGreaterThanOrEqual(document.millisecondsPerImage.median);
    const trueZeros = LABELS.filter((label) => label === 0).length;
    const readZeros = READ.filter((label) => label === 0).length;
    expect(document.confusion[0][0]).toBe(trueZeros);
    expect(document.classes[0].recall).toBe(1);
    expect(document.classes[0].precision).toBeCloseTo(trueZeros / readZeros, 10);
    expect(document.classes[9]).toMatchObject({ precision: null, recall: 0 });
  });

  it("prints a table", async () => {
    const { stdout } = await run(["evaluate", "--data", directory.path]);
    expect(stdout).toMatch(/accuracy +90\.00 % \(108 of 120; 95 % interval 83\.3\d % to 94\.1\d %\)/);
    expect(stdout).toMatch(/rejected +3\.33 % \(4\)/);
    expect(stdout).toMatch(/\n +9 +\d+ +– +0\.00 %\n/);
  });

  it("takes a part of the images", async () => {
    const words = ["evaluate", "--data", directory.path, "--offset", "11", "--limit", "9", "--json"];
    const { stdout, classifier } = await run(words);
    expect(classifier.batchLengths).toEqual([9]);
    expect(JSON.parse(stdout)).toMatchObject({ offset: 11, images: 9, correct: 9 });
    expect(await run(["evaluate", "--data", directory.path, "--offset", "120"])).toMatchObject({ code: 2 });
  });

  it("scores the same with several workers", async () => {
    const words = ["evaluate", "--data", directory.path, "--json"];
    const alone = JSON.parse((await run(words)).stdout);
    const { stdout, classifier, threads } = await run([...words, "--workers", "3"]);
    const together = JSON.parse(stdout);
    expect(classifier.batchLengths).toEqual([]);
    expect(threads).toEqual([expect.objectContaining({ count: 3, disposed: true })]);
    expect([alone.workers, together.workers]).toEqual([1, 3]);
    for (const document of [alone, together]) {
      expect(document.imagesPerSecond).toBeGreaterThan(0);
      for (const name of ["workers", "timedOverChunksOf", "imagesPerSecond", "millisecondsPerImage"]) {
        delete document[name];
      }
    }
    expect(together).toEqual(alone);
  });

  it("starts no more workers than it has work for, and as many as there are cores when asked", async () => {
    const words = ["evaluate", "--data", directory.path, "--json", "--limit", "3", "--workers"];
    expect((await run([...words, "8"])).threads).toMatchObject([{ count: 3 }]);
    expect((await run(["evaluate", "--data", directory.path, "--limit", "1", "--workers", "8"])).threads).toEqual([]);
    const { stdout } = await run(["evaluate", "--data", directory.path, "--json", "--workers", "auto"]);
    expect(JSON.parse(stdout).workers).toBe(Math.min(COUNT, availableParallelism()));
  });

  it("says what the times mean", async () => {
    const words = ["evaluate", "--data", directory.path];
    const alone = (await run(words)).stdout;
    expect(alone).toMatch(/time +\S+ ms per image \(median\), \S+ ms \(99th percentile\), over chunks of 50\n/);
    expect(alone).toMatch(/throughput +\d+ images a second with 1 worker\n/);
    const together = (await run([...words, "--workers", "2"])).stdout;
    expect(together).toMatch(/ ms per image on its worker's clock \(median\), .*, over chunks of 15\n/);
    expect(together).toMatch(/throughput +\d+ images a second with 2 workers on \d+ cores?, their start included\n/);
  });

  it("hands the model's options to the workers", async () => {
    const weights = await directory.write("own.safetensors", Uint8Array.of(1, 2, 3));
    const model = ["--inference", "paper", "--effort", "quick", "--variant", "binary-abs", "--confidence", "paper"];
    const words = ["evaluate", "--data", directory.path, "--workers", "2", "--weights", weights, ...model];
    const settings = { inference: "paper", effort: "quick", variant: "binary-abs", confidence: "paper" };
    const [threads] = (await run(words)).threads;
    expect(threads?.settings).toEqual({ ...settings, weights: expect.anything() });
    expect(Array.from(threads?.settings.weights ?? [])).toEqual([1, 2, 3]);
  });

  it("corrupts an image by the seed and its place in the data set, whatever part of that is meant", async () => {
    const batches = async (...more: string[]): Promise<string> => {
      const seen: number[] = [];
      class Watching extends FakeClassifier {
        override classifyBatch(images: Uint8Array) {
          seen.push(...images);
          return super.classifyBatch(images);
        }
      }
      const words = ["evaluate", "--data", directory.path, "--corruption", "shot-noise,translate", ...more];
      expect((await run(words, { createClassifier: async () => new Watching() })).code).toBe(0);
      return seen.join();
    };
    const tail = await batches("--offset", "3", "--limit", "2");
    const whole = await batches("--offset", "2", "--limit", "3");
    // Two kinds after each other, of three images each.
    const pixels = whole.split(",");
    const part = [...pixels.slice(784, 3 * 784), ...pixels.slice(4 * 784)].join();
    expect(tail).toBe(part);
    expect(await batches("--offset", "3", "--limit", "2", "--seed", "1")).not.toBe(tail);
  });

  it("scores under corruptions, the mean over the kinds last", async () => {
    const words = ["evaluate", "--data", directory.path, "--corruption", "stripe,brightness", "--seed", "3", "--json"];
    const { code, stdout, classifier } = await run(words);
    expect(code).toBe(0);
    expect(classifier.batchLengths).toEqual([50, 50, 20, 50, 50, 20]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ split: "test", variant: "abs", offset: 0, images: COUNT, seed: 3 });
    // Inverted, the first pixel is 255 − label; half as bright again, 128 + label: both by tens, and never alone.
    const share = (isSo: (read: number, truth: number) => boolean): number =>
      READ.filter((read, index) => isSo(read, LABELS[index] as number)).length / COUNT;
    const inverted = share((read, truth) => (255 - read) % 10 === truth);
    const brighter = share((read, truth) => (128 + read) % 10 === truth);
    expect(document.corruptions).toEqual([
      { name: "brightness", accuracy: brighter, rejected: 0, wrongAndAccepted: 1 - brighter },
      { name: "stripe", accuracy: inverted, rejected: 0, wrongAndAccepted: 1 - inverted },
    ]);
    expect(document.mean.accuracy).toBeCloseTo((inverted + brighter) / 2, 12);
    const together = JSON.parse((await run([...words, "--workers", "3"])).stdout);
    expect(together).toEqual({ ...document, workers: 3 });
  });

  it("tells wrong labels that were rejected from those that were not", async () => {
    const words = ["evaluate", "--data", directory.path, "--limit", "4", "--corruption", "scale", "--json"];
    const [scores] = JSON.parse((await run(words)).stdout).corruptions;
    // Shrinking moves the corner inwards, so 0 is read of all four. The first, all black, is rejected and its label 1.
    expect(scores).toEqual({ name: "scale", accuracy: 0, rejected: 0.25, wrongAndAccepted: 0.75 });
  });

  it("prints the fifteen kinds as a table", async () => {
    const { stdout } = await run(["evaluate", "--data", directory.path, "--limit", "5", "--corruptions"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 15 + 1 + 2);
    expect(lines[1]).toMatch(/^shot-noise +\d+\.\d % +\d+\.\d % +\d+\.\d %$/);
    expect(lines[16]).toMatch(/^mean +\d/);
    expect(lines[18]).toBe("5 images of each kind, seed 0");
  });

  it.each([
    ["--corruption", "rain", "--corruption wants names out of shot-noise, "],
    ["--corruption", "stripe,", 'canny-edges, got ""'],
    ["--seed", "1", "--seed is for --corruptions and --strings only"],
    ["--corruptions", "--seed", "4294967296", "--seed wants at most 4294967295"],
    ["--corruptions", "--shard", "0/2", "--shard and --corruptions exclude each other"],
  ])("refuses %s %s", async (...words) => {
    const message = words.pop() as string;
    const { code, stderr } = await run(["evaluate", "--data", directory.path, ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("names the file that is missing or wrong", async () => {
    const missing = await run(["evaluate", "--data", directory.path, "--split", "train"]);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("has neither train-images-idx3-ubyte.gz nor train-images-idx3-ubyte");

    const other = join(directory.path, "other");
    await mkdir(other);
    await directory.write("other/t10k-images-idx3-ubyte", idxBytes([2, 28, 28], new Uint8Array(2 * 784)));
    await directory.write("other/t10k-labels-idx1-ubyte", idxBytes([3], Uint8Array.of(1, 2, 3)));
    expect((await run(["evaluate", "--data", other])).stderr).toContain("holds 3 labels for 2 images");
    await directory.write("other/t10k-labels-idx1-ubyte", idxBytes([2], Uint8Array.of(1, 12)));
    const outside = await run(["evaluate", "--data", other]);
    expect(outside.code).toBe(1);
    expect(outside.stderr).toContain("there is no class 12; the model has 10");
    await directory.write("other/t10k-images-idx3-ubyte", idxBytes([2, 8, 8], new Uint8Array(128)));
    expect((await run(["evaluate", "--data", other])).stderr).toContain("images of 8×8 pixels; 28×28 are wanted");
    await rm(other, { recursive: true });
  });
});

describe("the statistics", () => {
  it("give Wilson's interval", () => {
    // Values from the closed form, for z = 1.95996.
    expect(wilsonInterval(0, 10)).toEqual({ low: 0, high: expect.closeTo(0.27753, 5) });
    expect(wilsonInterval(10, 10)).toEqual({ low: expect.closeTo(0.72247, 5), high: expect.closeTo(1, 12) });
    expect(wilsonInterval(5, 10)).toEqual({ low: expect.closeTo(0.23659, 5), high: expect.closeTo(0.76341, 5) });
  });

  it("take quantiles by nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(nearestRank(values, 0.5)).toBe(50);
    expect(nearestRank(values, 0.99)).toBe(99);
    expect(nearestRank([7], 0.99)).toBe(7);
  });
});
