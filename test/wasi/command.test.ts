import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { ConsoleStdout, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import { beforeAll, describe, expect, it } from "vitest";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { EFFORTS } from "../../src/effort.ts";
import { type Classifier, createClassifier } from "../../src/entries/node.ts";
import { decodePortableMap } from "../../src/files/portable-map.ts";
import { asFrame } from "../../src/image/framed.ts";
import { uniformNumbers } from "../support/random-model.ts";
import { asLine, parseLines, portableMap, runCommand, startCommand } from "../support/wasi-command.ts";

const moduleFile = new URL("../../dist/abs.wasi.wasm", import.meta.url);

let abs: Classifier;
/** Digits as the model draws them, noisy ones, and noise. */
let images: Uint8Array[];

beforeAll(async () => {
  abs = await createClassifier();
  const next = uniformNumbers(5);
  const toBytes = (image: Float32Array): Uint8Array => Uint8Array.from(image, (value) => Math.round(255 * value));
  const digits = abs.classes.flatMap((_, label) => abs.sample(label, { seed: 10 + label, count: 2 }));
  const noisy = digits
    .filter((_, index) => index % 2 === 0)
    .map((image) => image.map((value) => Math.min(1, Math.max(0, value + next() - 0.5))));
  const noise = [0, 1].map(() => Float32Array.from({ length: IMAGE_PIXELS }, next));
  images = [...digits, ...noisy, ...noise].map(toBytes);
});

const at = (index: number): Uint8Array => images[index] as Uint8Array;

describe("results", () => {
  it("equal the library's bit for bit, frame after frame", () => {
    const { exitCode, stdout, stderr } = runCommand([], Buffer.concat(images));
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(parseLines(stdout)).toEqual(images.map((image, index) => asLine(index, abs.classify(image))));
  });

  it.each(EFFORTS)("equal the library's with the effort %s", async (effort) => {
    const library = await createClassifier({ effort });
    const some = images.slice(14);
    const { stdout } = runCommand(["--effort", effort], Buffer.concat(some));
    expect(parseLines(stdout)).toEqual(some.map((image, index) => asLine(index, library.classify(image))));
  });

  it("are the label alone with --label-only", () => {
    const { stdout } = runCommand(["--label-only"], Buffer.concat(images));
    expect(parseLines(stdout)).toEqual(
      images.map((image, frame) => ({ frame, label: abs.label(image), name: abs.classes[abs.label(image)] })),
    );
  });

  it("are one line of JSON each, in the order told", () => {
    const { stdout } = runCommand([], at(0));
    expect(stdout).toMatch(/^\{.*\}\n$/);
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      "frame",
      "label",
      "name",
      "confidence",
      "rejected",
      "losses",
      "probabilities",
      "evaluations",
    ]);
  });

  it("come while the next frame is still awaited", async () => {
    const command = startCommand([]);
    const lines = createInterface({ input: command.stdout as NonNullable<typeof command.stdout> });
    const exited = once(command, "exit");
    for (const index of [0, 1]) {
      const line = once(lines, "line");
      command.stdin?.write(at(index));
      expect(JSON.parse((await line)[0])).toEqual(asLine(index, abs.classify(at(index))));
    }
    command.stdin?.end();
    expect((await exited)[0]).toBe(0);
  });
});

describe("PGM", () => {
  it.each(["P2", "P5"] as const)("%s gives what the library's own reader gives, whatever the largest value", (kind) => {
    const maps = [1, 15, 100, 254, 255].map((maximum, index) =>
      portableMap(
        kind,
        at(index).map((value) => Math.round((value * maximum) / 255)),
        maximum,
      ),
    );
    const { stdout, stderr, exitCode } = runCommand([], Buffer.concat(maps));
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(parseLines(stdout)).toEqual(
      maps.map((map, index) => asLine(index, abs.classify(asFrame(decodePortableMap(map))))),
    );
  });

  it("gives what the same bytes give raw", () => {
    const mapped = runCommand([], Buffer.concat(images.map((image) => portableMap("P5", image))));
    expect(mapped.stdout).toBe(runCommand([], Buffer.concat(images)).stdout);
  });

  it("may mix both kinds, with comments and white space", () => {
    const input = Buffer.concat([
      portableMap("P5", at(0), 255, "# drawn by hand: 9 9\n"),
      Buffer.from("\n\n"),
      portableMap("P2", at(1), 255, "#\n  # two\n"),
      portableMap("P5", at(2)),
      Buffer.from(" \n# the end"),
    ]);
    const { stdout, exitCode } = runCommand([], input);
    expect(exitCode).toBe(0);
    expect(parseLines(stdout)).toEqual([0, 1, 2].map((index) => asLine(index, abs.classify(at(index)))));
  });

  it("is not looked for with --format raw", () => {
    const image = at(0).slice();
    image.set(Buffer.from("P5"));
    expect(runCommand([], image).exitCode).toBe(1);
    const { stdout } = runCommand(["--format", "raw"], image);
    expect(parseLines(stdout)).toEqual([asLine(0, abs.classify(image))]);
  });
});

