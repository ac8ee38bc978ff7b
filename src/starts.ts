import { DRAWN_PROTOTYPES } from "../format/limits.ts";
import type { Engine } from "./engine.ts";

// Where the searches start: which latents, and when they are decoded.

/** Samples of the paper's search. */
export const PAPER_SAMPLES = 8000;
/** The paper draws a ninth more samples than it keeps, and keeps the likeliest. */
const SHARE_KEPT = 0.9;
/** Any fixed number: with it the same weights always start from the same latents. */
const SEED = 20180523;
/** Samples decoded between two calls of a progress callback. */
const PORTION = 1000;

/** Hears how many of `total` decodings are done. */
export type Progress = (done: number, total: number) => void;

/** Decodes the prototypes that the weights bring, or draws some from the prior where they bring none. */
export function preparePrototypes(engine: Engine): void {
  let latents = engine.prototypes;
  let count = engine.prototypeCount;
  if (count === 0) {
    count = DRAWN_PROTOTYPES;
    const drawn = likeliest(engine, count);
    latents = new Float32Array(engine.classes * drawn.length);
    for (let index = 0; index < engine.classes; ++index) latents.set(drawn, index * drawn.length);
  }
  engine.setStarts("prototypes", latents);
  for (let index = 0; index < engine.classes; ++index) engine.fillStarts("prototypes", index, 0, count);
}

/**
 * Draws the paper's samples and decodes them with every class's decoder (Schott et al. 2018): 8000 latents of N(0, I),
 * the likeliest nine tenths of those drawn. Takes 784 bytes per sample and class, 63 MB for ten classes.
 *
 * @throws whatever `progress` throws; then the memory is given back and no samples are left
 */
export function prepareSamples(engine: Engine, progress?: Progress): void {
  engine.setStarts("samples", likeliest(engine, PAPER_SAMPLES));
  const total = engine.classes * PAPER_SAMPLES;
  try {
    for (let done = 0; done < total; done += PORTION) {
      const from = done % PAPER_SAMPLES;
      engine.fillStarts("samples", Math.floor(done / PAPER_SAMPLES), from, from + PORTION);
      progress?.(done + PORTION, total);
    }
  } catch (error) {
    engine.dropStarts();
    throw error;
  }
}

/** Draws latents of N(0, I), the same each time, and keeps those with the smallest norm, in the order drawn: [kept][latents]. */
export function likeliest(engine: Engine, kept: number): Float32Array {
  const { latents } = engine;
  const drawn = Math.ceil(kept / SHARE_KEPT);
  const values = engine.drawNormal(SEED, drawn * latents);
  const squares = Float64Array.from({ length: drawn }, (_, index) =>
    values.subarray(index * latents, (index + 1) * latents).reduce((sum, z) => sum + z * z, 0),
  );
  const order = Array.from(squares.keys()).sort((a, b) => (squares[a] as number) - (squares[b] as number) || a - b);
  const result = new Float32Array(kept * latents);
  order
    .slice(0, kept)
    .sort((a, b) => a - b)
    .forEach((from, to) => {
      result.set(values.subarray(from * latents, (from + 1) * latents), to * latents);
    });
  return result;
}
