import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { temporaryDirectory } from "../files/handmade-files.ts";
import { FakeClassifier, run } from "./fake-classifier.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

describe("abs attack --distal", () => {
  it("leads noise to every class, and tells when the model is never sure", async () => {
    // The fake classifier gives its label 75 %.
    const { code, stdout } = await run(["attack", "--distal", "--budget", "5", "--json"]);
    expect(code).toBe(0);
    const { kind, confidence, outcomes } = JSON.parse(stdout);
    expect([kind, confidence]).toEqual(["distal", "calibrated"]);
    expect(outcomes.map(({ name }: { name: string }) => name)).toEqual([..."0123456789"]);
    for (const { success, probability, steps } of outcomes) {
      expect(success).toBe(false);
      expect(probability).toBeLessThanOrEqual(0.75);
      expect(steps).toBeLessThanOrEqual(5);
    }
    const { stdout: text } = await run(["attack", "--distal", "--budget", "5"]);
    expect(text.split("\n").filter((line) => line.endsWith("not reached"))).toHaveLength(10);
  });

  it("tells an image that is rejected from one that the model is not sure of", async () => {
    class Rejecting extends FakeClassifier {
      override classify(image: Float32Array) {
        return { ...super.classify(image), rejected: true, probabilities: new Float64Array(10).fill(0.95) };
      }
    }
    const { stdout } = await run(["attack", "--distal", "--budget", "2"], {
      createClassifier: async () => new Rejecting(),
    });
    expect(stdout.split("\n").filter((line) => line.endsWith("   rejected"))).toHaveLength(10);
  });

  it("makes the model sure of a class, and shows by what in a page that needs nothing else", {
    timeout: 240_000,
  }, async () => {
    const out = join(directory.path, "distal.html");
    const { code, stdout } = await run(
      ["attack", "--distal", "--budget", "80", "--seed", "3", "--out", out, "--json"],
      {
        createClassifier: async () => createClassifier(),
      },
    );
    expect(code).toBe(0);
    const { outcomes } = JSON.parse(stdout);
    for (const { success, probability, fromNoise, image } of outcomes) {
      expect(success).toBe(true);
      expect(probability).toBeGreaterThanOrEqual(0.9);
      expect(fromNoise).toBeGreaterThan(1);
      expect(image.every((value: number) => value >= 0 && value <= 1)).toBe(true);
    }
    const page = await readFile(out, "utf8");
    expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(20);
    expect(page).not.toMatch(/<script|https?:|src="(?!data:)/);
  });

  it("tells before it climbs that the report cannot be written", async () => {
    const out = join(directory.path, "nowhere", "distal.html");
    let asked = 0;
    class Counting extends FakeClassifier {
      override lossAndGradient(image: Float32Array) {
        ++asked;
        return super.lossAndGradient(image);
      }
    }
    const { code, stderr } = await run(["attack", "--distal", "--out", out], {
      createClassifier: async () => new Counting(),
    });
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be written: there is no such directory");
    expect(asked).toBe(0);
  });

  it("leaves an earlier report as it is where the command line is wrong", async () => {
    const out = await directory.write("earlier.html", "earlier");
    const { code } = await run(["attack", "--distal", "--out", out, "--weights", join(directory.path, "nowhere")]);
    expect(code).toBe(1);
    expect(await readFile(out, "utf8")).toBe("earlier");
  });

  it("says in its JSON what was measured", async () => {
    const { stdout } = await run(["attack", "--distal", "--budget", "5", "--seed", "4", "--effort", "quick", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ version: "1.2.3", effort: "quick", variant: "abs", seed: 4, steps: 5 });
  });

  it.each([
    [["--data", "mnist"], "--distal starts from noise and wants no --data"],
    [["--norm", "l2"], "--distal starts from noise and wants no --norm"],
    [["--seed", "4294967296"], "--seed wants at most 4294967295, got 4294967296"],
    [["--budget", "0"], '--budget wants a whole number from 1, got "0"'],
  ])("refuses %j", async (more, message) => {
    const { code, stderr } = await run(["attack", "--distal", ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
