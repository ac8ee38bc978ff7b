import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { run } from "./fake-classifier.ts";

const FORM = fileURLToPath(new URL("../../examples/numbers/form-1962.png", import.meta.url));
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

describe("abs read", () => {
  it("prints what it read as JSON, with boxes inside the picture", async () => {
    const { code, stdout } = await run(["read", FORM, "--json"]);
    const { results, failures } = JSON.parse(stdout);
    expect([code, failures]).toEqual([0, []]);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ file: FORM, frame: 0, ink: "dark", complete: true });
    const pieces = [...results[0].others, ...results[0].lines.flatMap((line: { digits: [] }) => line.digits)];
    expect(pieces.length).toBeGreaterThan(3);
    for (const { box } of pieces) {
      expect(box.top).toBeGreaterThanOrEqual(0);
      expect(box.top + box.height).toBeLessThanOrEqual(150);
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(400);
    }
  });

  it("draws the boxes into a PNG of the picture's size", async () => {
    const out = join(directory.path, "out.png");
    expect((await run(["read", FORM, "--out", out])).code).toBe(0);
    const { width, height, channels, data } = decode(await readFile(out));
    expect([width, height, channels]).toEqual([400, 150, 3]);
    const isColoured = Array.from({ length: width * height }, (_, pixel) => data[3 * pixel] !== data[3 * pixel + 1]);
    expect(isColoured.filter(Boolean).length).toBeGreaterThan(100);
  });

  it("draws the first of several pictures in a file, and says so of that one only", async () => {
    const file = await directory.write("two-idx3-ubyte", idxBytes([2, 28, 28], new Uint8Array(2 * 784)));
    const out = join(directory.path, "first.png");
    const { results } = JSON.parse((await run(["read", file, "--json", "--out", out])).stdout);
    expect(results.map(({ frame, out: drawn }: { frame: number; out?: string }) => [frame, drawn])).toEqual([
      [0, out],
      [1, undefined],
    ]);
    expect(decode(await readFile(out))).toMatchObject({ width: 28, height: 28 });
  });

  it("reads all files that it can, and tells of the others", async () => {
    const broken = await directory.write("broken.png", new Uint8Array(20));
    const { code, stdout, stderr } = await run(["read", broken, FORM]);
    expect(code).toBe(1);
    expect(stderr).toContain("broken.png");
    expect(stdout).toContain("form-1962.png: ");
  });

  it("says so where there is nothing", async () => {
    const blank = await directory.write(
      "blank.pgm",
      Buffer.concat([Buffer.from("P5 60 30 255\n"), Buffer.alloc(1800, 255)]),
    );
    expect(await run(["read", blank])).toMatchObject({ code: 0, stdout: `${blank}: no digits\n` });
  });

  it("does not write over the picture that it reads", async () => {
    const form = await directory.write("form.png", await readFile(FORM));
    const { code, stderr } = await run(["read", form, "--out", form]);
    expect(code).toBe(2);
    expect(stderr).toContain("would write over the image that is to be read");
    expect(await readFile(form)).toEqual(await readFile(FORM));
  });

  it.each([
    [["read"]],
    [["read", "-", "-"]],
    [["read", FORM, FORM, "--out", "x.png"]],
    [["read", FORM, "--effort", "much"]],
    [["read", FORM, "--out", "x.jpg"]],
  ])("refuses %j", async (words) => {
    expect((await run(words)).code).toBe(2);
  });
});
