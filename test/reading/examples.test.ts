import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { readDigits } from "../../src/entries/reading.ts";
import { readImageFile } from "../../src/files/read-image-file.ts";
import type { PixelImage } from "../../src/image/pixel-image.ts";

const folder = new URL("../../examples/numbers/", import.meta.url);

it.each(readdirSync(folder))("%s is read as its name says", async (file) => {
  const classifier = await createClassifier();
  const { frames } = await readImageFile(fileURLToPath(new URL(file, folder)));
  const reading = readDigits(frames.at(0) as PixelImage, { classifier });
  expect(reading.text).toBe(/-(\d+)\./.exec(file)?.[1]);
  expect(reading.others).toEqual([]);
});
