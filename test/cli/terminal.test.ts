import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { duration, startProgress } from "../../src/cli/progress.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { FAKE_ATTACKS } from "./fake-attacks.ts";
import { Collector, FakeClassifier, FakeThreads, NO_DEMO, run } from "./fake-classifier.ts";

const NARROW = 20;
/** Names as a weights file of somebody else may have them. */
const HOSTILE_NAMES = ["\u001b]0;title\u0007", "\u009b2J", ...["2", "3", "4", "5", "6", "7", "8", "9"]];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let images: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const values = Uint8Array.from({ length: 4 * 784 }, (_, index) => (index % 784 === 0 ? 0 : 50 * (index % 5)));
  images = await directory.write("images", idxBytes([4, 28, 28], values));
  await directory.write("t10k-images-idx3-ubyte", idxBytes([4, 28, 28], values));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([4], new Uint8Array(4)));
});
afterAll(() => directory.remove());

describe("a terminal of 20 columns", () => {
  it("shows pictures and tables cut off, not wrapped", async () => {
    for (const words of [
      ["classify", images],
      ["explain", images],
      ["sample", "3"],
    ]) {
      for (const variables of [{ TERM: "xterm" }, { NO_COLOR: "1" }] as Record<string, string>[]) {
        const stdout = new Collector(true, NARROW);
        await run(words, { stdout, variables });
        // What is no picture or table is text, which wraps and is not lost.
        const lines = stdout.text.split("\n").filter((line) => !/confidence|redraws|estimated/.test(line));
        expect(Math.max(...lines.map((line) => stripVTControlCharacters(line).length))).toBe(NARROW);
      }
    }
    const stdout = new Collector(true, NARROW);
    await run(["evaluate", "--data", directory.path], { stdout });
    const tables = stdout.text.slice(stdout.text.indexOf("confusion")).split("\n").slice(1);
    expect(Math.max(...tables.map((line) => line.length))).toBe(NARROW);
    expect(tables.length).toBeGreaterThan(20);
  });

  it("shows the share that is done instead of a bar", async () => {
    for (const [columns, wanted] of [
      [NARROW, /50 % preparing/],
      [60, /preparing [█░]+ 50 % \| 1\/2/],
    ] as const) {
      const stderr = new Collector(true, columns);
      const progress = startProgress(environmentOf(stderr), "preparing");
      progress.report(1, 2);
      await setTimeout(1);
      progress.stop();
      expect(stderr.text).toMatch(wanted);
      for (const line of stderr.text.replaceAll("\u001b", "\n").split("\n")) {
        expect(line.replace(/^\[[0-9;?]*[A-Za-z]/, "").length).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe("progress where no bar can be drawn", () => {
  it("is a line for each tenth, and at least once a minute, with the time that is left", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const stderr = new Collector();
      const progress = startProgress(environmentOf(stderr), "attacking");
      // What an earlier run did says nothing about the speed of this one.
      progress.report(40, 100);
      for (const [seconds, done] of [
        [1, 50],
        [9, 60],
        [20, 61],
        [41, 62],
        [29, 100],
      ] as const) {
        vi.advanceTimersByTime(1000 * seconds);
        progress.report(done, 100);
      }
      expect(stderr.text).toBe(
        "attacking: 60/100, about 20 s left\nattacking: 62/100, about 2 min 3 s left\nattacking: 100/100\n",
      );
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    [0.2, "1 s"],
    [59.6, "1 min 0 s"],
    [61, "1 min 1 s"],
    [3540, "59 min"],
    [3599, "1 h 0 min"],
    [7500, "2 h 5 min"],
  ])("calls %f seconds %s", (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});

describe("names of classes", () => {
  it("never reach the terminal as escape codes", async () => {
    const classifier = new FakeClassifier(HOSTILE_NAMES);
    const control = /[^\P{Cc}\n]/u;
    for (const words of [
      ["classify", images],
      ["explain", images],
      ["sample", HOSTILE_NAMES[1] as string],
      ["sample", "none"],
      ["evaluate", "--data", directory.path],
      ["certify", images],
    ]) {
      const { stdout, stderr } = await run(words, { createClassifier: async () => classifier });
      expect(stdout + stderr).toMatch(/\\u009b2J|\\u001b\]0;ti/);
      expect(stdout + stderr).not.toMatch(control);
      const json = await run([...words, "--json"], { createClassifier: async () => classifier });
      expect(json.stdout + json.stderr).not.toMatch(control);
    }
    const { stdout } = await run(["explain", images, "--json"], { createClassifier: async () => classifier });
    expect(JSON.parse(stdout).classes.map(({ name }: { name: string }) => name)).toEqual(HOSTILE_NAMES);
  });
});

function environmentOf(stderr: Collector): Parameters<typeof startProgress>[0] {
  return {
    stdin: Readable.from([]),
    stdout: new Collector(),
    stderr,
    variables: {},
    version: "1.2.3",
    createClassifier: async () => new FakeClassifier(),
    createThreads: async (count, settings) => new FakeThreads(count, settings),
    attacks: FAKE_ATTACKS,
    demo: NO_DEMO,
    listenForSignals: () => ({ signal: new AbortController().signal, stop: () => undefined }),
  };
}
