import { preprocess } from "analysis-by-synthesis";
import { type Decision, MODEL_NAMES, type ModelName } from "../exchange.ts";
import { loadModel, type Model } from "./models.ts";
import type { Respond } from "./task.ts";

/** What the models see of a picture, and what they say. */
export const look: Respond<"look"> = async (question) => {
  const { image, found, ink } =
    "picture" in question
      ? preprocess(question.picture)
      : { image: question.image, found: "digit" as const, ink: "bright" as const };
  const models = await Promise.all(MODEL_NAMES.map(loadModel));
  const decided = MODEL_NAMES.map((name, index) => [name, (models[index] as Model).decide(image)]);
  const decisions = Object.fromEntries(decided) as Record<ModelName, Decision>;
  return { image, found, ink, decisions };
};
