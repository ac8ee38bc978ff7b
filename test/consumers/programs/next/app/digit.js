import { createClassifier, isSupported } from "analysis-by-synthesis";

/** What every route and the page show. */
export async function digit() {
  if (!isSupported()) return "not supported";
  const abs = await createClassifier();
  const [seven] = abs.sample(7, { seed: 1 });
  return `label ${abs.classify(seven).label}`;
}
