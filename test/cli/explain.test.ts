import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { run } from "./fake-classifier.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let dataSet: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const images = Uint8Array.from({ length: 2 * 784 }, (_, index) => (index === 784 ? 26 * 3 : index % 7));
  dataSet = await directory.write("images.idx", idxBytes([2, 28, 28], images));
});
afterAll(() => directory.remove());

describe("abs explain", () => {
  it("shows every class, the best first, and where the winner is better", async () => {
    const { code, stdout } = await run(["explain", dataSet, "--frame", "1"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${dataSet}: 3 (confidence 75.0 %); runner-up 4; 40 evaluations`);
    expect(stdout).toContain("estimated radius (no bound: it trusts the searches): 0.69 in L2, 0.063 in L∞");
    const rows = stdout.split("\n").filter((line) => /^\d +0\.\d{5} /.test(line));
    expect(rows).toHaveLength(10);
    expect(rows[0]).toMatch(/^3 +0\.06250 +3\.00 +-0\.50$/);
    for (let label = 0; label < 10; ++label) expect(stdout).toContain(`as ${label}, loss`);
    // The upper half speaks for the winner, the lower, half as strong, against.
    const signed = stdout.slice(stdout.indexOf("3 over 4")).split("\n");
    expect(signed[1]).toContain("#".repeat(28));
    expect(signed[14]).toContain("-".repeat(28));
  });

  it("prints all of it as JSON", async () => {
    const document = JSON.parse((await run(["explain", dataSet, "--frame", "1", "--json"])).stdout);
    expect(document).toMatchObject({ frame: 1, label: 3, runnerUp: 4, preprocessed: false });
    expect(document.radiusEstimate).toEqual({ l2: 0.6875, linf: 0.0625 });
    expect(document.classes).toHaveLength(10);
    expect(document.classes[3]).toMatchObject({ name: "3", loss: 0.0625, latent: [3, -0.5] });
    expect(document.classes[3].reconstruction).toHaveLength(784);
    expect(document.advantage).toHaveLength(784);
    expect(document.image[0]).toBeCloseTo(78 / 255, 6);
  });

  it("takes a picture of a folder by its number in the order of names", async () => {
    const folder = await mkdtemp(join(directory.path, "folder-"));
    const picture = (value: number) => Buffer.concat([Buffer.from("P5 28 28 255\n"), Buffer.alloc(784, value)]);
    for (const [name, value] of Object.entries({ "b.pgm": 26 * 3, "a.pgm": 26 * 2, "notes.txt": 0 })) {
      await writeFile(join(folder, name), name === "notes.txt" ? "no picture" : picture(value));
    }
    const { stdout } = await run(["explain", folder, "--frame", "1", "--raw", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ file: join(folder, "b.pgm"), frame: 0, label: 3 });
    const { code, stderr } = await run(["explain", folder, "--frame", "2"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${folder}: has 2 pictures; there is no picture 2`);
  });

  it("fails on an image that is not there", async () => {
    const { code, stderr } = await run(["explain", dataSet, "--frame", "2"]);
    expect(code).toBe(1);
    expect(stderr).toContain("has 2 images; there is no image 2");
  });
});
