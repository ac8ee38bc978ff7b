import { readFileSync } from "node:fs";
import * as onnx from "onnxruntime-web";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";

// The plain CNN of bench/baselines in onnxruntime-web: what a user would deploy instead, and its confidence.

const BATCH = 250;

/** One feed-forward decision. */
export interface CnnDecision {
  label: number;
  /** The largest softmax probability (Hendrycks & Gimpel 2017). */
  confidence: number;
}

/** A network with input `image` f32 [n, 1, 28, 28] in [0, 1] and output `logits` f32 [n, classes]. */
export class BaselineCnn {
  readonly #session: onnx.InferenceSession;

  private constructor(session: onnx.InferenceSession) {
    this.#session = session;
  }

  /** Loads an ONNX file, to run on one thread. */
  static async load(path: string): Promise<BaselineCnn> {
    onnx.env.wasm.numThreads = 1;
    return new BaselineCnn(await onnx.InferenceSession.create(readFileSync(path)));
  }

  /** Classifies n×784 bytes, 0..255. */
  async classify(pixels: Uint8Array): Promise<CnnDecision[]> {
    const count = pixels.length / IMAGE_PIXELS;
    const decisions: CnnDecision[] = [];
    for (let start = 0; start < count; start += BATCH) {
      const part = pixels.subarray(start * IMAGE_PIXELS, Math.min(count, start + BATCH) * IMAGE_PIXELS);
      const values = Float32Array.from(part, (value) => value / 255);
      const image = new onnx.Tensor("float32", values, [part.length / IMAGE_PIXELS, 1, IMAGE_SIDE, IMAGE_SIDE]);
      const { logits } = await this.#session.run({ image });
      if (logits === undefined) throw new Error("the network has no output named logits");
      const classes = logits.dims[1] as number;
      const rows = logits.data as Float32Array;
      for (let at = 0; at < rows.length; at += classes) decisions.push(decide(rows.subarray(at, at + classes)));
    }
    return decisions;
  }
}

function decide(logits: Float32Array): CnnDecision {
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return { label: logits.indexOf(largest), confidence: 1 / total };
}
