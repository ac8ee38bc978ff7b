import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as onnx from "onnxruntime-web";
import type { DecoderPeer, LatentGradient } from "./decoder.ts";

/** onnxruntime-web or onnxruntime-node, whose interfaces are the same. */
export interface OnnxRuntime {
  name: string;
  InferenceSession: typeof onnx.InferenceSession;
  Tensor: typeof onnx.Tensor;
}

/** onnxruntime-web on one thread: WebAssembly SIMD, as this project. */
export async function onnxWeb(): Promise<OnnxRuntime> {
  const { env, InferenceSession, Tensor } = await import("onnxruntime-web");
  env.wasm.numThreads = 1;
  return { name: "onnxruntime-web", InferenceSession, Tensor };
}

/** onnxruntime-node: native code with the widest vectors that the processor has. */
export async function onnxNode(): Promise<OnnxRuntime> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  return { name: "onnxruntime-node", InferenceSession, Tensor };
}

/** Loads a graph that runs on one thread. */
export async function loadGraph({ InferenceSession }: OnnxRuntime, path: string): Promise<onnx.InferenceSession> {
  return await InferenceSession.create(readFileSync(path), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
  });
}

/** The decoder of a class, from the graphs that the trainer's command `decoder-onnx` wrote into a folder. */
export class OnnxDecoder implements DecoderPeer {
  readonly name: string;
  readonly #runtime: OnnxRuntime;
  readonly #decoder: onnx.InferenceSession;
  readonly #gradient: onnx.InferenceSession;

  private constructor(runtime: OnnxRuntime, decoder: onnx.InferenceSession, gradient: onnx.InferenceSession) {
    this.name = runtime.name;
    this.#runtime = runtime;
    this.#decoder = decoder;
    this.#gradient = gradient;
  }

  static async load(runtime: OnnxRuntime, folder: string, classIndex: number): Promise<OnnxDecoder> {
    const decoder = await loadGraph(runtime, join(folder, `decoder-${classIndex}.onnx`));
    const gradient = await loadGraph(runtime, join(folder, `gradient-${classIndex}.onnx`));
    return new OnnxDecoder(runtime, decoder, gradient);
  }

  async forward(latent: Float32Array): Promise<Float32Array> {
    const found = await this.#decoder.run({ latent: this.#row(latent) });
    return found["image"]?.data as Float32Array;
  }

  async lossAndGradient(image: Float32Array, latent: Float32Array): Promise<LatentGradient> {
    const { loss, gradient } = await this.#gradient.run({ image: this.#row(image), latent: this.#row(latent) });
    return { loss: loss?.data[0] as number, gradient: gradient?.data as Float32Array };
  }

  #row(values: Float32Array): onnx.Tensor {
    return new this.#runtime.Tensor("float32", values, [1, values.length]);
  }
}
