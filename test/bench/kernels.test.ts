import { beforeAll, describe, expect, it } from "vitest";
import { compileKernels, kernelsWith } from "../../bench/peers/kernels.ts";
import { randomImage, randomModel, randomRaceTables, shapes, uniformNumbers } from "../support/random-model.ts";

const UPDATES = 49;
const STEP_SIZE = 0.05;

describe("the bench's entry to the module", () => {
  let bytes: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    bytes = await compileKernels();
  });

  it("runs the paper's search as the module does when nothing is cut", () => {
    const model = randomModel(shapes["pixel shuffle"] ?? []);
    const { engine, kernels } = kernelsWith(bytes, model);
    const next = uniformNumbers(3);
    const latents = Float32Array.from({ length: 20 * model.latents }, () => 3 * next() - 1.5);
    engine.setImage(randomImage(4));
    engine.setStarts("samples", latents);
    for (let index = 0; index < engine.classes; ++index) engine.fillStarts("samples", index, 0, 20);
    const evaluations = engine.searchPaper();
    const whole = engine.losses();

    kernels.dropStarts();
    new Float32Array(kernels.memory.buffer, kernels.reserveCutSamples(20), latents.length).set(latents);
    for (let index = 0; index < engine.classes; ++index) kernels.fillCutSamples(index);
    expect(kernels.searchCut(UPDATES, STEP_SIZE)).toBe(evaluations);
    expect(engine.losses()).toEqual(whole);
    kernels.searchCut(1, STEP_SIZE);
    expect(Math.min(...engine.losses())).toBeGreaterThan(Math.min(...whole));
  });

  it("runs single layers on what an evaluation left, and says by which algorithm", () => {
    const model = randomModel(shapes["pixel shuffle"] ?? []);
    const { engine, kernels } = kernelsWith(bytes, model);
    engine.setImage(randomImage(5));
    engine.setLatent(
      0,
      Float32Array.from({ length: model.latents }, () => 0.5),
    );
    const before = engine.evaluateWithGradient(0);
    expect(model.layers.map((_, index) => kernels.algorithm(index))).toEqual([0, 1, 3]);
    for (let index = 0; index < model.layers.length; ++index) {
      kernels.runForward(index, 1, 2);
      kernels.runGradient(index, 1, 2);
    }
    expect(engine.evaluateWithGradient(0)).toEqual(before);
  });

  it("counts the losses that surrogates foretell", () => {
    const model = randomModel(shapes["pixel shuffle"] ?? [], { latents: 8 });
    const { kernels } = kernelsWith(bytes, { ...model, race: randomRaceTables(model) });
    const before = kernels.foretold();
    kernels.runProposals(1);
    kernels.runSurrogate(0, kernels.gradientAddress(), 5);
    expect(kernels.foretold() - before).toBe(5);
    expect(kernels.foretoldGradients()).toBe(5);
  });

  it("keeps the peak's chains finite", () => {
    const { kernels } = kernelsWith(bytes, randomModel(shapes["fully connected"] ?? []));
    // Each chain tends to 1, where x = 0.999 x + 0.001.
    expect(kernels.runPeak(100_000)).toBeCloseTo(13, 2);
  });
});
