import { parseArgs } from "node:util";
import { RACE_RULES } from "../src/effort.ts";
import { FEATURES, PENALTIES, placeCount } from "../src/weights/confidence.ts";
import { engineFor } from "../test/support/module.ts";
import { quantile } from "./measure/statistics.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";

// What the fitted confidence of the shipped weights looks at, over clean validation digits (the last 5000 of MNIST's
// training images) under the standard effort: quantiles of every feature and penalty, by which format/confidence-features.ts
// tells how its units lie to the data.
//
//   npx tsx bench/confidence-features.ts --data DIR

const { values: options } = parseArgs({ options: { data: { type: "string" } } });
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const digits = readDigits(options.data, "validation");
const engine = engineFor();
engine.setRaceRules(RACE_RULES.standard);
const found = Array.from({ length: digits.count }, (_, index) => {
  engine.setImage(toUnitRange(digits.image(index)));
  engine.searchRace();
  engine.probabilities("calibrated");
  return engine.features();
});

console.log("feature or penalty | 1st percentile | median | 99th percentile");
const names = FEATURES.flatMap((name) => new Array<string>(placeCount(name, engine.classes)).fill(name));
[...names, ...PENALTIES.map((name) => `penalty ${name}`)].forEach((name, place) => {
  const values = found.map((features) => features[place] as number);
  console.log([name, ...[0.01, 0.5, 0.99].map((share) => quantile(values, share).toFixed(4))].join(" | "));
});
