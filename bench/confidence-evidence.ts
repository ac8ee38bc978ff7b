import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import { RACE_RULES } from "../src/effort.ts";
import { readWeights } from "../src/weights/read.ts";
import { engineFor } from "../test/support/module.ts";
import { toUnitRange } from "./sets/mnist.ts";
import { readStoredSets } from "./sets/stored-sets.ts";

// What the race finds for the images that a confidence is fitted to, so that it is fitted to what it will look at: losses of
// classes that the race has dropped are what their surrogates foretold, not what a search of all classes would end at.
//
//   cd training && python3 -m abs_training fit-sets --data DATA --out SETS && cd ..
//   npx tsx bench/confidence-evidence.ts --sets training/SETS --weights FILE
//   cd training && python3 -m abs_training confidence --weights FILE --evidence SETS --out FILE2
//
// Beside the images of each kind it writes NAME-evidence.f64: for each image the losses of all classes, the features and the
// penalties, 64-bit floats, little-endian, in the order of format/confidence-features.ts.

const { values: options } = parseArgs({ options: { sets: { type: "string" }, weights: { type: "string" } } });
const { sets, weights } = options;
if (sets === undefined) throw new Error("--sets DIR is wanted: what `python3 -m abs_training fit-sets` wrote");
if (weights === undefined) throw new Error("--weights FILE is wanted: the weights whose confidence is to be fitted");
const model = readWeights(readFileSync(weights));
if (model.race === undefined) throw new Error(`${weights}: has no tables for a race`);
if (model.confidence.calibrated === undefined) throw new Error(`${weights}: has no calibrated confidence to fit anew`);
const engine = engineFor(model);
engine.setRaceRules(RACE_RULES.standard);

for (const { kind, name, pixels } of readStoredSets(sets)) {
  const rows: number[] = [];
  for (let at = 0; at < pixels.length; at += IMAGE_PIXELS) {
    engine.setImage(toUnitRange(pixels.subarray(at, at + IMAGE_PIXELS)));
    engine.searchRace();
    engine.probabilities("calibrated");
    for (const value of engine.losses()) rows.push(value);
    for (const value of engine.features()) rows.push(value);
  }
  writeFileSync(join(sets, `${name}-evidence.f64`), Float64Array.from(rows));
  process.stderr.write(`${kind}: ${pixels.length / IMAGE_PIXELS}\n`);
}
