import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readWeights } from "../../src/weights/read.ts";
import { referenceLossAndGradient } from "../reference/decoder.ts";
import { storedValues } from "../reference/stored.ts";
import { runsDebugBuild } from "../support/debug-module.ts";
import { engineFor } from "../support/module.ts";
import { randomImage } from "../support/random-model.ts";

const moduleFile = new URL("../../dist/abs.wasm", import.meta.url);
const model = readWeights(readFileSync(new URL("../../weights/abs-mnist.safetensors", import.meta.url)));

describe("the frozen module", () => {
  it.skipIf(runsDebugBuild)("imports nothing and exports its own memory", async () => {
    const compiled = await WebAssembly.compile(readFileSync(moduleFile));
    expect(WebAssembly.Module.imports(compiled)).toEqual([]);
    expect(WebAssembly.Module.exports(compiled)).toContainEqual({ name: "memory", kind: "memory" });
  });

  it("holds the weights file that lies in weights/", () => {
    const frozen = engineFor();
    const loaded = engineFor(model);
    const { assumptions: _, ...withoutAssumptions } = model;
    const plain = engineFor(withoutAssumptions);
    const image = randomImage(1);
    model.classes.forEach((_, index) => {
      const latent = frozen.drawNormal(index, model.latents);
      for (const engine of [frozen, loaded]) {
        engine.setImage(image);
        engine.setLatent(index, latent);
      }
      const found = frozen.evaluateWithGradient(index);
      expect(loaded.evaluateWithGradient(index)).toEqual(found);
      // What the loss assumes besides the paper's has a reference of its own (test/inference/comparison.test.ts).
      plain.setImage(image);
      plain.setLatent(index, latent);
      const ofPaper = plain.evaluateWithGradient(index);
      const wanted = referenceLossAndGradient(withoutAssumptions, index, latent, image);
      expect(Math.abs(ofPaper.loss - wanted.loss)).toBeLessThan(1e-6);
      wanted.gradient.forEach((value, axis) => {
        expect(Math.abs(value - (ofPaper.gradient[axis] as number))).toBeLessThan(1e-6);
      });
    });
    expect(frozen.description).toEqual({
      classes: model.classes,
      latents: model.latents,
      confidence: model.confidence,
      ...(model.assumptions === undefined ? {} : { assumptions: model.assumptions }),
      ...(model.binaryVariant === undefined ? {} : { binaryVariant: model.binaryVariant }),
    });
    const prototypes = model.prototypes && storedValues(model.prototypes.latents, model.classes.length, 1);
    expect(frozen.prototypes).toEqual(prototypes ?? new Float32Array(0));
  });
});
