import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readImageFile } from "../../src/files/read-image-file.ts";
import { preprocess } from "../../src/image/preprocess.ts";

const DIRECTORY = fileURLToPath(new URL("../../examples/images/", import.meta.url));
const NAMES = (await readdir(DIRECTORY)).filter((name) => /\.(png|jpg|pgm)$/.test(name));

describe("the example pictures", () => {
  it("show ten digits and one thing that is none", () => {
    const firstWords = NAMES.map((name) => name.split(/[-.]/)[0]).sort();
    const digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    expect(firstWords).toEqual([...digits, "star"].sort());
  });

  it.each(NAMES)("%s becomes a digit of strokes like MNIST's", async (name) => {
    const { frames } = await readImageFile(`${DIRECTORY}${name}`);
    const [picture] = frames;
    if (picture === undefined) throw new Error("no picture");
    const { image, ink, box } = preprocess(picture);
    expect(ink).toBe(/canvas|chalk|star/.test(name) ? "bright" : "dark");
    expect(box.width).toBeLessThan(0.8 * picture.width);
    const share = image.reduce((sum, value) => sum + value, 0) / image.length;
    // MNIST's digits light a twentieth to a third of the frame.
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.33);
  });
});
