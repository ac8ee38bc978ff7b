import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import { readWeights } from "../../src/weights/read.ts";
import type { DecoderPeer } from "./decoder.ts";

/** An engine over the built module (or other bytes with the same exports) with the weights of a file. */
export function engineWith(weights: string, module?: Uint8Array<ArrayBuffer>): Engine {
  const bytes = module ?? readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
  return new Engine(instantiateSync(bytes, {}).instance, writeBundle(readWeights(readFileSync(weights))));
}

/** This project's decoder of a class, under the paper's loss, which the others compute, too. */
export function moduleDecoder(weights: string, classIndex: number): DecoderPeer {
  const { assumptions: _, ...model } = readWeights(readFileSync(weights));
  const bytes = readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
  const engine = new Engine(instantiateSync(bytes, {}).instance, writeBundle(model));
  return {
    name: "this module",
    forward: (latent) => {
      engine.setLatent(classIndex, latent);
      return engine.reconstruct(classIndex);
    },
    lossAndGradient: (image, latent) => {
      engine.setImage(image);
      engine.setLatent(classIndex, latent);
      return engine.evaluateWithGradient(classIndex);
    },
  };
}
