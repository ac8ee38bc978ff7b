import { createClassifier } from "analysis-by-synthesis";

export default {
  async test() {
    const abs = await createClassifier();
    console.log(`label ${abs.classify(abs.sample(7, { seed: 1 })[0]).label}`);
  },
};
