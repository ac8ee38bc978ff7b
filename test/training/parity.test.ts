import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { uniformNumbers } from "../support/random-model.ts";

// Trains two classes for a few steps and compares what PyTorch decodes from the exported file with what the module does.

/** A Python with PyTorch, numpy and tqdm; the tests are skipped where it is not named. */
const python = process.env["TRAINING_PYTHON"] || undefined;
if (python === undefined) console.warn("TRAINING_PYTHON is not set: the trainer is not compared with the module");

const trainingDirectory = new URL("../../training/", import.meta.url);
const IMAGES = 120;

function train(...words: string[]): string {
  return execFileSync(python as string, ["-m", "abs_training", ...words], {
    cwd: trainingDirectory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Writes a data set of bars: upright for label 0, level for label 1. */
function writeBars(directory: string, prefix: string): void {
  const next = uniformNumbers(prefix.length);
  const images = new Uint8Array(16 + IMAGES * 784);
  const labels = new Uint8Array(8 + IMAGES);
  new Uint32Array([0x803, IMAGES, 28, 28]).forEach((word, index) => {
    new DataView(images.buffer).setUint32(4 * index, word);
  });
  new Uint32Array([0x801, IMAGES]).forEach((word, index) => {
    new DataView(labels.buffer).setUint32(4 * index, word);
  });
  for (let image = 0; image < IMAGES; ++image) {
    const label = image % 2;
    labels[8 + image] = label;
    const middle = 8 + Math.floor(12 * next());
    for (let along = 4; along < 24; ++along) {
      for (let across = middle - 1; across <= middle + 1; ++across) {
        const pixel = label === 0 ? 28 * along + across : 28 * across + along;
        images[16 + 784 * image + pixel] = 200 + Math.floor(55 * next());
      }
    }
  }
  writeFileSync(join(directory, `${prefix}-images-idx3-ubyte`), images);
  writeFileSync(join(directory, `${prefix}-labels-idx1-ubyte`), labels);
}

describe.skipIf(python === undefined)("the trainer", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "abs-training-"));
    writeBars(directory, "train");
    writeBars(directory, "t10k");
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(["paper", "shuffle", "dense"])(
    "exports the %s shape so that the module decodes as PyTorch does",
    { timeout: 300_000 },
    async (shape) => {
      const file = join(directory, `${shape}.safetensors`);
      train(
        ...["train", "--data", directory, "--out", file, "--run-directory", join(directory, shape)],
        ...["--shape", shape, "--latents", "8", "--classes", "0,1", "--class-names", "upright,level"],
        ...["--max-steps", "3", "--prototypes", "4", "--without-race", "--workers", "1"],
      );
      const abs = await createClassifier({ weights: readFileSync(file) });
      expect(abs.classes).toEqual(["upright", "level"]);
      const next = uniformNumbers(11);
      const latents = Array.from({ length: 20 }, () =>
        Array.from({ length: abs.latents }, () => Math.fround(4 * next() - 2)),
      );
      const latentsFile = join(directory, `${shape}.json`);
      writeFileSync(latentsFile, JSON.stringify(latents));
      const { images } = JSON.parse(train("decode", "--weights", file, "--latents", latentsFile)) as {
        images: number[][][];
      };
      let worst = 0;
      images.forEach((ofClass, label) => {
        ofClass.forEach((expected, index) => {
          const found = abs.decode(label, latents[index] as number[]);
          found.forEach((value, pixel) => {
            worst = Math.max(worst, Math.abs(value - (expected[pixel] as number)));
          });
        });
      });
      expect(images.flat().length).toBe(2 * latents.length);
      expect(worst).toBeLessThanOrEqual(1e-5);
    },
  );
});
