import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { uniformNumbers } from "../support/random-model.ts";
import { drawShape, idxFile, pgmFile, SHAPES, writePart, writeShapes } from "./shapes.ts";

// The whole way of docs/own-classes.md: from idx files through the trainer and the built command to the right names.

/** A Python with PyTorch, numpy and tqdm; the tests are skipped where it is not named. */
const python = process.env["TRAINING_PYTHON"] || undefined;
if (python === undefined) console.warn("TRAINING_PYTHON is not set: training on own classes is not tested");

const trainingDirectory = new URL("../../training/", import.meta.url);
const command = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const NAMES = ["circle", "square", "star"];
const TIMEOUT = 900_000;

/** The shortest training that tells the shapes apart; real data deserve the defaults. */
const SHORT = [
  ...["--shape", "shuffle", "--latents", "6", "--pretraining-epochs", "4", "--vae-epochs", "16"],
  ...["--discriminative-epochs", "1", "--prototypes", "24", "--workers", "2"],
];

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function train(directory: string, out: string, ...words: string[]): Outcome {
  const run = ["--run-directory", join(directory, "run", out)];
  return spawnSync(
    python as string,
    ["-m", "abs_training", "train", "--data", directory, "--out", join(directory, out), ...run, ...words],
    { cwd: trainingDirectory, encoding: "utf8" },
  );
}

function abs(...words: string[]): Outcome {
  return spawnSync(process.execPath, [command, ...words], { encoding: "utf8", maxBuffer: 1e8 });
}

interface Results {
  readonly results: { readonly name: string; readonly label: number; readonly probabilities: number[] }[];
}

