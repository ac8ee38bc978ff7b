import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { Random } from "../../src/random.ts";
import { idxBytes } from "../files/handmade-files.ts";
import { essence } from "./attacked-data-set.ts";

// The built command, killed at any moment and in places where nothing can be written: files are the old ones, the new ones or
// absent, and runs that can be continued come to what they would have come to.

const COMMAND = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const DIGIT = fileURLToPath(new URL("../../examples/images/seven-small.png", import.meta.url));
const NUMBER = fileURLToPath(new URL("../../examples/numbers/postcode-80336.png", import.meta.url));
const OLD = "what was there before";
const IMAGES = 12;
/** Kills of each command, fewer where one takes seconds; half of them as soon as something appears beside the file. */
const killsOf = (name: string): number => (name.startsWith("explain") ? 2 : 4);

const folder = mkdtempSync(join(tmpdir(), "abs-killed-"));
const data = join(folder, "data");
const shard = join(folder, "shard.json");
const ATTACK = ["attack", "--data", data, "--attack", "gaussian-noise", "--norm", "l2", "--budget", "30"];

beforeAll(async () => {
  const classifier = await createClassifier();
  mkdirSync(data);
  const drawn = Array.from({ length: IMAGES }, (_, index) => classifier.sample(index % 10, { seed: index })[0] ?? []);
  const bytes = Uint8Array.from(drawn.flatMap((image) => [...image].map((value) => Math.round(255 * value))));
  const labels = Uint8Array.from({ length: IMAGES }, (_, index) => index % 10);
  writeFileSync(join(data, "t10k-images-idx3-ubyte"), idxBytes([IMAGES, 28, 28], bytes));
  writeFileSync(join(data, "t10k-labels-idx1-ubyte"), idxBytes([IMAGES], labels));
  writeFileSync(shard, abs(...ATTACK, "--limit", "2", "--shard", "0/1", "--json").stdout);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function abs(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

/** Every command that writes a file: its words, and how the whole file ends. */
const WRITERS: [string, (file: string) => string[], string][] = [
  ["explain --html", (file) => ["explain", DIGIT, "--samples", "20", "--html", file], "</html>"],
  ["explain --png", (file) => ["explain", DIGIT, "--samples", "20", "--png", file], "IEND"],
  ["sample --out", (file) => ["sample", "3", "--out", file], "IEND"],
  ["read --out", (file) => ["read", NUMBER, "--out", file], "IEND"],
  ["attack --out", (file) => [...ATTACK, "--limit", "2", "--out", file], "</html>"],
  ["attack --distal --out", (file) => ["attack", "--distal", "--budget", "2", "--out", file], "</html>"],
  ["merge --out", (file) => ["merge", shard, "--out", file], "</html>"],
];

describe.runIf(process.platform === "linux").each(WRITERS)("abs %s", (name, wordsFor, end) => {
  it("leaves the old file, the new one or none when it is killed, and nothing beside it after the next run", async () => {
    const place = mkdtempSync(join(folder, "place-"));
    const file = join(place, "out");
    const isWhole = () => readFileSync(file, "latin1").trimEnd().slice(-20).includes(end);
    const random = new Random(name.length);
    const start = performance.now();
    expect(abs(...wordsFor(file)).code).toBe(0);
    const usual = performance.now() - start;
    expect(isWhole()).toBe(true);
    const seen = { old: 0, whole: 0 };
    for (let kill = 0; kill < killsOf(name); ++kill) {
      if (kill % 3 === 2) rmSync(file, { force: true });
      else writeFileSync(file, OLD);
      const child = spawn(process.execPath, [COMMAND, ...wordsFor(file)], { stdio: "ignore" });
      const ended = once(child, "exit");
      const watcher = watch(place, () => kill % 2 === 0 && child.kill("SIGKILL"));
      await Promise.race([ended, wait(random.uniform() * usual)]);
      if (kill % 2 === 1) child.kill("SIGKILL");
      await ended;
      watcher.close();
      const isOld = !existsSync(file) || readFileSync(file, "utf8") === OLD;
      expect(isOld || isWhole()).toBe(true);
      seen[isOld ? "old" : "whole"] += 1;
    }
    expect(seen.old).toBeGreaterThan(0);
    expect(abs(...wordsFor(file)).code).toBe(0);
    expect(isWhole()).toBe(true);
    expect(readdirSync(place)).toEqual(["out"]);
  });

  it("names a place where nothing can be written, in one line", () => {
    const inside = join(folder, "shard.json", "out");
    // Root may write almost everywhere, but not there.
    const all = ["/sys/abs-out", folder, inside, join(folder, "nowhere", "out"), "/dev/full"];
    const places = name === "sample --out" ? all : all.slice(0, name.startsWith("explain") ? 1 : 2);
    for (const file of places) {
      const { code, stderr } = abs(...wordsFor(file));
      expect([code, stderr.split("\n").length], stderr).toEqual([1, 2]);
      expect(stderr).toContain(file);
      expect(stderr).toMatch(/cannot be written|may not be written|is a directory|is a device/);
    }
  });

  it("leaves the old file where the disk is full", () => {
    const place = mkdtempSync(join(folder, "full-"));
    const file = join(place, "out");
    writeFileSync(file, OLD);
    // Files may have a kibibyte, and the signal that says so is not heard: a full disk as far as the command can see.
    const script = `trap "" XFSZ; ulimit -f 1; exec "$0" "$@"`;
    const words = ["-c", script, process.execPath, COMMAND, ...wordsFor(file)];
    const { status, stderr } = spawnSync("bash", words, { encoding: "utf8" });
    expect([status, stderr.split("\n").length], stderr).toEqual([1, 2]);
    expect(stderr).toContain(`${file}: cannot be written: it would be larger than files may be`);
    expect(readFileSync(file, "utf8")).toBe(OLD);
    expect(readdirSync(place)).toEqual(["out"]);
  });
});

describe("abs attack", () => {
  it("comes to the same by --resume, however often it is killed", async () => {
    const file = join(folder, "results.jsonl");
    const words = [...ATTACK, "--json", "--limit", "5"];
    const start = performance.now();
    const whole = abs(...words);
    const usual = performance.now() - start;
    expect(whole.code).toBe(0);
    const random = new Random(5);
    const known: number[] = [];
    const signals = ["SIGKILL", "SIGTERM", "SIGKILL", "SIGINT", "SIGKILL", "SIGKILL"] as const;
    for (const signal of signals) {
      const child = spawn(process.execPath, [COMMAND, ...words, "--resume", file], { stdio: "ignore" });
      const ended = once(child, "exit");
      await Promise.race([ended, wait((0.5 + random.uniform() / 2) * usual)]);
      child.kill(signal);
      await ended;
      known.push(existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").length : 0);
    }
    expect(known).toEqual(known.toSorted((one, other) => one - other));
    const resumed = abs(...words, "--resume", file);
    expect(resumed.code).toBe(0);
    expect(essence(JSON.parse(resumed.stdout))).toEqual(essence(JSON.parse(whole.stdout)));
    expect(readdirSync(folder).filter((one) => one.endsWith(".part"))).toEqual([]);
  });

  it("prints what it found where the report cannot be written at the end", async () => {
    const place = mkdtempSync(join(folder, "gone-"));
    const words = [...ATTACK, "--json", "--out", join(place, "report.html")];
    const child = spawn(process.execPath, [COMMAND, ...words]);
    const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    // The first report comes before the first attack, to see whether it can be written.
    while (!existsSync(join(place, "report.html")) && child.exitCode === null) await wait(1);
    rmSync(place, { recursive: true });
    const [stdout, stderr, [code]] = await outputs;
    expect(JSON.parse(stdout).results).toHaveLength(IMAGES);
    expect(stderr).toContain("report.html: cannot be written: there is no such directory");
    expect(code).toBe(1);
  });
});

describe.each([
  ["evaluate", ["evaluate", "--data", data, "--json"]],
  ["certify", ["certify", "--data", data, "--samples", "50", "--json"]],
  ["read", ["read", NUMBER, "--json"]],
])("abs %s", (_, words) => {
  it("gives whole JSON or none when a signal ends it, and the same the next time", async () => {
    const start = performance.now();
    const whole = abs(...words);
    const usual = performance.now() - start;
    expect(whole.code).toBe(0);
    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      const child = spawn(process.execPath, [COMMAND, ...words], { stdio: ["ignore", "pipe", "ignore"] });
      const [output, ended] = [text(child.stdout), once(child, "exit")];
      await Promise.race([ended, wait(0.7 * usual)]);
      child.kill(signal);
      const printed = await output;
      const [code, by] = await ended;
      if (printed !== "") JSON.parse(printed);
      expect([0, 130, 143, signal]).toContain(code ?? by);
    }
    expect(essence(JSON.parse(abs(...words).stdout))).toEqual(essence(JSON.parse(whole.stdout)));
  });
});
