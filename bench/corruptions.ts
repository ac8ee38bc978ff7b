import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import { CORRUPTIONS, corrupted } from "../src/corruptions/corrupt.ts";
import { mean } from "./measure/statistics.ts";
import { tableLines } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { comparedModels } from "./models/compared.ts";
import { readDigits } from "./sets/mnist.ts";

// Accuracy under fifteen kinds of corruption after MNIST-C, of ABS and of what it is compared with, on the same images; for ABS
// also how much is rejected, and how much is labelled wrong without being rejected. With ABS_REFERENCE_DIR set, the
// published weights are among the models (under the search from prototypes, as they bring no tables for the race).
//
//   npx tsx bench/corruptions.ts --data DIR [--split validation] [--limit 1000] [--seed 0] [--json]

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    split: { type: "string", default: "test" },
    limit: { type: "string", default: "1000" },
    seed: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
if (options.split !== "test" && options.split !== "validation") {
  throw new Error(`--split: got "${options.split}", wanted test or validation`);
}
const digits = readDigits(options.data, options.split);
const count = Math.min(wholeNumber("limit", options.limit), digits.count);
const seed = wholeNumber("seed", options.seed, 0);
const models = await comparedModels(options.data, process.env.ABS_REFERENCE_DIR);

interface Shares {
  accuracy: number;
  /** Undefined of models that answer every image. */
  rejected: number | undefined;
  wrongAndAccepted: number | undefined;
}

/** All the images of one kind, made once for all models. */
function batchOf(spoil: (image: Uint8Array, index: number) => Uint8Array): Uint8Array {
  const batch = new Uint8Array(count * IMAGE_PIXELS);
  for (let index = 0; index < count; ++index) batch.set(spoil(digits.image(index), index), index * IMAGE_PIXELS);
  return batch;
}

const kinds = [
  { name: "clean", batch: () => batchOf((image) => image) },
  ...CORRUPTIONS.map((kind) => ({
    name: kind.name,
    batch: () => batchOf((image, index) => corrupted(kind, image, index, seed)),
  })),
];
const rows: { name: string; shares: Shares[] }[] = [];
for (const { name, batch } of kinds) {
  const pixels = batch();
  const shares: Shares[] = [];
  for (const model of models) {
    const decisions = await model.classify(pixels);
    const share = (isSo: (decision: (typeof decisions)[number], truth: number) => boolean | undefined): number =>
      decisions.filter((decision, index) => isSo(decision, digits.labels[index] as number)).length / count;
    const rejects = decisions[0]?.rejected !== undefined;
    shares.push({
      accuracy: share(({ label }, truth) => label === truth),
      rejected: rejects ? share(({ rejected }) => rejected) : undefined,
      wrongAndAccepted: rejects ? share(({ label, rejected }, truth) => label !== truth && !rejected) : undefined,
    });
  }
  rows.push({ name, shares });
  process.stderr.write(`${name}\n`);
}
const corruptedRows = rows.slice(1);
const meanOver = (model: number, share: keyof Shares): number | undefined => {
  const found = corruptedRows.map(({ shares }) => shares[model]?.[share]);
  return found.every((value) => value !== undefined) ? mean(found) : undefined;
};
rows.push({
  name: `mean of the ${corruptedRows.length}`,
  shares: models.map((_, model) => ({
    accuracy: meanOver(model, "accuracy") as number,
    rejected: meanOver(model, "rejected"),
    wrongAndAccepted: meanOver(model, "wrongAndAccepted"),
  })),
});

const names = models.map(({ name }) => name);
if (options.json) {
  console.log(JSON.stringify({ split: options.split, images: count, seed, models: names, rows }, null, 2));
} else {
  const percent = (share: number | undefined): string => (share === undefined ? "–" : (100 * share).toFixed(1));
  console.log(`Right labels in %, ${count} ${options.split} images of each kind, seed ${seed}:\n`);
  console.log(
    tableLines(
      ["images", ...names],
      rows.map(({ name, shares }) => [name, ...shares.map(({ accuracy }) => percent(accuracy))]),
    ),
  );
  console.log("\nRejected, and labelled wrong without being rejected, in %:\n");
  console.log(
    tableLines(
      ["images", ...names],
      rows.map(({ name, shares }) => [
        name,
        ...shares.map(({ rejected, wrongAndAccepted }) =>
          rejected === undefined ? "–" : `${percent(rejected)}, ${percent(wrongAndAccepted)}`,
        ),
      ]),
    ),
  );
}
