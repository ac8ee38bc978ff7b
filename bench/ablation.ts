import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import type { Norm } from "../src/attacks/norms.ts";
import { attack, attacksFor } from "../src/attacks/run.ts";
import { attackedClassifier } from "../src/cli/attack/attacker.ts";
import { distanceText, percentText } from "../src/cli/attack/lines.ts";
import { BOUNDS, NORM_TITLES, UNION_BOUNDS } from "../src/cli/attack/scores.ts";
import { CORRUPTIONS, corrupted } from "../src/corruptions/corrupt.ts";
import { createClassifier } from "../src/entries/node.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import type { Assumptions } from "../src/weights/model.ts";
import { readWeights } from "../src/weights/read.ts";
import { mean, quantile } from "./measure/statistics.ts";
import { printTable, replaceTable, type Table } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { SHIPPED } from "./models/shipped.ts";
import { withAssumptions } from "./models/with-assumptions.ts";
import { type Digits, readDigits, toUnitRange } from "./sets/mnist.ts";

// What each part of the loss is worth: the same decoders without any part, with each part alone, with all but each and with all.
//
//   npx tsx bench/ablation.ts --data DIR [--weights FILE] [--split validation] [--limit 1000] [--attacked 30] [--only NAME,…]
//     [--update]
//
// DIR holds MNIST's .gz files. Right labels, clean and under the fifteen corruptions, are counted on --limit images at thorough
// effort, since the race's tables belong to the loss that they were fitted under. On the first --attacked images the strongest
// attacks of each norm meet the race at its standard effort, and the thorough one confirms, as in bench/robustness.ts.
// `--update` puts the table into docs/robustness.md.

const DOCUMENT = new URL("../docs/robustness.md", import.meta.url);

/** Which attacks find the least distances on ABS between them (docs/robustness.md), at a tenth of the time of all. */
const ATTACKS: Readonly<Record<Norm, readonly string[]>> = {
  linf: ["deepfool", "fmn"],
  l2: ["fmn", "curve-crossing"],
  l1: ["fmn", "curve-crossing"],
  l0: ["greedy-pixels", "latent-descent"],
};
const BUDGET = 1000;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    weights: { type: "string" },
    split: { type: "string", default: "validation" },
    limit: { type: "string", default: "1000" },
    attacked: { type: "string", default: "30" },
    only: { type: "string" },
    update: { type: "boolean", default: false },
  },
});

/** Every choice of parts that the table shows, by its name. */
function variantsOf(all: Assumptions): [string, Assumptions][] {
  const parts = Object.keys(all) as (keyof Assumptions)[];
  const only = (kept: (part: keyof Assumptions) => boolean): Assumptions =>
    Object.fromEntries(Object.entries(all).filter(([part]) => kept(part as keyof Assumptions)));
  return [
    ["the paper's loss", {}],
    ...parts.map((part): [string, Assumptions] => [`${part} alone`, only((other) => other === part)]),
    ...parts.map((part): [string, Assumptions] => [`all but ${part}`, only((other) => other !== part)]),
    ["all", all],
  ];
}

/** Labels of n×784 bytes. */
type Classify = (pixels: Uint8Array) => readonly { label: number }[];

/** The share of right labels, in [0, 1], among the first `count` images after a change. */
function accuracy(
  classify: Classify,
  digits: Digits,
  count: number,
  change: (image: Uint8Array, index: number) => Uint8Array,
) {
  const pixels = new Uint8Array(count * IMAGE_PIXELS);
  for (let index = 0; index < count; ++index) pixels.set(change(digits.image(index), index), index * IMAGE_PIXELS);
  return classify(pixels).filter(({ label }, index) => label === digits.labels[index]).length / count;
}

