import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preprocess } from "../../src/image/preprocess.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { asPng, draw, mapDrawing } from "../image/drawing.ts";
import { Collector, run } from "./fake-classifier.ts";

const SMALL = { width: 28, height: 28, channels: 1 } as const;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let digit: string;
let frame: string;
let inverted: string;
let dataSet: string;
let broken: string;

/** 28 rows of 28 bits each, filled up to four bytes, bright where a value is at least 0.5. */
function monochromeBmp(values: Float32Array): Uint8Array {
  const head = Buffer.alloc(14 + 40 + 8 + 28 * 4);
  head.write("BM");
  head.writeUInt32LE(62, 10);
  [40, 28, -28, 1 + (1 << 16)].forEach((value, index) => {
    head.writeInt32LE(value, 14 + 4 * index);
  });
  head.fill(255, 58, 61);
  values.forEach((value, index) => {
    const column = index % 28;
    const place = 62 + 4 * Math.floor(index / 28) + (column >> 3);
    if (value >= 0.5) head[place] = (head[place] as number) | (0x80 >> (column & 7));
  });
  return head;
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  const { image } = preprocess(draw({ width: 200, height: 180, left: 60, top: 40, size: 90, pen: 10 }));
  const framed = { data: image, width: 28, height: 28, channels: 1 } as const;
  digit = await directory.write(
    "digit.png",
    asPng(draw({ width: 90, height: 80, left: 20, top: 10, size: 50, pen: 6 })),
  );
  frame = await directory.write("frame.png", asPng(framed));
  inverted = await directory.write("inverted.png", asPng(mapDrawing(framed, (value) => 1 - value)));
  const images = Uint8Array.from({ length: 5 * 784 }, (_, index) =>
    index % 784 === 0 ? 26 * Math.floor(index / 784) : index % 7,
  );
  dataSet = await directory.write("images.gz", gzipSync(idxBytes([5, 28, 28], images)));
  broken = await directory.write("broken.png", "no picture");
});
afterAll(() => directory.remove());

