import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { blocksInOneInstance } from "../../bench/long-runs/one-instance.ts";
import { recreate } from "../../bench/long-runs/recreated.ts";
import { inThreads } from "../../bench/long-runs/threads.ts";
import { inTurns } from "../../bench/long-runs/two-models.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { randomModel, shapes } from "../support/random-model.ts";
import { weightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

// What `npx tsx bench/long-run.ts` does by the million, a thousand times shorter.

const module = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));

it("one instance answers block after block alike, in the same memory", async () => {
  const abs = await createClassifier({ module, effort: "quick" });
  const seen: { hash: string; memoryBytes: number }[] = [];
  for (const { hash, memoryBytes, done } of blocksInOneInstance(abs, 60, 30)) {
    seen.push({ hash, memoryBytes });
    if (done >= 300) break;
  }
  expect(seen).toHaveLength(5);
  for (const block of seen) expect(block).toEqual(seen[0]);
});

it("models in turns answer as each does alone", async () => {
  const layers = shapes["pixel shuffle"] as NonNullable<(typeof shapes)[string]>;
  const weights = writeWeightsFile(weightsFileParts(randomModel(layers, { latents: 4, classes: 3 }), layers));
  const first = await createClassifier({ module, effort: "quick" });
  const second = await createClassifier({ module, weights, effort: "quick" });
  const [one, other] = inTurns(first, second, 30);
  expect(one?.inTurns).toBe(one?.alone);
  expect(other?.inTurns).toBe(other?.alone);
  expect(one?.alone).not.toBe(other?.alone);
});

it("threads that share a compiled module agree", async () => {
  expect(new Set(await inThreads(module, 2, 20)).size).toBe(1);
});

it("classifiers made one after the other agree", async () => {
  expect((await recreate(() => createClassifier({ module }), 30)).size).toBe(1);
});
