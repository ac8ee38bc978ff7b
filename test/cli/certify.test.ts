import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { asPng, draw } from "../image/drawing.ts";
import { run } from "./fake-classifier.ts";

const COUNT = 20;
/** The fake reads tenths of the first pixel; the last true label is wrong. */
const LABELS = Uint8Array.from({ length: COUNT }, (_, index) => (index === COUNT - 1 ? 0 : index % 10));
const IMAGES = new Uint8Array(COUNT * 784);
for (let index = 0; index < COUNT; ++index) {
  IMAGES[index * 784] = Math.round(25.5 * ((index % 10) + 0.5));
  IMAGES[index * 784 + 1] = 200;
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let images: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  images = await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], IMAGES));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], LABELS));
});
afterAll(() => directory.remove());

const onData = (...more: string[]) => run(["certify", "--data", directory.path, ...more]);

describe("abs certify --data", () => {
  it("tells certified accuracies, the mean radius and the time", async () => {
    const { code, stdout } = await onData("--json");
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      ...{ split: "test", sigma: 0.5, samples: 1000, alpha: 0.001, seed: 0, offset: 0, images: COUNT },
      // The fake's radii are tenths of the place's last digit; it abstains from nines, of which one is no nine.
      abstained: 2,
      accuracies: [
        { radius: 0, accuracy: 18 / 20 },
        { radius: 0.25, accuracy: 12 / 20 },
        { radius: 0.5, accuracy: 8 / 20 },
        { radius: 1, accuracy: 0 },
        { radius: 1.5, accuracy: 0 },
      ],
    });
    expect(document.meanRadius).toBeCloseTo((2 * 3.6) / 20, 10);
    expect(document.millisecondsPerImage.p99).toBeGreaterThanOrEqual(document.millisecondsPerImage.median);
    expect(document.results).toHaveLength(COUNT);
    expect(document.results[3]).toMatchObject({ image: 3, truth: 3, label: 3, abstained: false, radius: 0.3 });
  });

  it("counts a certain label that is wrong as no radius, says what was measured, and knows the model's classes", async () => {
    const other = await temporaryDirectory();
    const labels = LABELS.slice(0, 10);
    // The fake reads 5 here, is certain of it, and would get a radius of .5.
    labels[5] = 4;
    await other.write("t10k-images-idx3-ubyte", idxBytes([10, 28, 28], IMAGES.subarray(0, 7840)));
    await other.write("t10k-labels-idx1-ubyte", idxBytes([10], labels));
    const { stdout } = await run(["certify", "--data", other.path, "--json"]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ version: "1.2.3", inference: "race", effort: "standard", variant: "abs" });
    expect(document.dataSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(document.weightsSha256).toBeNull();
    // Radii of .0 to .8, without the wrong .5; nines are abstained from.
    expect(document.meanRadius).toBeCloseTo((3.6 - 0.5) / 10, 10);
    expect(document.accuracies[0].accuracy).toBe(0.8);
    labels[6] = 12;
    await other.write("t10k-labels-idx1-ubyte", idxBytes([10], labels));
    const { code, stderr } = await run(["certify", "--data", other.path]);
    expect([code, stderr]).toEqual([1, "abs certify: there is no class 12; the model has 10\n"]);
    await other.remove();
  });

  it("counts a wrong label as no radius at all", async () => {
    const { stdout } = await onData("--json", "--offset", "10", "--seed", "5");
    const wrong = JSON.parse(stdout).results.map(
      ({ truth, label }: { truth: number; label: number }) => truth !== label,
    );
    expect(wrong.filter(Boolean)).toHaveLength(1);
    expect(JSON.parse(stdout).accuracies[0].accuracy).toBe(0.9);
  });

  it("prints them", async () => {
    const { stdout } = await onData("--limit", "10");
    expect(stdout).toMatch(
      /^certified accuracy of the smoothed classifier\n {2}L2 0 +90\.00 %\n {2}L2 0\.25 +60\.00 %\n/,
    );
    expect(stdout).toMatch(/\nmean radius +0\.360\nabstained +10\.00 % \(1 of 10\)\ntime +\S+ ms per image/);
  });

  it("finds the same with several workers, in order", async () => {
    const essence = (text: string): unknown =>
      JSON.parse(text, (name, value) =>
        ["workers", "seconds", "milliseconds", "millisecondsPerImage"].includes(name) ? undefined : value,
      );
    const alone = await onData("--json", "--offset", "2", "--limit", "15");
    const together = await onData("--json", "--offset", "2", "--limit", "15", "--workers", "3");
    expect(together.threads).toMatchObject([{ count: 3, disposed: true }]);
    expect(essence(together.stdout)).toEqual(essence(alone.stdout));
  });
});

