import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { instantiateSync } from "@assemblyscript/loader";
import { Engine } from "../src/engine.ts";
import { preparePrototypes, prepareSamples } from "../src/starts.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";

// How many BFGS evaluations per class the search from stored latents needs: agreement with the paper's search, accuracy and loss on
// validation images (the last 5000 of MNIST's training images, which the weights were not trained on).
//
//   npx tsx bench/evaluations.ts --data DIR [--limit 500]

const COUNTS = [1, 2, 4, 6, 8, 10, 12, 16, 24];

const { values } = parseArgs({ options: { data: { type: "string" }, limit: { type: "string", default: "500" } } });
if (values.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const digits = readDigits(values.data, "validation");
const { labels } = digits;
const count = Math.min(wholeNumber("limit", values.limit), digits.count);

const bytes = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
const { instance } = instantiateSync(bytes, {});
const engine = new Engine(instance);
preparePrototypes(engine);
prepareSamples(engine);

function searchAll(search: () => number): { labels: number[]; losses: Float32Array[]; evaluations: number } {
  const found: number[] = [];
  const losses: Float32Array[] = [];
  let evaluations = 0;
  for (let index = 0; index < count; ++index) {
    engine.setImage(toUnitRange(digits.image(index)));
    evaluations += search();
    const ofImage = engine.losses();
    losses.push(ofImage);
    found.push(ofImage.indexOf(Math.min(...ofImage)));
  }
  return { labels: found, losses, evaluations: evaluations / count };
}

const paper = searchAll(() => engine.searchPaper());
const accuracy = (found: readonly number[]): string =>
  ((100 * found.filter((label, index) => label === labels[index]).length) / count).toFixed(2);
console.log(
  `${count} validation images; paper: accuracy ${accuracy(paper.labels)} %, ${paper.evaluations.toFixed(0)} evaluations`,
);
console.log("evaluations per class | per image | agreement | accuracy % | winner's loss over paper's, mean %");
for (const evaluations of COUNTS) {
  const result = searchAll(() => engine.searchPrototypes(evaluations));
  const agreement = result.labels.filter((label, index) => label === paper.labels[index]).length / count;
  const excess =
    result.losses.reduce((sum, losses, index) => {
      const best = paper.losses[index]?.[paper.labels[index] as number] as number;
      return sum + Math.min(...losses) / best - 1;
    }, 0) / count;
  console.log(
    [
      evaluations,
      result.evaluations.toFixed(0),
      agreement.toFixed(4),
      accuracy(result.labels),
      (100 * excess).toFixed(2),
    ].join(" | "),
  );
}
