import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { readWeights } from "../../src/weights/read.ts";
import { randomImage } from "../support/random-model.ts";

// A file of each version of the format, by the writer of its day (test/support/weights-file.ts of the revisions before
// format_version changed), and what it answered. Neither is ever written anew: what is tested is that files that are out
// there are read for ever, and say what they said.

const folder = new URL("versions/", import.meta.url);
const FILES: Readonly<Record<string, { sha256: string; holds: string[]; labels: number[]; losses: number[][] }>> = {
  1: {
    sha256: "ec2288a4fd0ac3deaeea9f6c516dd2ad27063988482cca9ad4e49c000c1e4f28",
    holds: ["prototypes"],
    labels: [1, 1, 1, 1],
    losses: [
      [0.18856335, 0.13189375, 0.15808964],
      [0.18030873, 0.12751502, 0.14949182],
      [0.18545996, 0.13819194, 0.15616576],
      [0.18719018, 0.1275968, 0.15621568],
    ],
  },
  2: {
    sha256: "2c6797b98d351881fbe1d007c831ac0d7783fa80681ac2c641258ef7a76071be",
    holds: ["binaryVariant", "race", "prototypes", "calibrated"],
    labels: [1, 1, 1, 1],
    losses: [
      [0.14897595, 0.14488123, 0.14617158],
      [0.1472134, 0.14078422, 0.1463993],
      [0.15393135, 0.14927109, 0.15174861],
      [0.15128443, 0.14647554, 0.1531945],
    ],
  },
  3: {
    sha256: "6db23782cc6f54d7b8684f490a4665f5cff78804437af76e8006a5111e814d3f",
    holds: ["assumptions", "binaryVariant", "race", "prototypes", "calibrated"],
    labels: [2, 2, 2, 2],
    losses: [
      [0.09478732, 0.0959106, 0.09353261],
      [0.09724846, 0.09641489, 0.09306574],
      [0.10214723, 0.10024852, 0.09889118],
      [0.1017025, 0.10093866, 0.09866399],
    ],
  },
};

/** Of seeded images. */
const IMAGES = Array.from({ length: 4 }, (_, index) => randomImage(100 + index));

describe("weights of version", () => {
  it.each(Object.entries(FILES))("%s are read, and answer as they did", async (version, wanted) => {
    const bytes = readFileSync(new URL(`${version}.safetensors`, folder));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(wanted.sha256);
    const model = readWeights(bytes);
    const held = ["assumptions", "binaryVariant", "race", "prototypes"].filter((part) => Object.hasOwn(model, part));
    expect(model.confidence.calibrated === undefined ? held : [...held, "calibrated"]).toEqual(wanted.holds);

    const abs = await createClassifier({ weights: bytes, inference: "paper" });
    const found = IMAGES.map((image) => abs.classify(image));
    expect(found.map(({ label }) => label)).toEqual(wanted.labels);
    found.forEach(({ losses }, image) => {
      losses.forEach((loss, index) => {
        expect(loss).toBeCloseTo(wanted.losses[image]?.[index] as number, 6);
      });
    });
  });

  it("each have a file here, the newest as well", () => {
    const text = readFileSync(new URL("../../training/abs_training/weights/weights_file.py", import.meta.url), "utf8");
    const versions = [...(/^READ_VERSIONS = (.*)$/m.exec(text)?.[1]?.matchAll(/\d+/g) ?? [])].map(String);
    expect(versions.length).toBeGreaterThan(2);
    expect(Object.keys(FILES)).toEqual(versions);
    expect(readdirSync(folder).sort()).toEqual(versions.map((version) => `${version}.safetensors`));
  });
});
