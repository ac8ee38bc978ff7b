import { createClassifier } from "analysis-by-synthesis";
import type { AttackedModel, ConfidentModel } from "analysis-by-synthesis/attacks";
import { ConvolutionalNetwork } from "../../../src/networks/convolutional-network.ts";
import { readStoredNetwork } from "../../../src/networks/stored-network.ts";
import type { Decision, ModelName } from "../exchange.ts";

// The classifier and the two networks, each loaded when it is first wanted.

const NETWORKS = {
  plain: new URL("../../../build/demo/plain-cnn.bin", import.meta.url),
  adversarial: new URL("../../../build/demo/adversarial-cnn.bin", import.meta.url),
} as const;

/** What all three can be asked. */
export type Model = ConfidentModel & AttackedModel & { decide(image: Float32Array): Decision };

/** Loads once, but again where that failed: the network may be back. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}

export const loadClassifier = once(createClassifier);

const LOADERS: Readonly<Record<ModelName, () => Promise<Model>>> = {
  abs: once(loadAbs),
  plain: once(() => loadNetwork(NETWORKS.plain)),
  adversarial: once(() => loadNetwork(NETWORKS.adversarial)),
};

export function loadModel(name: ModelName): Promise<Model> {
  return LOADERS[name]();
}

async function loadAbs(): Promise<Model> {
  const abs = await loadClassifier();
  const { response } = abs;
  return {
    classify: (image) => abs.classify(image),
    lossAndGradient: (image) => abs.lossAndGradient(image),
    explain: (image) => abs.explain(image),
    ...(response === undefined ? {} : { response }),
    decide(image) {
      const { label, confidence, rejected, probabilities } = abs.classify(image);
      return { label, confidence, rejected, probabilities: Array.from(probabilities) };
    },
  };
}

async function loadNetwork(url: URL): Promise<Model> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`a network could not be loaded: ${response.status} ${response.statusText}`);
  const network = new ConvolutionalNetwork(readStoredNetwork(new Uint8Array(await response.arrayBuffer())));
  return {
    classify: (image) => network.classify(image),
    lossAndGradient: (image) => network.lossAndGradient(image),
    decide(image) {
      const { label, confidence, probabilities } = network.classify(image);
      return { label, confidence, rejected: false, probabilities: Array.from(probabilities) };
    },
  };
}
