import { distal, distanceBetween } from "analysis-by-synthesis/attacks";
import { loadModel } from "./models.ts";
import { paced, type Respond } from "./task.ts";

/** Steps of each of the six climbs: a CNN needs fewer than ten. */
const STEPS = 150;

/** Climbs from noise until a model is sure to see a digit. */
export const ascend: Respond<"ascend"> = async ({ model: name, target, seed }, { tell }) => {
  const model = await loadModel(name);
  let asked = 0;
  let noise: Float32Array | undefined;
  const fromNoise = (image: Float32Array) => distanceBetween(noise ?? image, image, "l2");
  const show = paced((image: Float32Array, probability: number) => {
    tell({ image: image.slice(), probability, asked, distance: fromNoise(image) });
  });
  const watched = {
    classify(image: Float32Array) {
      ++asked;
      // All climbs start there.
      noise ??= image.slice();
      const decision = model.classify(image);
      show(image, decision.probabilities?.[target] ?? (decision.label === target ? decision.confidence : 0));
      return decision;
    },
    lossAndGradient: model.lossAndGradient,
  };
  const { image, probability, success } = distal(watched, target, { seed, steps: STEPS });
  return { image, probability, success, asked, distance: fromNoise(image) };
};
