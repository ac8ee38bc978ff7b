import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import { RACE_RULES } from "../src/effort.ts";
import type { Engine } from "../src/engine.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
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
// penalties, 64-bit floats, little-endian, in the order of format/confidence-features.ts. Where the weights have the variant
// for black-and-white images, NAME-binary-abs.f64 holds its scaled losses of the clean images.

const { values: options } = parseArgs({ options: { sets: { type: "string" }, weights: { type: "string" } } });
const { sets, weights } = options;
if (sets === undefined) throw new Error("--sets DIR is wanted: what `python3 -m abs_training fit-sets` wrote");
if (weights === undefined) throw new Error("--weights FILE is wanted: the weights whose confidence is to be fitted");
const model = readWeights(readFileSync(weights));
if (model.race === undefined) throw new Error(`${weights}: has no tables for a race`);
if (model.confidence.calibrated === undefined) throw new Error(`${weights}: has no calibrated confidence to fit anew`);
const engine = engineFor(model);
const binary = model.binaryVariant && engineFor(model, "binary-abs");

for (const { kind, name, pixels } of readStoredSets(sets)) {
  const evidence = ofEach(engine, pixels, () => {
    engine.probabilities("calibrated");
    return [...engine.losses(), ...engine.features()];
  });
  await writeWholeFile(join(sets, `${name}-evidence.f64`), bytesOf(evidence));
  if (kind === "clean" && binary !== undefined) {
    const losses = ofEach(binary, pixels, () => binary.losses());
    await writeWholeFile(join(sets, `${name}-binary-abs.f64`), bytesOf(losses));
  }
  process.stderr.write(`${kind}: ${pixels.length / IMAGE_PIXELS}\n`);
}

/** What is found of each image after the default race, one after the other. */
function ofEach(engine: Engine, pixels: Uint8Array, found: () => Iterable<number>): Float64Array {
  engine.setRaceRules(RACE_RULES.standard);
  const values: number[] = [];
  for (let at = 0; at < pixels.length; at += IMAGE_PIXELS) {
    engine.setImage(toUnitRange(pixels.subarray(at, at + IMAGE_PIXELS)));
    engine.searchRace();
    values.push(...found());
  }
  return Float64Array.from(values);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
