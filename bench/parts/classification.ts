import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClassifier } from "../../src/entries/node.ts";
import { likeliest, PAPER_SAMPLES } from "../../src/starts.ts";
import { readWeights } from "../../src/weights/read.ts";
import { type Spread, spread } from "../measure/statistics.ts";
import { digits, spreadCell } from "../measure/table.ts";
import { type Contestant, takeTurns } from "../measure/turns.ts";
import { BaselineCnn } from "../models/baseline-cnn.ts";
import { SHIPPED } from "../models/shipped.ts";
import { withAssumptions } from "../models/with-assumptions.ts";
import { engineWith } from "../peers/module.ts";
import { type OnnxRuntime, onnxNode, onnxWeb } from "../peers/onnx.ts";
import { OnnxPaperInference, writePaperGraphs } from "../peers/onnx-paper.ts";
import { pytorchTimes } from "../peers/pytorch.ts";
import { inNewFolder } from "../peers/trainer.ts";
import { speedPlot } from "../plots/speed.ts";
import { type Digits, readDigits, toUnitRange } from "../sets/mnist.ts";
import type { Report, Settings } from "./part.ts";

// One whole classification of a clean test digit, on one thread: the race at each effort, the paper's inference in this
// module and in other runtimes, and one forward pass of the plain CNN of bench/baselines, which is what a user would deploy
// instead. PyTorch is timed in a process of its own, after the others.

const ROUNDS = 15;
const PYTORCH_ROUNDS = 5;
const PYTORCH_BATCHES = [1, 100];
/** Images on which other runtimes must find the module's losses. */
const COMPARED = 2;
const LARGEST_DIFFERENCE = 1e-5;

export interface Outcome extends Spread {
  name: string;
  /** Over that of the race at standard effort. */
  ratio: number;
}

export async function classificationPart(settings: Settings): Promise<Report> {
  return inNewFolder((folder) => {
    // Other runtimes compute the paper's loss, so the paper's inference is compared under that.
    const ours = join(folder, "paper-loss.safetensors");
    writeFileSync(ours, withAssumptions(readFileSync(SHIPPED), {}));
    return measure(settings, ours);
  });
}

/** @param ours path of our weights under the paper's loss */
async function measure(settings: Settings, ours: string): Promise<Report> {
  const { data, published, python } = settings;
  const test = readDigits(data, "test");
  const contestants = [...(await races(test)), ...(await papers("our weights", ours, python, test))];
  if (published !== undefined) contestants.push(...(await papers("published weights", published, python, test)));
  const cnn = await BaselineCnn.load(fileURLToPath(new URL("../baselines/plain-cnn.onnx", import.meta.url)));
  contestants.push({
    name: "plain CNN, onnxruntime-web",
    run: (call) => cnn.classify(test.image(call)),
  });
  const timings: (Spread & { name: string })[] = await takeTurns(contestants, settings.rounds ?? ROUNDS);
  timings.push(...pytorch("our weights", ours, settings));
  if (published !== undefined) timings.push(...pytorch("published weights", published, settings));
  const reference = (timings[0] as Spread).median;
  timings.sort((a, b) => placeOf(a.name) - placeOf(b.name));
  const outcomes = timings.map((timing): Outcome => ({ ...timing, ratio: timing.median / reference }));
  return {
    results: outcomes,
    tables: [
      {
        name: "classification",
        caption: "One classification of a clean digit, one thread; µs, median (quartiles):",
        header: ["", "µs per image", "times the race"],
        rows: outcomes.map((outcome) => [outcome.name, spreadCell(outcome), digits(outcome.ratio)]),
      },
    ],
    figures: { "race-microseconds": digits(reference) },
    plot: { name: "speed", description: speedPlot(outcomes) },
  };
}

/** Contestants of a kind belong together in tables and plots. */
function placeOf(name: string): number {
  return ["race", "plain CNN", "our weights", "published weights"].findIndex((kind) => name.includes(kind));
}

/** The race at each effort, standard first, and for the label alone. */
async function races(test: Digits): Promise<Contestant[]> {
  const standard = await createClassifier();
  const quick = await createClassifier({ effort: "quick" });
  const thorough = await createClassifier({ effort: "thorough" });
  return [
    { name: "race, standard", run: (call) => standard.classify(test.image(call)) },
    { name: "race, standard, label only", run: (call) => standard.label(test.image(call)) },
    { name: "race, quick", run: (call) => quick.classify(test.image(call)) },
    { name: "race, thorough", run: (call) => thorough.classify(test.image(call)) },
  ];
}

/** The paper's inference in this module and in both ONNX runtimes, which must find the same losses. */
async function papers(kind: string, weights: string, python: string, test: Digits): Promise<Contestant[]> {
  const abs = await createClassifier({ inference: "paper", weights: readFileSync(weights) });
  const { classes, latents, sphereRadius } = readWeights(readFileSync(weights));
  const contestants: Contestant[] = [
    { name: `paper's inference, ${kind}, this module`, run: (call) => abs.classify(test.image(call)) },
  ];
  await inNewFolder(async (folder) => {
    const samples = likeliest(engineWith(weights), PAPER_SAMPLES);
    writePaperGraphs(python, weights, samples, latents, classes.length, folder);
    for (const runtime of [await onnxWeb(), await onnxNode()]) {
      const paper = await OnnxPaperInference.load(runtime, folder, classes.length, sphereRadius);
      for (let index = 0; index < COMPARED; ++index) {
        const found = await paper.losses(toUnitRange(test.image(index)));
        compare(runtime, abs.classify(test.image(index)).losses, found);
      }
      contestants.push({
        name: `paper's inference, ${kind}, ${runtime.name}`,
        run: (call) => paper.losses(toUnitRange(test.image(call))),
      });
    }
  });
  return contestants;
}

/** @throws {Error} when the winners' losses differ by more than 1e-5 */
function compare({ name }: OnnxRuntime, ours: Float32Array, theirs: Float32Array): void {
  const winner = ours.indexOf(Math.min(...ours));
  const difference = Math.abs((ours[winner] as number) - (theirs[winner] as number));
  if (!(difference <= LARGEST_DIFFERENCE) || theirs.indexOf(Math.min(...theirs)) !== winner) {
    throw new Error(`${name}: the losses [${theirs.join(", ")}] are not the module's [${ours.join(", ")}]`);
  }
}

function pytorch(kind: string, weights: string, { python, data, rounds }: Settings): (Spread & { name: string })[] {
  const times = pytorchTimes(
    python,
    weights,
    data,
    PYTORCH_BATCHES,
    Math.min(rounds ?? PYTORCH_ROUNDS, PYTORCH_ROUNDS),
  );
  return [...times].map(([batch, seconds]) => ({
    name: `paper's inference, ${kind}, PyTorch, batch ${batch}`,
    ...spread(seconds.map((value) => 1e6 * value)),
  }));
}
