import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AttackTask } from "../../src/cli/tasks.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import {
  attack,
  COUNT,
  directory,
  essence,
  IMAGES,
  interruptedAfter,
  LABELS,
  useDataSet,
  words,
} from "./attacked-data-set.ts";
import { FAKE_ATTACKS } from "./fake-attacks.ts";
import { Collector, FakeThreads, run } from "./fake-classifier.ts";

useDataSet();

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

describe("--out", () => {
  it("is checked before anything is attacked", async () => {
    let attacks = 0;
    class Threads extends FakeThreads {
      override async attackImage(task: AttackTask) {
        ++attacks;
        return await super.attackImage(task);
      }
    }
    const made: FakeThreads[] = [];
    const { code, stderr } = await run(words("--out", join(directory.path, "nowhere", "report.html")), {
      createThreads: async (...given: ConstructorParameters<typeof FakeThreads>) => {
        made.push(new Threads(...given));
        return made[0] as FakeThreads;
      },
    });
    expect(attacks).toBe(0);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be written: there is no such directory");
    expect(made).toMatchObject([{ disposed: true }]);
  });

  it("tells of an interrupted run that it is one", async () => {
    const out = join(directory.path, "interrupted.html");
    await run(words("--out", out), interruptedAfter(15));
    expect(await readFile(out, "utf8")).toMatch(/Not complete: \d+ attacks have been run/);
  });
});

describe("what a run says of itself", () => {
  it.each([
    [[], "race, standard; an image counts when the thorough search is misled, too"],
    [["--effort", "thorough"], "race, thorough"],
    [["--inference", "paper"], "paper"],
  ])("under %j names the search", async (options, words_) => {
    const out = join(directory.path, "search.html");
    await run(words("--out", out, "--norm", "l2", ...options));
    expect(await readFile(out, "utf8")).toContain(`<dt>inference and effort</dt><dd>${words_}</dd>`);
  });

  it("is not written to after an interruption, by a bar that goes on", async () => {
    const stderr = new Collector(true);
    await run(words("--workers", "2"), { ...interruptedAfter(3), stderr });
    const length = stderr.text.length;
    // Longer than the bar waits between two drawings of itself.
    await new Promise((done) => setTimeout(done, 300));
    expect(stderr.text.slice(length)).toBe("");
    expect(stderr.text).toContain("interrupted by SIGINT");
  });

  it("draws for an image by its place, around the end of the seeds", async () => {
    // The attack `coarse` moves by the seed's remainder by 3. Image 3 has the seed 0 here, as 2^32 is one past the last.
    const words_ = ["--norm", "l2", "--attack", "coarse", "--offset", "2", "--limit", "2"];
    const distances = async (seed: string): Promise<number[]> =>
      (await attack(...words_, "--seed", seed)).results.map(({ distance }: { distance: number }) => distance);
    const [, around] = await distances("4294967293");
    const [, remainder0] = await distances("0");
    const [, remainder1] = await distances("1");
    expect(around).toBe(remainder0);
    expect(around).not.toBe(remainder1);
  });

  it("looks at the labels of its own images only", async () => {
    const labels = LABELS.slice();
    labels[COUNT - 1] = 11;
    const wrong = await temporaryDirectory();
    await wrong.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], IMAGES));
    await wrong.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], labels));
    const data = ["attack", "--data", wrong.path];
    expect((await run([...data, "--limit", "2"])).code).toBe(0);
    const { code, stderr } = await run(data);
    expect(code).toBe(1);
    expect(stderr).toContain("there is no class 11; the model has 10");
    await wrong.remove();
  });
});
