import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";

const SCRIPT = fileURLToPath(new URL("../../examples/cluster/run-locally.mjs", import.meta.url));
const COUNT = 23;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const abs = await createClassifier();
  const labels = Uint8Array.from({ length: COUNT }, (_, index) => index % 10);
  const images = new Uint8Array(COUNT * 784);
  labels.forEach((label, index) => {
    const [drawn] = abs.sample(label, { seed: index });
    images.set(
      Uint8Array.from(drawn as Float32Array, (value) => Math.round(255 * value)),
      784 * index,
    );
  });
  await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], images));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], labels));
});
afterAll(() => directory.remove());

describe("examples/cluster", () => {
  it("proves that shards joined equal one run", () => {
    const words = ["--data", directory.path, "--shards", "3", "--effort", "quick"];
    const output = execFileSync(process.execPath, [SCRIPT, ...words], { encoding: "utf8" });
    expect(output).toMatch(/^3 shards joined equal one run: \d+ of 23 correct, digest [0-9a-f]{64}\n$/);
  });

  it("proves the same of attacks", () => {
    const words = [
      "attack",
      "--data",
      directory.path,
      "--shards",
      "2",
      "--limit",
      "3",
      "--norm",
      "l2",
      "--budget",
      "20",
    ];
    const output = execFileSync(process.execPath, [SCRIPT, ...words], { encoding: "utf8" });
    expect(output).toMatch(/^2 shards joined equal one run: [1-9]\d* attacks on 3 images\n$/);
  });

  it("refuses a number of shards that is none", () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, "--shards", "many"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain('--shards wants a whole number from 1, got "many"');
  });
});
