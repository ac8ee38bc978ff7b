import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier, preprocess } from "../../src/entries/node.ts";
import { readImageFile } from "../../src/files/read-image-file.ts";

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const directory = new URL("../../examples/images/", import.meta.url);
let abs: Classifier;

beforeAll(async () => {
  abs = await createClassifier();
});

async function classifyFile(name: string): Promise<ReturnType<Classifier["classify"]>> {
  const { frames } = await readImageFile(fileURLToPath(new URL(name, directory)));
  for (const frame of frames) return abs.classify(preprocess(frame).image);
  throw new Error(`${name} holds no picture`);
}

describe("example images", () => {
  const files = readdirSync(directory).sort();

  it.each(files.filter((file) => DIGITS.some((digit) => file.startsWith(digit))))(
    "%s is what its name says",
    async (file) => {
      const { label, rejected } = await classifyFile(file);
      expect(DIGITS[label]).toBe(file.split("-")[0]);
      expect(rejected).toBe(false);
    },
  );

  it("the star is no digit", async () => {
    expect((await classifyFile("star.png")).rejected).toBe(true);
  });
});
