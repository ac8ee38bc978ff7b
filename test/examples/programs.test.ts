import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier } from "../../src/entries/node.ts";
import { asLine, parseLines } from "../support/wasi-command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let abs: Classifier;

beforeAll(async () => {
  abs = await createClassifier();
});

/** Runs Node in the project's root, as the examples' READMEs do. */
function runNode(words: readonly string[], input: Uint8Array | string = "") {
  return spawnSync(process.execPath, words, { cwd: root, input, encoding: "utf8" });
}

describe("examples/wasi", () => {
  const words = ["--no-warnings", "examples/wasi/run.mjs"];
  const map = readFileSync(new URL("../../examples/wasi/digits.pgm", import.meta.url));

  it("reads 3, 1, 4 and 1 out of its frames", () => {
    const { status, stdout, stderr } = runNode(words, map);
    expect([status, stderr]).toEqual([0, ""]);
    expect(parseLines(stdout).map(({ label }) => label)).toEqual([3, 1, 4, 1]);
  });

  it("passes options on", () => {
    const { stdout } = runNode([...words, "--label-only"], map);
    expect(parseLines(stdout)[3]).toEqual({ frame: 3, label: 1, name: "1" });
  });
});

describe("examples/embedded-node", () => {
  const words = ["--max-old-space-size=32", "examples/embedded-node/run.mjs"];
  const frames = [0, 1, 2].map((seed) => Uint8Array.from(drawn(seed)));

  function* drawn(seed: number): Generator<number> {
    for (let pixel = 0; pixel < 784; ++pixel) yield (pixel * (seed + 7)) % 251 > 200 ? 255 : 0;
  }

  const found = (frame: number, image: Uint8Array | Float32Array) => {
    const { label, confidence, rejected } = asLine(frame, abs.classify(image));
    return { frame, label, confidence, rejected };
  };

  it("classifies a stream as the library does and tells its memory", () => {
    const { status, stdout, stderr } = runNode(words, Buffer.concat(frames));
    expect(status).toBe(0);
    expect(parseLines(stdout)).toEqual(frames.map((image, index) => found(index, image)));
    const report = JSON.parse(stderr);
    expect(report).toEqual({ frames: 3, moduleMemory: expect.any(Number), residentSet: expect.any(Number) });
    expect(report.moduleMemory).toBeCloseTo(abs.memoryBytes / 2 ** 20, 1);
    expect(report.residentSet).toBeLessThan(128);
  });

  it("draws frames where it is asked to", () => {
    const { status, stdout } = runNode([...words, "--drawn", "12"]);
    expect(status).toBe(0);
    expect(parseLines(stdout)).toEqual(
      Array.from({ length: 12 }, (_, seed) =>
        found(seed, abs.sample(seed % abs.classes.length, { seed })[0] as Float32Array),
      ),
    );
  });

  it("tells of a frame cut short, after the results so far", () => {
    const { status, stdout, stderr } = runNode(words, (frames[0] as Uint8Array).subarray(0, 700));
    expect([status, stdout, stderr]).toEqual([1, "", "frame 0: got 700 bytes, wanted 784 (28×28)\n"]);
  });
});
