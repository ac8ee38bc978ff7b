import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-web";
import { loadGraph, type OnnxRuntime } from "./onnx.ts";
import { runTrainer } from "./trainer.ts";

// The paper's inference by an ONNX runtime: for every class the best of the samples, 49 steps of Adam, and the loss where
// they end. The samples are decoded beforehand, as in the module. The runtime does the decoding, the gradient and the
// choice of the sample; Adam's few numbers are stepped here.

const STEP_SIZE = 0.05;
const UPDATES = 49;
const DECAY_FIRST = 0.9;
const DECAY_SECOND = 0.999;
const EPSILON = 1e-8;

interface ClassGraphs {
  start: InferenceSession;
  gradient: InferenceSession;
}

/** Has the trainer write every class's graphs into a folder; `samples` is [count][latents]. */
export function writePaperGraphs(
  python: string,
  weights: string,
  samples: Float32Array,
  latents: number,
  classes: number,
  folder: string,
): void {
  const rows = Array.from({ length: samples.length / latents }, (_, index) =>
    Array.from(samples.subarray(index * latents, (index + 1) * latents)),
  );
  const starts = join(folder, "starts.json");
  writeFileSync(starts, JSON.stringify(rows));
  const names = Array.from({ length: classes }, (_, index) => String(index));
  runTrainer(python, [
    ...["decoder-onnx", "--weights", weights, "--class", ...names],
    ...["--starts", starts, "--out", folder],
  ]);
}

export class OnnxPaperInference {
  readonly #runtime: OnnxRuntime;
  readonly #classes: readonly ClassGraphs[];
  readonly #sphereRadius: number;

  private constructor(runtime: OnnxRuntime, classes: readonly ClassGraphs[], sphereRadius: number) {
    this.#runtime = runtime;
    this.#classes = classes;
    this.#sphereRadius = sphereRadius;
  }

  /** Loads the graphs that `writePaperGraphs` left in a folder. */
  static async load(
    runtime: OnnxRuntime,
    folder: string,
    classes: number,
    sphereRadius: number,
  ): Promise<OnnxPaperInference> {
    const graphs: ClassGraphs[] = [];
    for (let index = 0; index < classes; ++index) {
      graphs.push({
        start: await loadGraph(runtime, join(folder, `start-${index}.onnx`)),
        gradient: await loadGraph(runtime, join(folder, `gradient-${index}.onnx`)),
      });
    }
    return new OnnxPaperInference(runtime, graphs, sphereRadius);
  }

  /** Every class's loss for an image of 784 values in [0, 1]. */
  async losses(image: Float32Array): Promise<Float32Array> {
    const given = this.#row(image);
    const losses: number[] = [];
    for (const graphs of this.#classes) losses.push(await this.#search(graphs, given));
    return Float32Array.from(losses);
  }

  async #search({ start, gradient }: ClassGraphs, image: Tensor): Promise<number> {
    const found = await start.run({ image });
    const latent = Float32Array.from(found["latent"]?.data as Float32Array);
    const first = new Float32Array(latent.length);
    const second = new Float32Array(latent.length);
    const evaluate = () => gradient.run({ image, latent: this.#row(latent) });
    for (let update = 1; update <= UPDATES; ++update) {
      const slope = (await evaluate())["gradient"]?.data as Float32Array;
      const step = STEP_SIZE / (1 - DECAY_FIRST ** update);
      const correction = Math.sqrt(1 - DECAY_SECOND ** update);
      let square = 0;
      for (let axis = 0; axis < latent.length; ++axis) {
        const g = slope[axis] as number;
        const m = DECAY_FIRST * (first[axis] as number) + (1 - DECAY_FIRST) * g;
        const v = DECAY_SECOND * (second[axis] as number) + (1 - DECAY_SECOND) * g * g;
        const z = (latent[axis] as number) - (step * m) / (Math.sqrt(v) / correction + EPSILON);
        first[axis] = m;
        second[axis] = v;
        latent[axis] = z;
        square += z * z;
      }
      const beyond = Math.sqrt(square) / this.#sphereRadius;
      if (beyond > 1) for (let axis = 0; axis < latent.length; ++axis) latent[axis] = (latent[axis] as number) / beyond;
    }
    return (await evaluate())["loss"]?.data[0] as number;
  }

  #row(values: Float32Array): Tensor {
    return new this.#runtime.Tensor("float32", values, [1, values.length]);
  }
}
