import { type AttackedModel, attack as attackBy, attacksFor, type Norm } from "analysis-by-synthesis/attacks";
import { loadModel } from "./models.ts";
import { paced, type Respond } from "./task.ts";

/** The most questions that an attack may ask: half a minute of the classifier's time on a telephone. */
const BUDGET = 4000;

/** The attacks in each norm that all models allow: those that need answers and gradients. */
export const methods: Respond<"methods"> = async () => {
  const model = await loadModel("plain");
  const allowed = (norm: Norm) => [...attacksFor(model, norm)];
  return { linf: allowed("linf"), l2: allowed("l2"), l1: allowed("l1"), l0: allowed("l0") };
};

/** Runs an attack of the suite on one model; it tells which image it asks about. */
export const attack: Respond<"attack"> = async ({ model: name, image, label, method, norm }, { tell }) => {
  const model = await loadModel(name);
  let queries = 0;
  const show = paced((tried: Float32Array, found: number) => {
    tell({ image: tried.slice(), label: found, queries });
  });
  const watched: AttackedModel = {
    ...model,
    classify(tried) {
      ++queries;
      const decision = model.classify(tried);
      show(tried, decision.label);
      return decision;
    },
    lossAndGradient(tried) {
      ++queries;
      const answer = model.lossAndGradient(tried);
      show(tried, lowest(answer.losses));
      return answer;
    },
  };
  const result = attackBy(method, watched, image, label, { norm, budget: BUDGET });
  const found = result.image ?? image;
  return {
    success: result.success,
    image: found,
    distance: result.distance,
    queries: result.queries,
    decision: model.decide(found),
  };
};

function lowest(losses: ArrayLike<number>): number {
  let best = 0;
  for (let label = 1; label < losses.length; ++label) {
    if ((losses[label] as number) < (losses[best] as number)) best = label;
  }
  return best;
}
