const { createClassifier } = require("analysis-by-synthesis");

exports.handler = async ({ seed }) => {
  const abs = await createClassifier();
  const [seven] = abs.sample(7, { seed });
  return { statusCode: 200, body: `label ${abs.classify(seven).label}` };
};
