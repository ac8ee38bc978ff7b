import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readWeights } from "../../src/weights/read.ts";
import { referenceDecode } from "../reference/decoder.ts";
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
    const image = randomImage(1);
    model.classes.forEach((_, index) => {
      const latent = frozen.drawNormal(index, model.latents);
      for (const engine of [frozen, loaded]) {
        engine.setImage(image);
        engine.setLatent(index, latent);
      }
      const found = frozen.evaluateWithGradient(index);
      expect(loaded.evaluateWithGradient(index)).toEqual(found);
      const { reconstruction } = referenceDecode(model, index, latent);
      frozen.reconstruct(index).forEach((value: number, pixel: number) => {
        expect(Math.abs(value - (reconstruction[pixel] as number))).toBeLessThan(1e-5);
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
