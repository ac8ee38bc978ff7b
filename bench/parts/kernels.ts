import { readFileSync } from "node:fs";
import { IMAGE_PIXELS } from "../../format/image.ts";
import type { DecoderLayer } from "../../src/weights/decoder-shape.ts";
import { readWeights } from "../../src/weights/read.ts";
import {
  nominalMultiplyAdds,
  pairProducts,
  proposalMultiplyAdds,
  surrogateMultiplyAdds,
  winogradProducts,
} from "../measure/arithmetic.ts";
import type { Spread } from "../measure/statistics.ts";
import { digits } from "../measure/table.ts";
import { type Contestant, type Timing, takeTurns } from "../measure/turns.ts";
import { SHIPPED } from "../models/shipped.ts";
import { compileKernels, kernelsWith } from "../peers/kernels.ts";
import type { Report, Settings } from "./part.ts";

// Every kernel for itself, as a fraction of what the processor's units for vectors of four floats can do at most. WebAssembly
// has no fused multiply-add without relaxed SIMD, so a multiply-add is two operations.

const ROUNDS = 40;
/** Runs of a kernel in one call from JavaScript. */
const TIMES = 20;
const PEAK_PASSES = 100_000;
const PEAK_OPERATIONS = 208;
const CLASS = 0;

/** The algorithms that make fewer products, by their numbers in assembly/decoder/convolution/convolution.ts. */
const ALGORITHMS: Readonly<Record<number, { name: string; products: (layer: DecoderLayer) => number }>> = {
  1: { name: "Winograd", products: winogradProducts },
  2: { name: "pairs of inputs", products: pairProducts },
};

interface Kernel {
  weights: string;
  name: string;
  /** By the definition of what it computes. */
  nominal: number;
  /** Multiply-adds, or for the short algorithms products, that it makes. */
  done: number;
  run(): void;
}

interface Outcome extends Omit<Kernel, "run"> {
  /** Of one run. */
  microseconds: Spread;
  /** 10⁹ floating-point operations per second, two for each of `done`. */
  rate: number;
  /** Over the peak measured. */
  shareOfPeak: number;
}

export async function kernelsPart({ published, rounds = ROUNDS }: Settings): Promise<Report> {
  const bytes = await compileKernels();
  const kernels = kernelsOf(bytes, "our decoder", SHIPPED);
  if (published !== undefined) kernels.push(...kernelsOf(bytes, "the paper's decoder", published));
  const { kernels: exports } = kernelsWith(bytes, readWeights(readFileSync(SHIPPED)));
  const contestants: Contestant[] = [
    { name: "peak", run: () => exports.runPeak(PEAK_PASSES) },
    ...kernels.map(({ name, run }) => ({ name, run })),
  ];
  const [peakTiming, ...timings] = await takeTurns(contestants, rounds);
  const peak = (PEAK_OPERATIONS * PEAK_PASSES) / (peakTiming as Timing).least / 1000;
  const results = kernels.map(({ run: _, ...kernel }, index): Outcome => {
    const { median, low, high } = timings[index] as Spread;
    const microseconds = { median: median / TIMES, low: low / TIMES, high: high / TIMES };
    const rate = (2 * kernel.done) / microseconds.median / 1000;
    return { ...kernel, microseconds, rate, shareOfPeak: rate / peak };
  });
  return {
    results: { peak, kernels: results },
    tables: [
      {
        name: "kernels",
        caption: `Kernels; the peak of four lanes is ${digits(peak)} GFLOP/s here:`,
        header: ["of", "kernel", "multiply-adds", "of them done", "µs", "GFLOP/s", "% of the peak"],
        rows: results.map(({ weights, name, nominal, done, microseconds, rate, shareOfPeak }) => [
          weights,
          name,
          nominal.toLocaleString("en-GB"),
          done.toLocaleString("en-GB"),
          digits(microseconds.median),
          digits(rate),
          (100 * shareOfPeak).toFixed(0),
        ]),
      },
    ],
  };
}

/** All kernels of a model, ready to run. */
function kernelsOf(bytes: Uint8Array<ArrayBuffer>, weights: string, file: string): Kernel[] {
  const model = readWeights(readFileSync(file));
  const { engine, kernels } = kernelsWith(bytes, model);
  engine.setImage(Float32Array.from({ length: IMAGE_PIXELS }, (_, pixel) => ((pixel * 7) % 13) / 13));
  engine.setLatent(
    CLASS,
    Float32Array.from({ length: model.latents }, (_, axis) => Math.sin(1 + axis)),
  );
  engine.evaluateWithGradient(CLASS);
  const found = model.layers.flatMap((layer, index): Kernel[] => {
    const nominal = nominalMultiplyAdds(layer);
    const algorithm = ALGORITHMS[kernels.algorithm(index)];
    const done = algorithm?.products(layer) ?? nominal;
    const name = `${layerName(layer)}${algorithm === undefined ? "" : `, ${algorithm.name}`}`;
    return [
      { weights, name: `${name}, forward`, nominal, done, run: () => kernels.runForward(index, CLASS, TIMES) },
      { weights, name: `${name}, gradient`, nominal, done, run: () => kernels.runGradient(index, CLASS, TIMES) },
    ];
  });
  const { race, latents, classes } = model;
  if (race !== undefined) {
    const proposals = proposalMultiplyAdds(race, latents, classes.length);
    const surrogate = 2 * surrogateMultiplyAdds(race, latents);
    kernels.runProposals(1);
    const gradient = kernels.gradientAddress();
    found.push(
      { weights, name: "race: proposals", nominal: proposals, done: proposals, run: () => kernels.runProposals(TIMES) },
      {
        weights,
        name: "race: surrogate with gradient",
        nominal: surrogate,
        done: surrogate,
        run: () => kernels.runSurrogate(CLASS, gradient, TIMES),
      },
    );
  }
  return found;
}

function layerName(layer: DecoderLayer): string {
  const { input, output } = layer;
  const sizes = `${input.channels}@${input.height}×${input.width} → ${output.channels}@${output.height}×${output.width}`;
  const kinds = {
    dense: "dense",
    transposed_convolution: "transposed convolution",
    pixel_shuffle_convolution: "convolution with pixel shuffle",
  };
  return `${kinds[layer.kind]} ${sizes}`;
}