describe.skipIf(python === undefined)("own classes", () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "abs-own-"));
  });

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function directory(name: string): string {
    const path = join(root, name);
    mkdirSync(path);
    return path;
  }

  describe("three shapes", () => {
    let data: string;
    let weights: string;

    beforeAll(() => {
      data = directory("shapes");
      writeShapes(data, "train", NAMES, 130, 1);
      writeShapes(data, "t10k", NAMES, 20, 2);
      weights = join(data, "mine.safetensors");
      const options = ["--class-names", NAMES.join(","), ...SHORT, "--without-race"];
      const { status, stderr } = train(data, "mine.safetensors", ...options);
      expect(stderr).not.toContain("error");
      expect(status).toBe(0);
    }, TIMEOUT);

    it("get their names from abs classify, as PGM, PNG and idx", () => {
      const next = uniformNumbers(3);
      for (const name of NAMES) {
        const images = [0, 1, 2].map(() => drawShape(SHAPES[name] ?? [], next));
        const [one, other] = images as [Uint8Array, Uint8Array];
        const files = {
          "fresh.pgm": pgmFile(one),
          "fresh.png": encode({ width: 28, height: 28, data: other, channels: 1 }),
          "fresh-images-idx3-ubyte": idxFile([3, 28, 28], Buffer.concat(images)),
        };
        const paths = Object.entries(files).map(([file, bytes]) => {
          const path = join(data, `${name}-${file}`);
          writeFileSync(path, bytes);
          return path;
        });
        const outcome = abs("classify", "--weights", weights, "--raw", "--json", ...paths);
        expect(outcome.status).toBe(0);
        const { results } = JSON.parse(outcome.stdout) as Results;
        expect(results.map((result) => result.name)).toEqual(Array(5).fill(name));
        const printed = abs("classify", "--weights", weights, "--raw", paths[0] as string);
        expect(printed.status).toBe(0);
        expect(printed.stdout).toContain(`redrawn as ${name}`);
      }
    });

    it("are told apart by abs evaluate on the t10k files", () => {
      const outcome = abs("evaluate", "--data", data, "--weights", weights, "--json");
      expect(outcome.status).toBe(0);
      const scores = JSON.parse(outcome.stdout) as { images: number; accuracy: number; classes: { name: string }[] };
      expect(scores.images).toBe(60);
      expect(scores.accuracy).toBeGreaterThanOrEqual(0.95);
      expect(scores.classes.map(({ name }) => name)).toEqual(NAMES);
    });

    it("are told apart by a race as well, once its tables are fitted", { timeout: TIMEOUT }, () => {
      const racing = join(data, "racing.safetensors");
      const fitted = spawnSync(
        python as string,
        [
          ...["-m", "abs_training", "race", "--weights", weights, "--data", data, "--out", racing, "--workers", "1"],
          ...["--coefficients", "16", "--surrogate-hidden", "16", "--proposal-hidden", "32"],
          ...["--surrogate-steps", "400", "--proposal-steps", "400"],
        ],
        { cwd: trainingDirectory, encoding: "utf8" },
      );
      expect(fitted.stderr).not.toContain("error");
      expect(fitted.status).toBe(0);
      const scores = [weights, racing].map((file) => {
        const outcome = abs("evaluate", "--data", data, "--weights", file, "--json");
        return JSON.parse(outcome.stdout) as { accuracy: number; meanEvaluations: number };
      }) as [{ accuracy: number; meanEvaluations: number }, { accuracy: number; meanEvaluations: number }];
      expect(scores[1].accuracy).toBeGreaterThanOrEqual(0.95);
      expect(scores[1].meanEvaluations).toBeLessThan(scores[0].meanEvaluations);
    });

    it("can be sampled and classified by the library", async () => {
      const classifier = await createClassifier({ weights: readFileSync(weights) });
      expect(classifier.classes).toEqual(NAMES);
      const star = classifier.sample(2, { seed: 1, count: 1 })[0] as Float32Array;
      expect(classifier.classify(star).label).toBe(2);
      classifier.dispose();
      expect(abs("sample", "star", "--weights", weights, "--count", "1").status).toBe(0);
    });
  });

  it("may be two, with names of any script, spaces and commas", { timeout: TIMEOUT }, async () => {
    const data = directory("two");
    writeShapes(data, "train", ["circle", "star"], 40, 4);
    const names = ["cercle, très rond", "星 ★"];
    writeFileSync(join(data, "names.txt"), `\ufeff${names.join("\r\n")}\r\n`);
    const options = ["--class-names-file", join(data, "names.txt"), ...SHORT, "--max-steps", "3"];
    expect(train(data, "two.safetensors", ...options).status).toBe(0);
    const file = readFileSync(join(data, "two.safetensors"));
    expect((await createClassifier({ weights: file })).classes).toEqual(names);
    expect(file.toString("utf8")).toContain('"race.basis"');
    const outcome = abs(
      ...["classify", "--weights", join(data, "two.safetensors"), "--json", "--limit", "1"],
      join(data, "train-images-idx3-ubyte"),
    );
    const { results } = JSON.parse(outcome.stdout) as Results;
    expect(names).toContain(results[0]?.name);
    expect(file.toString("utf8")).toContain("--class-names-file names.txt");
  });

  it("may be 64", { timeout: TIMEOUT }, () => {
    const data = directory("sixty-four");
    const next = uniformNumbers(5);
    // Each class is a spot at its own place of an 8×8 grid; the last of 12 rounds is held out for validation.
    const labels = Array.from({ length: 12 * 64 }, (_, index) => index % 64);
    const images = labels.map((label) => {
      const image = new Uint8Array(784);
      const [row, column] = [2 + 3 * Math.floor(label / 8), 2 + 3 * (label % 8)];
      for (let pixel = 0; pixel < 9; ++pixel) {
        image[28 * (row + Math.floor(pixel / 3)) + column + (pixel % 3)] = 155 + Math.floor(100 * next());
      }
      return image;
    });
    writePart(data, "train", images, labels);
    const names = labels.slice(0, 64).map((label) => `spot ${label}`);
    const options = ["--class-names", names.join(","), ...SHORT, "--max-steps", "1", "--without-race"];
    const { status, stderr } = train(data, "spots.safetensors", ...options);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    const outcome = abs(
      ...["classify", "--weights", join(data, "spots.safetensors"), "--json", "--limit", "3"],
      join(data, "train-images-idx3-ubyte"),
    );
    expect(outcome.status).toBe(0);
    const { results } = JSON.parse(outcome.stdout) as Results;
    expect(results).toHaveLength(3);
    for (const { name, label, probabilities } of results) {
      expect(name).toBe(`spot ${label}`);
      expect(probabilities).toHaveLength(64);
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    }
  });

  describe("are refused with exit status 1 and a message", () => {
    function refused(data: string, message: RegExp, ...words: string[]): void {
      const { status, stderr } = train(data, "none.safetensors", ...SHORT, "--max-steps", "1", ...words);
      expect(stderr.trim()).toMatch(message);
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(status).toBe(1);
    }

    function spots(name: string, classes: readonly number[], rounds = 24, side = 28): string {
      const data = directory(name);
      const labels = Array.from(
        { length: rounds * classes.length },
        (_, index) => classes[index % classes.length] ?? 0,
      );
      const images = labels.map((label) => new Uint8Array(side * side).fill(255, label, label + 28));
      writePart(data, "train", images, labels);
      return data;
    }

    const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

    it("one class", () => refused(spots("one", [0]), /^error: 1 class\(es\) chosen, but 2 to 64 are possible$/));

    it("65 classes", () =>
      refused(spots("many", upTo(65)), /^error: 65 class\(es\) chosen, but 2 to 64 are possible$/));

    it("images of another size", () =>
      refused(spots("small", [0, 1], 24, 27), /^error: train-images-.*: images are 27×27, but must be 28×28$/));

    it("labels beyond the names, and names beyond the labels", () => {
      const data = spots("names", upTo(4));
      const three = /^error: 3 class names are given for 4 classes: the labels reach from 0 to 3$/;
      refused(data, three, "--class-names", "circle,square,star");
      const five = /^error: 5 class names are given for 4 classes: the labels reach from 0 to 3$/;
      refused(data, five, "--class-names", "a,b,c,d,e");
      const same = /^error: class names must differ from each other and not be empty$/;
      refused(data, same, "--class-names", "a,b,c,a");
      refused(data, same, "--class-names", "a,b,,d");
    });

    it("labels that skip numbers", () =>
      refused(
        spots("skipping", [0, 2, 5]),
        /^error: no image has label 1, class 1; where labels skip numbers, choose those that there are with --classes 0,2,5$/,
      ));

    it("files sorted by class, and classes of too few images", () => {
      const data = directory("sorted");
      const labels = upTo(60).map((index) => Math.floor(index / 30));
      writePart(
        data,
        "train",
        labels.map(() => new Uint8Array(784).fill(9)),
        labels,
      );
      refused(
        data,
        /^error: class 0 has 0 validation image\(s\), but needs 1; .* order must be mixed and no class too small$/,
      );
      refused(spots("few", [0, 1], 3), /^error: class 0 has 0 validation image\(s\), but needs 1; .*$/);
    });

    it("labels that are no bytes", () => {
      const data = spots("floats", [0, 1]);
      const floats = Buffer.alloc(8 + 4 * 48);
      floats.set([0, 0, 0x0d, 1, 0, 0, 0, 48]);
      writeFileSync(join(data, "train-labels-idx1-ubyte"), floats);
      refused(data, /starts with 0x00000d01 \(32-bit floats in 1 dimension\(s\)\), but unsigned bytes/);
    });

    it(
      "a test set that has labels the model lacks",
      () => {
        const data = spots("fewer", [0, 1]);
        expect(train(data, "two.safetensors", ...SHORT, "--max-steps", "1").status).toBe(0);
        writePart(data, "t10k", [new Uint8Array(784), new Uint8Array(784)], [1, 2]);
        const outcome = abs("evaluate", "--data", data, "--weights", join(data, "two.safetensors"));
        expect(outcome.status).toBe(1);
        expect(outcome.stderr).toContain("there is no class 2; the model has 2");
      },
      TIMEOUT,
    );
  });

  it.skipIf(python !== undefined && !hasPillow(python))(
    "are packed by the script in the documentation",
    () => {
      const page = readFileSync(new URL("../../docs/own-classes.md", import.meta.url), "utf8");
      const script = /```python\n(# pack\.py[\s\S]*?)```/.exec(page)?.[1] as string;
      const data = directory("packed");
      const next = uniformNumbers(6);
      for (const name of NAMES) {
        mkdirSync(join(data, "shapes", name), { recursive: true });
        for (let index = 0; index < 60; ++index) {
          const image = drawShape(SHAPES[name] ?? [], next);
          writeFileSync(
            join(data, "shapes", name, `${index}.png`),
            encode({ width: 28, height: 28, data: image, channels: 1 }),
          );
        }
      }
      writeFileSync(join(data, "pack.py"), script);
      const printed = execFileSync(python as string, ["pack.py"], { cwd: data, encoding: "utf8" });
      expect(printed).toContain(NAMES.join(","));
      const options = ["--class-names", NAMES.join(","), ...SHORT, "--max-steps", "1"];
      const { status, stderr } = train(join(data, "data"), "packed.safetensors", ...options);
      expect(stderr).not.toContain("error");
      expect(status).toBe(0);
      const outcome = abs(
        ...["evaluate", "--data", join(data, "data"), "--weights", join(data, "data", "packed.safetensors"), "--json"],
      );
      expect(outcome.status).toBe(0);
    },
    TIMEOUT,
  );
});

/** Whether the script can read PNG files. */
function hasPillow(interpreter: string): boolean {
  const found = spawnSync(interpreter, ["-c", "import PIL"]).status === 0;
  if (!found) console.warn("TRAINING_PYTHON has no Pillow: the script in docs/own-classes.md is not tested");
  return found;
}