describe("abs certify FILE…", () => {
  it("prints a radius for each image", async () => {
    const { code, stdout } = await run(["certify", images, "--offset", "8", "--limit", "2"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `${images} [8]: 8 within L2 0.800 (90.0 % of noisy copies at least)\n` +
        `${images} [9]: nothing is certain (nearest 9, 40.0 % of noisy copies at least)\n`,
    );
  });

  it("says the same in JSON, with the settings", async () => {
    const words = ["--json", "--sigma", "0.25", "--samples", "50", "--alpha", "1e-2", "--seed", "7", "--base", "label"];
    const { stdout } = await run(["certify", images, "--limit", "1", ...words]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ sigma: 0.25, samples: 50, alpha: 0.01, seed: 7, base: "label", failures: [] },
      results: [
        {
          ...{ file: images, frame: 0, name: "0", label: 0, abstained: false, lowerBound: 0.9, radius: 0.7, votes: 50 },
          ...{ milliseconds: expect.any(Number), preprocessed: false },
        },
      ],
    });
  });

  it("tells what preprocessing found in a picture", async () => {
    const one = draw({ width: 200, height: 100, left: 20, top: 20, size: 60, pen: 7 });
    const data = one.data.map((value, at) => Math.max(value, one.data[at - 100] ?? 0));
    const files = [
      await directory.write("bare.png", asPng({ ...one, data: new Float32Array(one.data.length) })),
      await directory.write("one.png", asPng(one)),
      await directory.write("two.png", asPng({ ...one, data })),
    ];
    const { stdout: text } = await run(["certify", ...files]);
    const answers = text.trimEnd().split("\n");
    expect(answers[0]).toBe(`${files[0]}: nothing drawn`);
    expect(answers[1]).toMatch(/at least\)$/);
    expect(answers[2]).toMatch(/at least\); several things are drawn, this is the heaviest$/);
    const { results } = JSON.parse((await run(["certify", ...files, "--json"])).stdout);
    expect(results.map(({ found }: { found: string }) => found)).toEqual(["nothing", "digit", "several"]);
    expect(results[1]).toMatchObject({ preprocessed: true, ink: "bright", box: { left: expect.any(Number) } });
  });

  it("goes on after a file that cannot be read", async () => {
    const { code, stdout, stderr } = await run(["certify", "nowhere.png", images, "--limit", "1"]);
    expect(code).toBe(1);
    expect(stderr).toBe("abs certify: nowhere.png: no such file\n");
    expect(stdout).toMatch(/\[0\]: 0 within/);
    const skipped = await run(["certify", images, "--offset", "20"]);
    expect(skipped).toMatchObject({
      code: 1,
      stderr: `abs certify: ${images}: has 20 images; --offset 20 skips them all\n`,
    });
  });

  it("reads standard input", async () => {
    const { stdout } = await run(["certify", "-", "--limit", "1"], { stdin: Readable.from([readFileSync(images)]) });
    expect(stdout).toMatch(/^standard input \[0\]: 0 within/);
  });

  it("bounds as the library does", async () => {
    const createOwn = async () => await createClassifier();
    const file = fileURLToPath(new URL("../../examples/images/seven-small.png", import.meta.url));
    const words = ["certify", file, "--json", "--sigma", "0.25", "--samples", "200"];
    const { stdout } = await run(words, { createClassifier: createOwn });
    const [result] = JSON.parse(stdout).results;
    expect(result).toMatchObject({ name: "7", label: 7, abstained: false });
    // All of 200 copies: .001^(1/200) of them at least, and .25 times that share's quantile.
    expect(result.votes).toBe(200);
    expect(result.lowerBound).toBeCloseTo(0.001 ** (1 / 200), 6);
    expect(result.radius).toBeCloseTo(0.4564, 4);
  });
});

describe("abs certify", () => {
  it.each([
    [[], "certify wants FILE… or --data DIR"],
    [["a.png", "--data", "."], "certify wants FILE… or --data DIR"],
    [["a.png", "--sigma", "0"], "--sigma: got 0, wanted a number above 0 and at most 10"],
    [["a.png", "--sigma", "wide"], '--sigma wants a number, got "wide"'],
    [["a.png", "--samples", "1.5"], "--samples: got 1.5, wanted a whole number from 1 to 1000000"],
    [["a.png", "--alpha", "1"], "--alpha: got 1, wanted a number above 0 and below 1"],
    [["a.png", "--seed", "4294967296"], "--seed: got 4294967296, wanted a whole number from 0 to 4294967295"],
    [["a.png", "--base", "votes"], '--base wants surrogates or label, got "votes"'],
    [["a.png", "--split", "test"], "--split is for --data"],
    [["--data", ".", "--raw"], "--raw is for image files, not for --data"],
    [["-", "-"], "standard input, -, can be read only once"],
  ])("calls %j wrong usage", async (words, message) => {
    const { code, stdout, stderr } = await run(["certify", ...words]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\nTry: abs certify --help\n$/);
  });
});
