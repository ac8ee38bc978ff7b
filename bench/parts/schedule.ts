import { readFileSync } from "node:fs";
import { EFFORTS, RACE_RULES } from "../../src/effort.ts";
import type { Engine } from "../../src/engine.ts";
import { likeliest, PAPER_SAMPLES } from "../../src/starts.ts";
import type { Model } from "../../src/weights/model.ts";
import { readWeights } from "../../src/weights/read.ts";
import { paperMultiplyAdds, raceMultiplyAdds } from "../measure/arithmetic.ts";
import { mean } from "../measure/statistics.ts";
import { digits } from "../measure/table.ts";
import { SHIPPED } from "../models/shipped.ts";
import { compileKernels, type KernelExports, kernelsWith } from "../peers/kernels.ts";
import { type Schedule, schedulePlot } from "../plots/schedule.ts";
import { readDigits, toUnitRange } from "../sets/mnist.ts";
import type { Report, Settings } from "./part.ts";

// What a decision costs in multiply-adds against how often it is that of the paper's whole search: the race at each effort,
// and the paper's own search cut short. On validation images, which neither decoders nor tables were fitted to.

const SAMPLES = [PAPER_SAMPLES, 2000, 500, 125, 30];
const UPDATES = [0, 1, 2, 5, 10, 20, 49];
const STEP_SIZE = 0.05;

export async function schedulePart({ data, images: limit }: Settings): Promise<Report> {
  const validation = readDigits(data, "validation");
  const images = Array.from({ length: Math.min(limit, validation.count) }, (_, index) =>
    toUnitRange(validation.image(index)),
  );
  const model = readWeights(readFileSync(SHIPPED));
  const { engine, kernels } = kernelsWith(await compileKernels(), model);
  const results = [...races(engine, kernels, model, images), ...papers(engine, kernels, model, images)];
  const whole = results.find(({ samples, updates }) => samples === PAPER_SAMPLES && updates === UPDATES.at(-1));
  const schedules = results.map(({ labels, ...schedule }): Schedule => {
    const agreeing = labels.filter((label, index) => label === whole?.labels[index]).length;
    return { ...schedule, agreement: agreeing / images.length };
  });
  return {
    results: { images: images.length, schedules },
    tables: [
      {
        name: "schedule",
        caption: `Multiply-adds per decision and agreement with the paper's whole search, ${images.length} validation images:`,
        header: ["search", "million multiply-adds", "same label, %"],
        rows: schedules.map(({ name, multiplyAdds, agreement }) => [
          name,
          digits(multiplyAdds / 1e6),
          (100 * agreement).toFixed(2),
        ]),
      },
    ],
    plot: { name: "schedule", description: schedulePlot(schedules) },
  };
}

type Found = Omit<Schedule, "agreement"> & { labels: number[] };

function races(engine: Engine, kernels: KernelExports, model: Model, images: readonly Float32Array[]): Found[] {
  return EFFORTS.map((effort) => {
    engine.setRaceRules(RACE_RULES[effort]);
    const found = images.map((image) => {
      engine.setImage(image);
      const before = { evaluations: kernels.foretold(), gradients: kernels.foretoldGradients() };
      const evaluations = engine.searchRace();
      const surrogates = {
        evaluations: (kernels.foretold() - before.evaluations) | 0,
        gradients: (kernels.foretoldGradients() - before.gradients) | 0,
      };
      const spent = raceMultiplyAdds(model, surrogates, { evaluations, gradients: kernels.gradients() });
      return { label: labelOf(engine), spent };
    });
    return summary(`race, ${effort}`, found);
  });
}

function papers(engine: Engine, kernels: KernelExports, model: Model, images: readonly Float32Array[]): Found[] {
  return SAMPLES.flatMap((samples) => {
    kernels.dropStarts();
    // Drawn first: this takes memory that the samples may then have.
    const latents = likeliest(engine, samples);
    const address = kernels.reserveCutSamples(samples);
    if (address === 0) throw new Error(`not enough memory for ${samples} samples`);
    new Float32Array(kernels.memory.buffer, address, latents.length).set(latents);
    for (let index = 0; index < engine.classes; ++index) kernels.fillCutSamples(index);
    return UPDATES.map((updates) => {
      const found = images.map((image) => {
        engine.setImage(image);
        const evaluations = kernels.searchCut(updates, STEP_SIZE);
        return { label: labelOf(engine), spent: paperMultiplyAdds(model, samples, updates, evaluations) };
      });
      return { ...summary(`paper's, ${samples} samples, ${updates} updates`, found), samples, updates };
    });
  });
}

function summary(name: string, found: readonly { label: number; spent: number }[]): Found {
  return { name, multiplyAdds: mean(found.map(({ spent }) => spent)), labels: found.map(({ label }) => label) };
}

function labelOf(engine: Engine): number {
  const losses = engine.losses();
  return losses.indexOf(Math.min(...losses));
}
