import { describe, expect, it } from "vitest";
import { writeBundle } from "../../src/weights/bundle.ts";
import { readWeights } from "../../src/weights/read.ts";
import { mnistImages } from "../support/idx.ts";
import { engineFor } from "../support/module.ts";
import { mnistDirectory, readReferenceFile, referenceDirectory, referenceTensors } from "../support/reference.ts";

describe.skipIf(referenceDirectory === undefined || mnistDirectory === undefined)("published weights", () => {
  it("decode within 2e-6 and differentiate within 1e-6 of the authors' modules", () => {
    const model = readWeights(readReferenceFile("original-abs.safetensors"));
    expect(writeBundle(model).length).toBeGreaterThan(900_000);
    const engine = engineFor(model);
    const golden = referenceTensors("gold-decoder.safetensors");
    const z = golden("z").values;
    const out = golden("out").values;
    const loss = golden("elbo").values;
    const gradient = golden("delbo_dz").values;
    const images = mnistImages("t10k", 10_000);
    let decoderError = 0;
    let lossError = 0;
    let gradientError = 0;
    for (let index = 0; index < 10; ++index) {
      for (let j = 0; j < 64; ++j) {
        const entry = index * 64 + j;
        engine.setImage(images[golden("image_index").values[j] as number] as Float32Array);
        engine.setLatent(index, z.subarray(8 * entry, 8 * entry + 8));
        const reconstruction = engine.reconstruct(index);
        reconstruction.forEach((value, pixel) => {
          decoderError = Math.max(decoderError, Math.abs(value - (out[784 * entry + pixel] as number)));
        });
        const result = engine.evaluateWithGradient(index);
        lossError = Math.max(lossError, Math.abs(result.loss - (loss[entry] as number)));
        result.gradient.forEach((value, axis) => {
          gradientError = Math.max(gradientError, Math.abs(value - (gradient[8 * entry + axis] as number)));
        });
      }
    }
    console.log({ decoderError, lossError, gradientError });
    expect(decoderError).toBeLessThan(2e-6);
    expect(lossError).toBeLessThan(1e-6);
    expect(gradientError).toBeLessThan(1e-6);
  });
});
