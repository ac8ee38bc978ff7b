import { preprocess } from "analysis-by-synthesis";
import { type Decision, MODEL_NAMES, type ModelName } from "../exchange.ts";
import { loadModel } from "./models.ts";
import type { Respond } from "./task.ts";

/** What the models see of a picture, and what they say. */
export const look: Respond<"look"> = async (question) => {
  const { image, found, ink } =
    "picture" in question
      ? preprocess(question.picture)
      : { image: question.image, found: "digit" as const, ink: "bright" as const };
  const decisions = {} as Record<ModelName, Decision>;
  for (const name of MODEL_NAMES) decisions[name] = (await loadModel(name)).decide(image);
  return { image, found, ink, decisions };
};