describe("input that is wrong", () => {
  const good = (): Uint8Array => portableMap("P5", at(0));
  const header = (text: string): Uint8Array => Buffer.concat([Buffer.from(text), new Uint8Array(IMAGE_PIXELS)]);

  it.each([
    [
      "a raw frame cut short",
      () => [at(0), at(1).subarray(0, 100)],
      "frame 1: wanted 784 bytes of pixels (28×28), got 100",
    ],
    [
      "a PGM cut short",
      () => [good(), good().subarray(0, 20)],
      /frame 1: wanted 784 bytes of pixels \(28×28\), got \d\n/,
    ],
    ["another size", () => [good(), header("P5 30 28 255\n")], "frame 1: wanted 28×28 pixels, got 30×28"],
    [
      "more than 8 bits",
      () => [good(), header("P5 28 28 65535\n")],
      "frame 1: wanted a largest value of 1 to 255, got 65535",
    ],
    [
      "a largest value of 0",
      () => [good(), header("P5 28 28 0\n")],
      "frame 1: wanted a largest value of 1 to 255, got 0",
    ],
    ["colours", () => [good(), header("P6 28 28 255\n")], "frame 1: wanted a PGM that begins with P2 or P5"],
    [
      "no number",
      () => [good(), header("P5 28 x 255\n")],
      "frame 1: wanted a number of at most 9 digits for the height",
    ],
    ["an endless number", () => [good(), header("P5 9999999999 28 255\n")], "got a longer one"],
    [
      "a header cut short",
      () => [good(), Buffer.from("P5 28 28")],
      "frame 1: the PGM is cut short before the largest value",
    ],
    [
      "text cut short",
      () => [good(), Buffer.from("P2 28 28 255 1 2 3")],
      "frame 1: the PGM is cut short before a pixel",
    ],
    [
      "a pixel too large",
      () => [good(), Buffer.from("P2 28 28 7 1 8 ")],
      "frame 1: pixel 1 is 8, wanted at most the largest value, 7",
    ],
  ])("%s is told, after the results so far, with exit code 1", (_, parts, message) => {
    const { exitCode, stdout, stderr } = runCommand([], Buffer.concat(parts()));
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^abs: frame 1: .*\n$/);
    expect(exitCode).toBe(1);
    expect(parseLines(stdout)).toEqual([asLine(0, abs.classify(at(0)))]);
  });

  it("no input at all is told", () => {
    const { exitCode, stdout, stderr } = runCommand([], "");
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      "",
      "abs: wanted frames of 28×28 pixels on standard input, got nothing\n",
    ]);
  });
});

describe("the command line", () => {
  it.each(["--help", "-h"])("%s tells the options", (word) => {
    const { exitCode, stdout, stderr } = runCommand([word], "");
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const option of ["--format", "--effort", "--label-only", "--version", "Exit codes"]) {
      expect(stdout).toContain(option);
    }
    for (const effort of EFFORTS) expect(stdout).toContain(effort);
  });

  it("--version is the package's", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(runCommand(["--version"], "").stdout).toBe(`${version}\n`);
  });

  it("takes values after = as well", () => {
    const { stdout, exitCode } = runCommand(["--format=raw", "--effort=quick", "--label-only"], at(3));
    expect(exitCode).toBe(0);
    expect(parseLines(stdout)).toHaveLength(1);
  });

  it.each([
    [["--colour"], "unknown option --colour"],
    [["--formatted", "raw"], "unknown option --formatted"],
    [["--format"], "a value is missing behind --format"],
    [["--format", "png"], "--format wants raw or pgm, got png"],
    [["--effort=much"], "--effort wants quick or standard or thorough, got much"],
    [["seven.pgm"], "frames are read from standard input, got the argument seven.pgm"],
    [[`--${"é".repeat(5000)}`], `unknown option --${"é".repeat(5000)}`],
  ])("%j is wrong usage, exit code 2", (words, message) => {
    const { exitCode, stdout, stderr } = runCommand(words, at(0));
    expect(stderr).toBe(`abs: ${message}\nTry: --help\n`);
    expect([exitCode, stdout]).toEqual([2, ""]);
  });
});

describe("the module", () => {
  it("asks its host for nothing but WASI", async () => {
    const compiled = await WebAssembly.compile(readFileSync(moduleFile));
    const names = WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`);
    expect(names.sort()).toEqual(
      ["args_get", "args_sizes_get", "fd_read", "fd_write", "poll_oneoff", "proc_exit"].map(
        (name) => `wasi_snapshot_preview1.${name}`,
      ),
    );
  });

  it("holds as much memory after 3,000 frames as after one", () => {
    const many = Buffer.concat(Array.from({ length: 3000 }, (_, index) => at(index % 20)));
    const one = runCommand([], at(0));
    const all = runCommand([], many);
    expect(parseLines(all.stdout)).toHaveLength(3000);
    expect(all.memoryBytes).toBe(one.memoryBytes);
    expect(one.memoryBytes).toBeGreaterThan(0);
    expect(one.memoryBytes).toBeLessThan(8 * 2 ** 20);
  });

  it("gives the same lines under another WASI, the browser's", async () => {
    const lines: string[] = [];
    const streams = [
      new OpenFile(new File(Buffer.concat(images))),
      ConsoleStdout.lineBuffered((line) => lines.push(line)),
      ConsoleStdout.lineBuffered((line) => lines.push(`error: ${line}`)),
    ];
    const wasi = new WASI(["abs"], [], streams, { debug: false });
    const { instance } = await WebAssembly.instantiate(readFileSync(moduleFile), {
      wasi_snapshot_preview1: wasi.wasiImport,
    });
    const exitCode = wasi.start(instance as Parameters<typeof wasi.start>[0]);
    expect(exitCode).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      images.map((image, index) => asLine(index, abs.classify(image))),
    );
  });
});
