import { readFileSync } from "node:fs";
import { readWeights } from "../../src/weights/read.ts";

const { assumptions = {} } = readWeights(readFileSync(new URL("../../weights/abs-mnist.safetensors", import.meta.url)));

/** What one pixel adds to 784 times the loss of the shipped weights. */
export function countedError(residual: number): number {
  const { tolerance = Number.POSITIVE_INFINITY } = assumptions;
  return residual ** 2 / (1 + (residual / tolerance) ** 2);
}

/** What a gain and an offset add to it. */
export function photometricError({ gain, offset }: { gain: number; offset: number }): number {
  const { photometry = { gain: 0, offset: 0 } } = assumptions;
  return photometry.gain * (gain - 1) ** 2 + photometry.offset * offset ** 2;
}
