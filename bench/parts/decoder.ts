import { readFileSync } from "node:fs";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { readWeights } from "../../src/weights/read.ts";
import { digits, spreadCell, type Table } from "../measure/table.ts";
import { type Contestant, type Timing, takeTurns } from "../measure/turns.ts";
import { SHIPPED } from "../models/shipped.ts";
import type { DecoderPeer } from "../peers/decoder.ts";
import { moduleDecoder } from "../peers/module.ts";
import { OnnxDecoder, onnxNode, onnxWeb } from "../peers/onnx.ts";
import { startTensorflow, TensorflowDecoder } from "../peers/tensorflow.ts";
import { inNewFolder, runTrainer } from "../peers/trainer.ts";
import type { Report, Settings } from "./part.ts";

// One class's decoder, forward and with the gradient of the paper's loss, of one latent, on one thread: the module beside other
// runtimes with the same weights. All must compute the same before their times mean anything.

const ROUNDS = 40;
const LARGEST_DIFFERENCE = 1e-5;
const CLASS = 0;

interface Outcome {
  weights: string;
  direction: string;
  peer: string;
  timing: Timing;
  /** This time over the module's. */
  ratio: number;
}

export async function decoderPart(settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? ROUNDS;
  await startTensorflow();
  const results = await measure("our decoder", SHIPPED, settings.python, rounds);
  if (settings.published !== undefined) {
    results.push(...(await measure("the paper's decoder", settings.published, settings.python, rounds)));
  }
  return { results, tables: [table(results)] };
}

async function measure(name: string, weights: string, python: string, rounds: number): Promise<Outcome[]> {
  const peers: DecoderPeer[] = [moduleDecoder(weights, CLASS)];
  await inNewFolder(async (folder) => {
    runTrainer(python, ["decoder-onnx", "--weights", weights, "--class", String(CLASS), "--out", folder]);
    for (const runtime of [await onnxWeb(), await onnxNode()]) {
      peers.push(await OnnxDecoder.load(runtime, folder, CLASS));
    }
  });
  const model = readWeights(readFileSync(weights));
  peers.push(new TensorflowDecoder(model, CLASS));
  const image = Float32Array.from({ length: IMAGE_PIXELS }, (_, pixel) => ((pixel * 7) % 13) / 13);
  const latent = Float32Array.from({ length: model.latents }, (_, axis) => Math.sin(1 + axis));
  await compare(peers, image, latent);
  const directions: Record<string, (peer: DecoderPeer) => Contestant> = {
    forward: (peer) => ({ name: peer.name, run: () => peer.forward(latent) }),
    "forward + gradient": (peer) => ({ name: peer.name, run: () => peer.lossAndGradient(image, latent) }),
  };
  const outcomes: Outcome[] = [];
  for (const [direction, contestant] of Object.entries(directions)) {
    const timings = await takeTurns(peers.map(contestant), rounds);
    const ours = (timings[0] as Timing).median;
    for (const timing of timings) {
      outcomes.push({ weights: name, direction, peer: timing.name, timing, ratio: timing.median / ours });
    }
  }
  return outcomes;
}

/** @throws {Error} when a peer's values differ from the module's by more than 1e-5 */
async function compare(peers: readonly DecoderPeer[], image: Float32Array, latent: Float32Array): Promise<void> {
  const found = [];
  for (const peer of peers) {
    const { loss, gradient } = await peer.lossAndGradient(image, latent);
    found.push({ name: peer.name, values: [...(await peer.forward(latent)), loss, ...gradient] });
  }
  const [ours, ...others] = found;
  for (const { name, values } of others) {
    const difference = Math.max(
      ...(ours?.values ?? []).map((value, index) => Math.abs(value - (values[index] as number))),
    );
    if (!(difference <= LARGEST_DIFFERENCE) || values.length !== ours?.values.length) {
      throw new Error(`${name} differs from this module by ${difference}`);
    }
  }
}

function table(outcomes: readonly Outcome[]): Table {
  return {
    name: "decoder",
    caption: "One latent through one class's decoder, one thread; µs, median (quartiles):",
    header: ["decoder", "direction", "runtime", "µs", "times the module"],
    rows: outcomes.map(({ weights, direction, peer, timing, ratio }) => [
      weights,
      direction,
      peer,
      spreadCell(timing),
      digits(ratio),
    ]),
  };
}