async function rowOf(
  name: string,
  weights: Uint8Array,
  digits: Digits,
  count: number,
  attacked: number,
): Promise<string[]> {
  const usual = await createClassifier({ weights });
  const thorough = await createClassifier({ weights, effort: "thorough" });
  const classify: Classify = (pixels) => thorough.classifyBatch(pixels);
  const clean = accuracy(classify, digits, count, (image) => image);
  const spoilt = CORRUPTIONS.map((kind) =>
    accuracy(classify, digits, count, (image, index) => corrupted(kind, image, index, 0)),
  );
  const model = attackedClassifier(usual, thorough);
  const norms = Object.keys(ATTACKS) as Norm[];
  const distances = new Map<Norm, number[]>(norms.map((norm) => [norm, []]));
  for (let index = 0; index < attacked; ++index) {
    const image = toUnitRange(digits.image(index));
    for (const norm of norms) {
      const possible = attacksFor(model, norm);
      const found = ATTACKS[norm]
        .filter((method) => possible.includes(method))
        .map(
          (method) => attack(method, model, image, digits.labels[index] as number, { norm, budget: BUDGET }).distance,
        );
      (distances.get(norm) as number[]).push(Math.min(...found));
    }
    process.stderr.write(`${name}: image ${index + 1} of ${attacked}\n`);
  }
  const safe = (norm: Norm, index: number, bound: number): boolean => (distances.get(norm)?.[index] as number) > bound;
  const shareOf = (isSafe: (index: number) => boolean): string =>
    percentText(Array.from({ length: attacked }, (_, index) => isSafe(index)).filter(Boolean).length / attacked);
  return [
    name,
    percentText(clean),
    percentText(mean(spoilt)),
    ...norms.map(
      (norm) =>
        `${distanceText(quantile(distances.get(norm) as number[], 0.5))}; ${shareOf((index) => safe(norm, index, BOUNDS[norm]))}`,
    ),
    shareOf((index) => Object.entries(UNION_BOUNDS).every(([norm, bound]) => safe(norm as Norm, index, bound))),
  ];
}

async function main(): Promise<void> {
  if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
  const { split } = options;
  if (options.update && options.only !== undefined) throw new Error("--update wants all rows: no --only");
  if (split !== "test" && split !== "validation") throw new Error(`--split: got "${split}", wanted test or validation`);
  const digits = readDigits(options.data, split);
  const count = Math.min(wholeNumber("limit", options.limit), digits.count);
  const attacked = Math.min(wholeNumber("attacked", options.attacked), digits.count);
  const file = readFileSync(options.weights ?? SHIPPED);
  const all = readWeights(file).assumptions;
  if (all === undefined) throw new Error("the weights assume nothing besides the paper's loss");
  const variants = variantsOf(all);
  const names = options.only?.split(",") ?? variants.map(([name]) => name);
  const chosen = names.map((wanted) => {
    const found = variants.find(([name]) => name === wanted);
    if (found !== undefined) return found;
    throw new Error(`--only: there is no "${wanted}"; there are ${variants.map(([name]) => name).join(", ")}`);
  });
  const rows: string[][] = [];
  for (const [name, assumptions] of chosen) {
    rows.push(await rowOf(name, withAssumptions(file, assumptions), digits, count, attacked));
    process.stderr.write(`${rows.at(-1)?.join(" | ")}\n`);
  }
  const table: Table = {
    name: "robustness-ablation",
    caption: `The same decoders under several losses: right labels on ${count} ${split} images and on the mean of the fifteen corruptions of them; least distances on ${attacked}`,
    header: [
      "loss",
      "clean",
      "corrupted",
      ...Object.keys(ATTACKS).map((norm) => `${NORM_TITLES[norm as Norm]}: median; at ${BOUNDS[norm as Norm]}`),
      `${Object.entries(UNION_BOUNDS)
        .map(([norm, bound]) => `${NORM_TITLES[norm as Norm]} ${bound}`)
        .join(", ")} at once`,
    ],
    rows,
  };
  console.log(printTable(table));
  if (options.update) await writeWholeFile(DOCUMENT, replaceTable(readFileSync(DOCUMENT, "utf8"), table));
}

await main();
