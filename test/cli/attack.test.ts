import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AttackTask } from "../../src/cli/tasks.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { FAKE_ATTACKS } from "./fake-attacks.ts";
import { FakeThreads, run } from "./fake-classifier.ts";

const COUNT = 12;
/** The fake reads tenths of the first pixel; the first two images are wrong as they are. */
const LABELS = Uint8Array.from({ length: COUNT }, (_, index) => (index * 3) % 10);
const IMAGES = new Uint8Array(COUNT * 784);
LABELS.forEach((label, index) => {
  IMAGES[index * 784] = Math.round(25.5 * ((index < 2 ? (label + 1) % 10 : label) + 0.5));
  IMAGES[index * 784 + 1] = 200;
});

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], IMAGES));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], LABELS));
});
afterAll(() => directory.remove());

const words = (...more: string[]): string[] => ["attack", "--data", directory.path, ...more];

// biome-ignore lint/suspicious/noExplicitAny: what JSON holds
async function attack(...more: string[]): Promise<any> {
  const { code, stdout, stderr } = await run(words("--json", ...more));
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** A document without what depends on the clock or on how the work was divided. */
function essence(document: unknown): unknown {
  const incidental = ["data", "workers", "seconds", "attackSeconds", "milliseconds", "meanMilliseconds"];
  return JSON.parse(JSON.stringify(document, (name, value) => (incidental.includes(name) ? undefined : value)));
}

/** The environment of a run that a signal ends after so many attacks. */
function interruptedAfter(attacks: number) {
  const controller = new AbortController();
  let asked = 0;
  class Threads extends FakeThreads {
    override async attackImage(task: AttackTask) {
      if (++asked > attacks) controller.abort("SIGINT");
      return await super.attackImage(task);
    }
  }
  return {
    createThreads: async (...made: ConstructorParameters<typeof FakeThreads>) => new Threads(...made),
    listenForSignals: () => ({ signal: controller.signal, stop: () => undefined }),
  };
}

describe("abs attack", () => {
  it("tells medians and accuracies of each attack, their minimum and their union", async () => {
    const document = await attack();
    expect(document).toMatchObject({
      kind: "attack",
      variant: "abs",
      budget: null,
      seed: 0,
      images: COUNT,
      complete: true,
      plan: [
        { norm: "linf", attacks: ["first"] },
        { norm: "l2", attacks: ["first", "coarse"] },
        { norm: "l1", attacks: ["first", "coarse"] },
        { norm: "l0", attacks: ["first"] },
      ],
    });
    expect(document.results).toHaveLength(6 * COUNT);
    const [linf, l2, l1, l0] = document.norms;
    expect(linf.attacks[0].median).toBeCloseTo(0.1, 5);
    // 2 of 12 are wrong as they are; all others fall at a tenth.
    expect(linf.minimum.accuracies[0]).toEqual({ distance: 0.05, accuracy: 10 / 12 });
    expect(linf.minimum.accuracies[2]).toEqual({ distance: 0.15, accuracy: 0 });
    expect(l0.minimum.median).toBe(1);
    expect(l1.attacks.map(({ attack }: { attack: string }) => attack)).toEqual(["first", "coarse"]);
    expect(l2.attacks[1].median).toBeGreaterThan(l2.attacks[0].median);
    expect(l2.minimum.median).toBe(l2.attacks[0].median);
    expect(document.union).toMatchObject({ images: COUNT, accuracy: 0 });
    const changes = document.gallery.filter(({ norm }: { norm: string }) => norm === "l2");
    expect(changes).toHaveLength(8);
    const least = document.results.filter(
      ({ norm, distance }: { norm: string; distance: number }) => norm === "l2" && distance > 0,
    );
    expect(changes[0].distance).toBe(Math.min(...least.map(({ distance }: { distance: number }) => distance)));
    expect(Buffer.from(changes[0].changed, "base64")).toHaveLength(4 * 784);
  });

  it("counts what it did not find as infinitely far, and says null in JSON", async () => {
    const document = await attack("--budget", "5");
    expect(document.budget).toBe(5);
    for (const { minimum } of document.norms) {
      expect(minimum).toMatchObject({ median: null, failures: 10, images: COUNT });
      for (const { accuracy } of minimum.accuracies) expect(accuracy).toBe(10 / 12);
    }
    expect(document.union.accuracy).toBe(10 / 12);
    expect(document.results.filter(({ distance }: { distance: number }) => distance === null)).toHaveLength(60);
  });

  it("prints a table for each norm", async () => {
    const { stdout } = await run(words("--norm", "l2,l0", "--limit", "4"));
    expect(stdout).toMatch(/^L2: median distance, accuracy in % at each distance, images\n +median +0\.5 +1 +1\.5 /);
    expect(stdout).toMatch(/\nfirst +0\.050( +0\.0){6} +4\ncoarse .*\nminimum .*\n\nL0: /);
    expect(stdout).not.toContain("at once");
    expect((await run(words())).stdout).toContain("at once (L∞ 0.3, L2 2, L1 10): accuracy 0.0 % of 12\n");
  });

  it("gives a binary model its response", async () => {
    const { plan } = await attack("--variant", "binary-abs", "--norm", "linf");
    expect(plan).toEqual([{ norm: "linf", attacks: ["first", "binary"] }]);
  });

  it("plans what the model offers: a second search where there is a more thorough one", async () => {
    const offered: string[] = [];
    const attacks: typeof FAKE_ATTACKS = {
      ...FAKE_ATTACKS,
      attacksFor: (model, norm) => {
        offered.push(Object.keys(model).sort().join(" "));
        return FAKE_ATTACKS.attacksFor(model, norm);
      },
    };
    for (const more of [[], ["--effort", "thorough"], ["--inference", "paper"], ["--variant", "binary-abs"]]) {
      await run(words("--norm", "linf", "--limit", "1", ...more), { attacks });
    }
    expect(offered).toEqual([
      "classify confirm explain lossAndGradient searches",
      "classify explain lossAndGradient",
      "classify explain lossAndGradient",
      "classify confirm explain lossAndGradient response searches",
    ]);
  });

  it("takes parts of norms, attacks and images, and finds the same there", async () => {
    const whole = await attack();
    const part = await attack("--norm", "l1", "--attack", "coarse", "--offset", "3", "--limit", "4", "--workers", "3");
    const wanted = whole.results.filter(
      ({ image, norm, attack: name }: { image: number; norm: string; attack: string }) =>
        norm === "l1" && name === "coarse" && image >= 3 && image < 7,
    );
    expect(essence(part.results)).toEqual(essence(wanted));
    // Attacks draw by the seed.
    expect(essence((await attack("--seed", "1")).results)).not.toEqual(essence(whole.results));
  });

  it("leaves out norms that no named attack knows, unless they are named", async () => {
    expect((await attack("--attack", "coarse")).plan.map(({ norm }: { norm: string }) => norm)).toEqual(["l2", "l1"]);
  });

  it.each([
    [["--norm", "l3"], '--norm wants names out of linf, l2, l1, l0, got "l3"'],
    [["--norm", ""], '--norm wants names out of linf, l2, l1, l0, got ""'],
    [["--attack", "first,last"], '--attack wants names out of first, coarse, binary, got "last"'],
    [["--attack", "binary"], "--attack binary does not work on this model in linf, l2, l1, l0"],
    [["--attack", "coarse", "--norm", "linf"], "--attack coarse does not work on this model in linf"],
    [["--attack", "coarse", "--norm", "linf,l2"], "--norm linf leaves no attack to run"],
    [["--budget", "0"], '--budget wants a whole number from 1, got "0"'],
    [["--seed", "4294967296"], "--seed wants at most 4294967295"],
    [["--shard", "2/2"], '--shard wants INDEX/COUNT with an index from 0 to COUNT − 1, got "2/2"'],
    [["--offset", "12"], "--offset 12 skips all 12 images"],
  ])("calls %j wrong usage", async (more, message) => {
    const { code, stdout, stderr } = await run(words(...more));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("says which class the model has not", async () => {
    const other = await temporaryDirectory();
    try {
      await other.write("t10k-images-idx3-ubyte", idxBytes([1, 28, 28], IMAGES.subarray(0, 784)));
      await other.write("t10k-labels-idx1-ubyte", idxBytes([1], Uint8Array.of(12)));
      const { code, stderr } = await run(["attack", "--data", other.path]);
      expect([code, stderr]).toEqual([1, "abs attack: there is no class 12; the model has 10\n"]);
    } finally {
      await other.remove();
    }
  });

  it("leaves no attack to run where there is none", async () => {
    const { code, stderr } = await run(words(), { attacks: { ...FAKE_ATTACKS, names: [], attacksFor: () => [] } });
    expect(code).toBe(2);
    expect(stderr).toContain("leaves no attack to run");
  });
});

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
});

describe("abs attack --shard and abs merge", () => {
  async function shards(count: number, ...more: string[]): Promise<string[]> {
    return await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { stdout } = await run(words("--json", "--shard", `${index}/${count}`, ...more));
        return await directory.write(`${count}-${index}${more.join("")}.json`, stdout);
      }),
    );
  }

  it.each([1, 2, 5])("join %i shards to what one run finds", async (count) => {
    const { code, stdout, stderr } = await run(["merge", "--json", ...(await shards(count)).toReversed()]);
    expect([code, stderr]).toEqual([0, ""]);
    const { shards: joined, ...merged } = essence(JSON.parse(stdout)) as { shards: number };
    expect(joined).toBe(count);
    expect(merged).toEqual(essence(await attack()));
  });

  it("write the same report, but for how it was made", async () => {
    const out = join(directory.path, "merged.html");
    const text = await run(["merge", ...(await shards(3)), "--out", out]);
    expect(text.stdout).toMatch(/\njoined from 3 shards\n.*merged\.html: report\n$/);
    const alone = join(directory.path, "alone.html");
    await attack("--out", alone);
    const body = async (path: string): Promise<string> =>
      (await readFile(path, "utf8")).replace(/<h2>How this was made[\s\S]*$/, "").replace(/<td>[^<]*<\/td><\/tr>/g, "");
    expect(await body(out)).toBe(await body(alone));
  });

  it("refuse what does not belong together", async () => {
    const [first, second, third] = (await shards(3)) as [string, string, string];
    const seeded = (await shards(3, "--seed=1"))[1] as string;
    const narrow = (await shards(3, "--norm=l2"))[1] as string;
    const whole = await directory.write("whole.json", (await run(words("--json"))).stdout);
    const evaluated = await run(["evaluate", "--data", directory.path, "--json", "--shard", "1/3"]);
    const evaluation = await directory.write("evaluation.json", evaluated.stdout);
    const interrupted = await run(words("--json", "--shard", "1/3"), interruptedAfter(10));
    const partial = await directory.write("partial.json", interrupted.stdout);
    const cases: [string[], RegExp][] = [
      [[first, third], /shard 1 of 3 is missing/],
      [[first, second, second, third], /shard 1 of 3 is there twice/],
      [[first, seeded, third], /seed is 1, but 0 in/],
      [[first, narrow, third], /plan is \[\{"norm":"l2".*, but \[\{"norm":"linf"/],
      [[first, whole, third], /whole\.json: is not what "abs attack --shard INDEX\/COUNT --json" prints/],
      [[first, evaluation, third], /evaluation\.json: is not of "abs attack", but .*3-0\.json is/],
      [[first, partial, third], /partial\.json: is of attacks that were interrupted/],
    ];
    for (const [files, message] of cases) {
      const { code, stdout, stderr } = await run(["merge", ...files]);
      expect(stderr).toMatch(message);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });

  it("refuse documents with results that there cannot be", async () => {
    const [file] = (await shards(1)) as [string];
    const document = JSON.parse(await readFile(file, "utf8"));
    const [result] = document.results;
    for (const change of [
      { results: null },
      { results: [{ ...result, distance: -1 }] },
      { results: document.results.slice(1) },
      { results: [...document.results, result] },
      { gallery: [{ ...document.gallery[0], changed: "" }] },
      { plan: [{ norm: "l3", attacks: [] }] },
      { classes: [1] },
      { images: "12" },
    ]) {
      const changed = await directory.write("changed.json", JSON.stringify({ ...document, ...change }));
      const { code, stdout } = await run(["merge", changed]);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });
});

describe("--out", () => {
  it("is checked before anything is attacked", async () => {
    const { code, stderr, threads } = await run(words("--out", join(directory.path, "nowhere", "report.html")));
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be written: there is no such directory");
    expect(threads).toMatchObject([{ disposed: true }]);
  });

  it("tells of an interrupted run that it is one", async () => {
    const out = join(directory.path, "interrupted.html");
    await run(words("--out", out), interruptedAfter(15));
    expect(await readFile(out, "utf8")).toMatch(/Not complete: \d+ attacks have been run/);
    expect(existsSync(out)).toBe(true);
  });
});
