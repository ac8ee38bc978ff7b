import { createClassifier, preprocess } from "analysis-by-synthesis";

const classifier = createClassifier();

export async function handler({ seed }) {
  const abs = await classifier;
  const [seven] = abs.sample(7, { seed });
  const { image } = preprocess({ data: seven, width: 28, height: 28 });
  return { statusCode: 200, body: `label ${abs.classify(image).label}` };
}
