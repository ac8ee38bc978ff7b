import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { AttackTask } from "../../src/cli/tasks.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import {
  attack,
  directory,
  essence,
  IMAGES,
  interruptedAfter,
  LABELS,
  useDataSet,
  words,
} from "./attacked-data-set.ts";
import { FakeThreads, run } from "./fake-classifier.ts";

useDataSet();

describe("--resume", () => {
  let file: string;
  let number = 0;
  beforeEach(() => {
    file = join(directory.path, `results-${++number}.jsonl`);
  });

  it("goes on where a signal came, to what an uninterrupted run finds", async () => {
    const whole = await attack();
    for (let round = 0, known = 0; ; ++round) {
      const { code, stdout, stderr } = await run(words("--json", "--resume", file), interruptedAfter(20));
      const document = JSON.parse(stdout);
      const stored = (await readFile(file, "utf8")).trimEnd().split("\n").slice(1);
      expect(stored).toHaveLength(document.results.length);
      if (document.complete) {
        expect(code).toBe(0);
        expect(essence(document)).toEqual(essence(whole));
        expect(round).toBeGreaterThan(2);
        break;
      }
      expect(code).toBe(130);
      expect(stderr).toBe(`abs attack: interrupted by SIGINT after ${document.results.length} attacks\n`);
      expect(document.results.length).toBeGreaterThan(known);
      known = document.results.length;
    }
  });

  it("takes a run with more images or attacks further, and forgets nothing for one with fewer", async () => {
    await attack("--resume", file, "--norm", "l2", "--limit", "3");
    const few = (await readFile(file, "utf8")).split("\n").length;
    expect(essence(await attack("--resume", file, "--norm", "l2"))).toEqual(essence(await attack("--norm", "l2")));
    const all = await readFile(file, "utf8");
    expect(all.split("\n").length).toBeGreaterThan(few);
    const part = ["--norm", "l2", "--attack", "first", "--offset", "5", "--limit", "2"];
    expect(essence(await attack("--resume", file, ...part))).toEqual(essence(await attack(...part)));
    expect(await readFile(file, "utf8")).toBe(all);
  });

  it("drops a last line that was not written to its end", async () => {
    const whole = await attack("--resume", file, "--norm", "l2");
    const text = await readFile(file, "utf8");
    for (const missing of [1, 2, 500]) {
      await directory.write(file.slice(directory.path.length + 1), text.slice(0, -missing));
      expect(essence(await attack("--resume", file, "--norm", "l2"))).toEqual(essence(whole));
      expect((await readFile(file, "utf8")).split("\n")).toHaveLength(text.split("\n").length);
      // What was added must stand on lines of its own.
      expect(essence(await attack("--resume", file, "--norm", "l2"))).toEqual(essence(whole));
    }
  });

  it("refuses the file of another run, and says what differs", async () => {
    await attack("--resume", file, "--norm", "l2");
    const text = await readFile(file, "utf8");
    const weights = await directory.write("own.safetensors", Uint8Array.of(1, 2, 3));
    const cases: [string[], string][] = [
      [["--effort", "quick"], "effort is standard, but quick in this one"],
      [["--variant", "binary-abs"], "variant is abs, but binary-abs in this one"],
      [["--seed", "1"], "seed is 0, but 1 in this one"],
      [["--budget", "99"], "budget is null, but 99 in this one"],
      [["--weights", weights], "weightsSha256 is null, but 039058c6"],
    ];
    for (const [more, message] of cases) {
      const { code, stdout, stderr } = await run(words("--resume", file, ...more));
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`${file}: is of another run: ${message}`);
    }
    const other = await run(words("--resume", file), { version: "9.9.9" });
    expect(other.stderr).toContain("version is 1.2.3, but 9.9.9 in this one");
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("refuses the file of other images", async () => {
    await attack("--resume", file, "--norm", "l2", "--limit", "1");
    const other = await temporaryDirectory();
    try {
      await other.write("t10k-images-idx3-ubyte", idxBytes([1, 28, 28], IMAGES.subarray(784, 2 * 784)));
      await other.write("t10k-labels-idx1-ubyte", idxBytes([1], LABELS.subarray(1, 2)));
      const { code, stderr } = await run(["attack", "--data", other.path, "--resume", file]);
      expect(code).toBe(1);
      expect(stderr).toContain("is of another run: dataSha256 is ");
    } finally {
      await other.remove();
    }
  });

  it.each([
    ["a letter without an end", /is not what "abs attack --resume" writes; it is left as it is/],
    ['{"kind":"results of abs attack"}\n', /is not what "abs attack --resume" writes/],
    ["", /is empty/],
  ])("leaves what it did not write as it is: %j", async (text, message) => {
    const foreign = await directory.write(`foreign-${++number}.txt`, text);
    const { code, stderr } = await run(words("--resume", foreign));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(await readFile(foreign, "utf8")).toBe(text);
  });

  it("names a line in the middle that is no result", async () => {
    await attack("--resume", file, "--norm", "l2");
    const lines = (await readFile(file, "utf8")).split("\n");
    for (const damage of ['{"image":-1}', "", (lines[4] as string).replace(/"changed":"..../, '"changed":"')]) {
      const text = [...lines.slice(0, 4), damage, ...lines.slice(5)].join("\n");
      await directory.write(file.slice(directory.path.length + 1), text);
      const { code, stderr } = await run(words("--resume", file));
      expect([code, stderr]).toEqual([1, expect.stringContaining("line 5 is no result of an attack")]);
      expect(await readFile(file, "utf8")).toBe(text);
    }
  });

  it("keeps what was found until an attack failed", async () => {
    let asked = 0;
    class Threads extends FakeThreads {
      override async attackImage(task: AttackTask) {
        if (++asked > 20) throw new Error('attack "first": the model failed');
        return await super.attackImage(task);
      }
    }
    const createThreads = async (...made: ConstructorParameters<typeof FakeThreads>) => new Threads(...made);
    const failed = await run(words("--json", "--resume", file), { createThreads });
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: 'abs attack: attack "first": the model failed\n' });
    expect((await readFile(file, "utf8")).split("\n").length).toBeGreaterThan(15);
    expect(essence(await attack("--resume", file))).toEqual(essence(await attack()));
  });

  it("may not be the report", async () => {
    const link = join(directory.path, "link");
    await writeFile(file, "");
    await symlink(file, link);
    await symlink(file, `${link}.html`);
    for (const out of [link, `${link}.html`]) {
      const { code, stderr } = await run(words("--resume", file, "--out", out));
      expect(code).toBe(2);
      expect(stderr).toContain("--resume and --out want two files");
    }
  });

  it("takes files of more bytes than are read at once", async () => {
    await attack("--resume", file, "--norm", "l2");
    const [header, ...results] = (await readFile(file, "utf8")).trimEnd().split("\n") as [string, ...string[]];
    const padded = results.map((line) => line.replace(/}$/, `,"padding":"${"x".repeat(50_000)}"}`));
    await directory.write(file.slice(directory.path.length + 1), [header, ...padded, ""].join("\n"));
    expect(essence(await attack("--resume", file, "--norm", "l2"))).toEqual(essence(await attack("--norm", "l2")));
  });
});
