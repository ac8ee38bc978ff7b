// What requires every entry, and lets each classify.
const { readFileSync } = require("node:fs");
const whole = require("analysis-by-synthesis");
const inline = require("analysis-by-synthesis/inline");
const given = require("analysis-by-synthesis/module");
const { normalQuantile } = require("analysis-by-synthesis/certify");
const { attack } = require("analysis-by-synthesis/attacks");

async function main() {
  const module = readFileSync(require.resolve("analysis-by-synthesis/abs.wasm"));
  const labels = new Set();
  for (const [{ createClassifier }, options] of [[whole], [inline], [given, { module }]]) {
    const abs = await createClassifier(options);
    const [seven] = abs.sample(7, { seed: 1 });
    const { label } = attack("fgsm", abs, seven, 7, { norm: "linf", budget: 1 });
    labels.add(abs.classify(seven).label).add(label);
  }
  if (Math.abs(normalQuantile(0.5)) > 1e-6) throw new Error("the median is not 0");
  console.log(`label ${[...labels].join(" and ")}`);
}

main();
