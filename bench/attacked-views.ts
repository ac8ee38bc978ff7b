import { readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClassifier } from "../src/entries/node.ts";
import { readWeights } from "../src/weights/read.ts";
import { SHIPPED } from "./models/shipped.ts";
import { withAssumptions } from "./models/with-assumptions.ts";

// What other views of an image make of those that attacks have changed: how many are labelled wrong without the views, how many with
// them, and how many are decided by another view than the image as it is. The files are what `abs attack --resume` and
// bench/robustness.ts keep.
//
//   npx tsx bench/attacked-views.ts build/robustness/abs-0.jsonl…

const { positionals } = parseArgs({ allowPositionals: true });
if (positionals.length === 0) throw new Error("files with the results of attacks are wanted");

interface Result {
  readonly truth: number;
  readonly norm: string;
  /** The changed image, base64 of 784 32-bit floats; undefined where the attack failed. */
  readonly changed?: string;
}

const file = readFileSync(SHIPPED);
const { views: _, ...others } = readWeights(file).assumptions ?? {};
const asGiven = await createClassifier({ weights: withAssumptions(file, others) });
const abs = await createClassifier({ weights: file });
const counts = new Map<string, { images: number; wrong: number; wrongWithViews: number; viewed: number }>();
for (const path of positionals) {
  if (statSync(path).isDirectory()) throw new Error(`${path} is a folder; the files in it are wanted`);
  // The first line says how the results were made.
  for (const line of readFileSync(path, "utf8").trim().split("\n").slice(1)) {
    const { truth, norm, changed } = JSON.parse(line) as Result;
    if (changed === undefined) continue;
    const bytes = Buffer.from(changed, "base64");
    const image = Float32Array.from({ length: 784 }, (__, pixel) => bytes.readFloatLE(4 * pixel));
    const count = counts.get(norm) ?? { images: 0, wrong: 0, wrongWithViews: 0, viewed: 0 };
    ++count.images;
    if (asGiven.classify(image).label !== truth) ++count.wrong;
    if (abs.classify(image).label !== truth) ++count.wrongWithViews;
    if (abs.explain(image).view !== "given") ++count.viewed;
    counts.set(norm, count);
  }
}
for (const [norm, { images, wrong, wrongWithViews, viewed }] of counts) {
  console.log(
    `${norm}: ${images} images, ${wrong} wrong as given, ${wrongWithViews} with views, ${viewed} decided by another view`,
  );
}