describe("abs classify", () => {
  it("names the digit and draws what was seen beside what was redrawn", async () => {
    const { code, stdout, stderr, classifier } = await run(["classify", digit]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toBe(`${digit}: 0 (confidence 75.0 %)`);
    expect(lines[1]).toMatch(/^seen {26}redrawn as 0$/);
    expect(lines).toHaveLength(1 + 1 + 14 + 1);
    expect(stdout).toContain("@");
    expect(stdout).not.toContain("\u001b");
    expect(classifier.disposed).toBe(true);
  });

  it("draws in colour on a terminal, unless NO_COLOR asks otherwise", async () => {
    const coloured = new Collector(true);
    await run(["classify", digit], { stdout: coloured, variables: { TERM: "xterm" } });
    expect(coloured.text).toContain("▀");
    const plain = new Collector(true);
    await run(["classify", digit], { stdout: plain, variables: { TERM: "xterm", NO_COLOR: "1" } });
    expect(plain.text).not.toContain("\u001b");
  });

  it("prints one JSON document and nothing else", async () => {
    const { code, stdout } = await run(["classify", digit, frame, "--json"]);
    expect(code).toBe(0);
    const { results, failures } = JSON.parse(stdout);
    expect(failures).toEqual([]);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({
      file: digit,
      frame: 0,
      label: 0,
      confidence: 0.75,
      preprocessed: true,
      ink: "bright",
    });
    expect(results[0].probabilities).toHaveLength(10);
    expect(results[0].losses[0]).toBe(0.0625);
    expect(results[0].box.width).toBeGreaterThan(30);
    expect(results[1]).toMatchObject({ file: frame, preprocessed: false });
    expect(results[1].box).toBeUndefined();
  });

  it("takes 28×28 as it is or preprocesses it, as asked", async () => {
    const parse = async (...words: string[]) =>
      JSON.parse((await run(["classify", ...words, "--json"])).stdout).results[0];
    expect((await parse(inverted)).preprocessed).toBe(true);
    // Taken raw, the first pixel is white, which the fake calls a 9.
    expect(await parse(inverted, "--raw")).toMatchObject({ preprocessed: false, label: 9 });
    expect((await parse(frame, "--preprocess")).preprocessed).toBe(true);
    const { code, stderr } = await run(["classify", digit, "--raw"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${digit}: an image taken as it is must be 28×28, got 90×80`);
  });

  it("goes through the images of an idx file, drawing only the first", async () => {
    const { stdout } = await run(["classify", dataSet, "--offset", "1", "--limit", "3", "--pictures", "1"]);
    const titles = stdout.split("\n").filter((line) => line.startsWith(dataSet));
    expect(titles).toEqual([1, 2, 3].map((index) => `${dataSet} [${index}]: ${index} (confidence 75.0 %)`));
    expect(stdout.match(/redrawn/g)).toHaveLength(1);
    const past = await run(["classify", dataSet, "--offset", "5"]);
    expect(past.code).toBe(1);
    expect(past.stderr).toContain("has 5 images; --offset 5 skips them all");
  });

  it("prints the same in the same order with several workers", async () => {
    const images = Uint8Array.from({ length: 230 * 784 }, (_, index) =>
      index % 784 === 0 ? (7 * Math.floor(index / 784)) % 250 : index % 7,
    );
    const large = await directory.write("large", idxBytes([230, 28, 28], images));
    const words = ["classify", digit, large, "missing.png", frame, broken, dataSet, inverted, "--pictures", "2"];
    for (const more of [[], ["--json"], ["--offset", "1", "--limit", "120"]]) {
      const alone = await run([...words, ...more]);
      const together = await run([...words, ...more, "--workers", "3"]);
      expect(together.threads).toMatchObject([{ count: 3, disposed: true }]);
      expect(together.stdout).toBe(alone.stdout);
      expect(together).toMatchObject({ code: 1, stderr: alone.stderr });
      expect(alone.stderr).not.toBe("");
    }
    const { results } = JSON.parse((await run(["classify", large, "--json", "--workers", "2"])).stdout);
    expect(results.map(({ frame }: { frame: number }) => frame)).toEqual(Array.from({ length: 230 }, (_, at) => at));
  });

  it("tells nothing drawn and several things apart from what it does not recognise", async () => {
    const unknown = await directory.write("unknown.png", encodePng({ data: new Uint8Array(784), ...SMALL }));
    const two = draw({ width: 200, height: 100, left: 20, top: 20, size: 60, pen: 7 });
    const data = two.data.map((value, index) => Math.max(value, two.data[index - 100] ?? 0));
    const several = await directory.write("several.png", asPng({ ...two, data }));
    const verdicts = [
      [["--raw", unknown], "not recognised (nearest 0, confidence 10.0 %)"],
      [[unknown], "nothing drawn"],
      [[several], "0 (confidence 75.0 %); several things are drawn, this is the heaviest"],
    ] as const;
    for (const [words, verdict] of verdicts) {
      const { code, stdout } = await run(["classify", ...words, "--pictures", "0"]);
      expect(code).toBe(0);
      expect(stdout.slice(stdout.indexOf(": ") + 2)).toBe(`${verdict}\n`);
    }
    const { results } = JSON.parse((await run(["classify", digit, unknown, several, "--json"])).stdout);
    expect(results.map(({ found }: { found: string }) => found)).toEqual(["digit", "nothing", "several"]);
    expect(results[1]).toMatchObject({ rejected: true, preprocessed: true, label: 0 });
  });

  it("says so when nothing is drawn", async () => {
    const blank = await directory.write(
      "blank.png",
      encodePng({ data: new Uint8Array(900), width: 30, height: 30, channels: 1 }),
    );
    const { code, stdout } = await run(["classify", blank, "--pictures", "0"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${blank}: nothing drawn\n`);
  });

  it("goes on after a bad file and reports it", async () => {
    for (const words of [[], ["--json"]]) {
      const { code, stdout, stderr } = await run(["classify", broken, digit, "missing.png", ...words]);
      expect(code).toBe(1);
      expect(stdout).toContain(digit);
      expect(stderr).toMatch(
        /^abs classify: .*broken\.png: begins with .*\nabs classify: missing\.png: no such file\n$/,
      );
    }
    const { failures } = JSON.parse((await run(["classify", broken, "--json"])).stdout);
    expect(failures).toEqual([{ file: broken, error: expect.stringContaining("begins with 6e 6f") }]);
  });

  it("goes through the pictures of a folder in the order of their names", async () => {
    const folder = join(directory.path, "folder");
    await mkdir(join(folder, "inner.png"), { recursive: true });
    const put = (name: string, bytes: Uint8Array | string) => directory.write(join("folder", name), bytes);
    const picture = asPng(draw({ width: 28, height: 28, left: 8, top: 4, size: 19, pen: 2.5 }));
    const [second, first, third] = [await put("b.png", picture), await put("B", picture), await put("c.txt", picture)];
    for (const name of ["notes.txt", ".hidden.png", "empty"]) await put(name, name === "empty" ? "" : "no picture");
    await put("labels", idxBytes([2], Uint8Array.of(1, 2)));
    const { code, stdout, stderr } = await run(["classify", folder, frame, "--pictures", "0"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n").map((line) => line.split(": ")[0])).toEqual([first, second, third, frame, ""]);
    // What is called like a picture, or is one that is not read, is reported.
    const torn = await put("a.jpg", "torn");
    const apple = await put("apple", "\0\0\0 ftypheic\0\0\0\0");
    const again = await run(["classify", folder, "--json", "--workers", "2"]);
    expect(again.code).toBe(1);
    const { results, failures } = JSON.parse(again.stdout);
    expect(results.map(({ file }: { file: string }) => file)).toEqual([first, second, third]);
    expect(failures).toEqual([
      { file: torn, error: expect.stringContaining("begins with 74 6f 72 6e, which is no PNG") },
      { file: apple, error: expect.stringContaining("is a HEIC picture, which is not read") },
    ]);
    await mkdir(join(directory.path, "none"));
    const none = await run(["classify", join(directory.path, "none"), frame, "--pictures", "0"]);
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining(`${frame}: 0`) });
    expect(none.stderr).toMatch(/none: is a folder without pictures; it has 0 entries\n$/);
  });

  it("takes a picture of every kind, also from standard input", async () => {
    const square = draw({ width: 28, height: 28, left: 8, top: 4, size: 19, pen: 2.5 }).data;
    const bits = Array.from(square, (value) => (value >= 0.5 ? 0 : 1)).join(" ");
    const kinds = { "bits.pbm": Buffer.from(`P1 28 28 ${bits}`), "same.bmp": monochromeBmp(square) };
    const losses: unknown[] = [];
    for (const [name, bytes] of Object.entries(kinds)) {
      const fromFile = await run(["classify", await directory.write(name, bytes), "--json"]);
      const fromInput = await run(["classify", "-", "--json"], { stdin: Readable.from([bytes]) });
      expect([fromFile.code, fromInput.code]).toEqual([0, 0]);
      const [file, input] = [fromFile, fromInput].map(({ stdout }) => JSON.parse(stdout).results[0]);
      expect({ ...file, file: "-" }).toEqual(input);
      losses.push(file.losses);
    }
    expect(losses[0]).toEqual(losses[1]);
  });

  it("takes a file whose name looks like a number", async () => {
    const { stderr } = await run(["classify", "007"]);
    expect(stderr).toContain("007: no such file");
  });

  it("hands weights, inference, variant and confidence on", async () => {
    const weights = await directory.write("own.safetensors", Uint8Array.of(1, 2, 3));
    const { options } = await run([
      "classify",
      digit,
      "--weights",
      weights,
      "--inference",
      "paper",
      "--variant",
      "binary-abs",
      "--confidence",
      "paper",
    ]);
    expect(Array.from(options[0]?.weights ?? [])).toEqual([1, 2, 3]);
    expect(options[0]?.inference).toBe("paper");
    expect(options[0]?.variant).toBe("binary-abs");
    expect(options[0]?.confidence).toBe("paper");
    expect((await run(["classify", digit])).options[0]).not.toHaveProperty("weights");
  });

  it("names the weights file that cannot be used", async () => {
    const missing = await run(["classify", digit, "--weights", "nowhere.safetensors"]);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("nowhere.safetensors: no such file");
    const damaged = await run(["classify", digit, "--weights", broken], {
      createClassifier: () => Promise.reject(new Error("not a safetensors file")),
    });
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toContain("broken.png: not a safetensors file");
  });

  it("shows on standard error how far the preparation is", async () => {
    const terminal = new Collector(true);
    const { classifier } = await run([]);
    await run(["classify", digit, "--json"], {
      stderr: terminal,
      createClassifier: async ({ onProgress } = {}) => {
        onProgress?.(1, 2);
        return classifier;
      },
    });
    expect(terminal.text).toContain("preparing");
    expect(terminal.text).toContain("1/2");
  });
});
