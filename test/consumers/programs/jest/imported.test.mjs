import { createClassifier } from "analysis-by-synthesis";

test("a digit is classified by what was imported", async () => {
  const abs = await createClassifier();
  expect(abs.classify(Float32Array.from(abs.sample(7, { seed: 1 })[0])).label).toBe(7);
});
