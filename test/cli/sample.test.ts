import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../files/handmade-files.ts";
import { run } from "./fake-classifier.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

describe("abs sample", () => {
  it("draws as many as asked", async () => {
    const { code, stdout } = await run(["sample", "7", "--count", "3", "--seed", "5"]);
    expect(code).toBe(0);
    expect(stdout.match(/7, seed 5, #\d/g)).toEqual(["7, seed 5, #0", "7, seed 5, #1", "7, seed 5, #2"]);
  });

  it("prints the images as JSON", async () => {
    const document = JSON.parse((await run(["sample", "7", "--count", "2", "--seed", "5", "--json"])).stdout);
    expect(document).toMatchObject({ label: 7, name: "7", seed: 5 });
    expect(document.images.map((image: number[]) => image.length)).toEqual([784, 784]);
    expect(document.images[1][0]).toBeCloseTo(0.13, 6);
  });

  it("writes a contact sheet", async () => {
    const out = join(directory.path, "sheet.png");
    const { code, stdout } = await run(["sample", "2", "--count", "5", "--out", out]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${out}: 5 samples of 2\n`);
    const { width, height, data } = decode(await readFile(out));
    // Three columns and two rows of 112 pixels with gaps of 8.
    expect({ width, height }).toEqual({ width: 368, height: 248 });
    expect(data[8 * width + 8]).toBe(Math.round(255 * 0.02));
    expect(data[8 * width + 128]).toBe(Math.round(255 * 0.03));
    expect(data[0]).toBe(48);
  });

  it("fails where the sheet cannot be written", async () => {
    const { code, stderr } = await run(["sample", "2", "--out", join(directory.path, "no", "sheet.png")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/sheet\.png: cannot be written/);
  });

  it("writes no file that is named as what it is not", async () => {
    const { code, stderr } = await run(["sample", "2", "--out", join(directory.path, "sheet.jpg")]);
    expect(code).toBe(2);
    expect(stderr).toContain("--out writes PNG, so its file ends in .png");
    await expect(access(join(directory.path, "sheet.jpg"))).rejects.toThrow("ENOENT");
  });
});
