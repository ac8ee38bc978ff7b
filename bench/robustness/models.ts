import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AttackedModel } from "../../src/attacks/model.ts";
import { attackedClassifier } from "../../src/cli/attack/attacker.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { AttackedNeighbours } from "../models/attacked-neighbours.ts";
import { GradientCnn } from "../models/gradient-cnn.ts";
import { SHIPPED } from "../models/shipped.ts";
import { readTraining } from "../sets/mnist.ts";
import type { ModelName } from "./plan.ts";

/** A model under attack, and what tells it from others. */
export interface BenchModel {
  readonly model: AttackedModel;
  /** SHA-256 of its weights, or of what takes their place. */
  readonly sha256: string;
  /** Another model, from which the attack `transfer` takes its directions. */
  readonly substitute: AttackedModel | undefined;
}

const CNNS = {
  "plain-cnn": fileURLToPath(new URL("../baselines/plain-cnn.safetensors", import.meta.url)),
  "adversarial-cnn": fileURLToPath(new URL("../baselines/adversarial-cnn.safetensors", import.meta.url)),
};

/**
 * Makes a model. Directions are transferred from the plain CNN, and to it from the other one.
 *
 * @param published path of the authors' weights
 */
export async function benchModel(name: ModelName, data: string, published: string | undefined): Promise<BenchModel> {
  const substitute = new GradientCnn(CNNS[name === "plain-cnn" ? "adversarial-cnn" : "plain-cnn"]);
  switch (name) {
    case "plain-cnn":
    case "adversarial-cnn":
      return { model: new GradientCnn(CNNS[name]), sha256: sha256(readFileSync(CNNS[name])), substitute };
    case "nearest-neighbour": {
      const { images, labels } = readTraining(data);
      return { model: new AttackedNeighbours(images, labels), sha256: sha256(images), substitute };
    }
    default: {
      const isPublished = name.startsWith("published");
      if (isPublished && published === undefined) throw new Error(`${name} wants --published FILE`);
      const weights = isPublished ? readFileSync(published as string) : undefined;
      return {
        model: await attackedAbs(name.endsWith("binary-abs") ? "binary-abs" : "abs", weights),
        sha256: sha256(weights ?? readFileSync(SHIPPED)),
        substitute,
      };
    }
  }
}

/** The search as people use it, confirmed by the thorough one; weights without tables for the race have just one way. */
async function attackedAbs(variant: "abs" | "binary-abs", weights: Uint8Array | undefined): Promise<AttackedModel> {
  const options = { variant, ...(weights === undefined ? {} : { weights }) };
  const usual = await createClassifier(options);
  const thorough = await createClassifier({ ...options, effort: "thorough" });
  return attackedClassifier(usual, thorough);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
