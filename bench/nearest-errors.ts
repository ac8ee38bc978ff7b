import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Norm } from "../src/attacks/norms.ts";
import { type AttackResult, attackMinimum } from "../src/attacks/run.ts";
import { median, NORM_TITLES } from "../src/cli/attack/scores.ts";
import { greyPixels } from "../src/cli/report/pictures.ts";
import type { Shape } from "../src/cli/report/shapes.ts";
import { svgFile } from "../src/cli/report/shapes-as-svg.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { benchModel } from "./robustness/models.ts";
import { TITLES } from "./robustness/tables.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";

// Draws docs/nearest-errors.svg, the paper's figure made anew: a digit of each class, and the nearest images found that the plain
// CNN, the adversarially trained one and ABS take for another digit. The digits are the first validation images of their classes
// that all three label right. Prints the distances.
//
//   npx tsx bench/nearest-errors.ts --data DIR [--budget 400] [--out docs/nearest-errors.svg]
//
// DIR holds MNIST's four .gz files. Each attack may ask --budget questions about an image: enough for a picture, and
// bench/robustness.ts finds less.

const MODELS = ["plain-cnn", "adversarial-cnn", "abs"] as const;
const PANELS = ["l2", "linf"] as const satisfies readonly Norm[];
/** Of the attacks that run on all three, those that find the least between them in both norms (docs/robustness.md). */
const ATTACKS = ["deepfool", "fab", "fmn"];
const SEED = 0;

const SIDE = 64;
const GAP = 8;
const NAME = 172;
const CAPTION = 18;
const TITLE = 26;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    budget: { type: "string", default: "400" },
    out: { type: "string", default: fileURLToPath(new URL("../docs/nearest-errors.svg", import.meta.url)) },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const data = options.data;
const budget = wholeNumber("budget", options.budget);

const models = await Promise.all(
  MODELS.map(async (name) => ({ name, title: TITLES[name], ...(await benchModel(name, data, undefined)) })),
);
const digits = chosenDigits();

const width = NAME + digits.length * (SIDE + GAP) + GAP;
const row = SIDE + CAPTION + GAP;
const shapes: Shape[] = [];
const words = (text: string, x: number, y: number, anchor: "start" | "middle" = "middle", isBold = false): void => {
  shapes.push({ kind: "words", text, x, y, anchor, colour: "ink", isBold });
};
const showImage = (image: Float32Array, column: number, y: number): void => {
  shapes.push({ kind: "pixels", colours: greyPixels(image), x: NAME + column * (SIDE + GAP), y, side: SIDE });
};
let y = GAP;
words("clean", GAP, y + SIDE / 2, "start");
digits.forEach(({ image }, column) => {
  showImage(image, column, y);
});
y += SIDE + GAP;
for (const norm of PANELS) {
  y += TITLE;
  words(`the nearest errors in ${NORM_TITLES[norm]}`, GAP, y - 8, "start", true);
  for (const { name, title, model } of models) {
    const found = digits.map(({ image, label }, column) => {
      const { nearest } = attackMinimum(model, image, label, { norm, attacks: ATTACKS, seed: SEED, budget });
      const centre = NAME + column * (SIDE + GAP) + SIDE / 2;
      if (nearest.image !== undefined) showImage(nearest.image, column, y);
      words(caption(nearest, norm), centre, y + SIDE + 14);
      return nearest.distance;
    });
    console.log(`${NORM_TITLES[norm]}, ${title}: ${found.map((distance) => distance.toFixed(3)).join(" ")}`);
    words(title, GAP, y + SIDE / 2 - 2, "start", name === "abs");
    words(`median ${rounded(median(found), norm)}`, GAP, y + SIDE / 2 + 15, "start");
    y += row;
  }
}
const title = "Digits, and the nearest images that each of three models takes for another digit, with their distances";
writeFileSync(options.out, svgFile({ width, height: y, shapes }, title));
console.log(`wrote ${options.out}`);

function chosenDigits(): { image: Float32Array; label: number }[] {
  const { count, labels, image } = readDigits(data, "validation");
  const chosen: { image: Float32Array; label: number }[] = [];
  for (let index = 0; index < count && chosen.length < 10; ++index) {
    const [values, label] = [toUnitRange(image(index)), labels[index] as number];
    if (chosen.some((other) => other.label === label)) continue;
    if (models.every(({ model }) => model.classify(values).label === label)) chosen.push({ image: values, label });
  }
  return chosen.toSorted((one, other) => one.label - other.label);
}

function caption({ success, distance, label }: AttackResult, norm: Norm): string {
  return success ? `${rounded(distance, norm)} → ${label}` : "none found";
}

function rounded(distance: number, norm: Norm): string {
  return distance.toFixed(norm === "linf" ? 3 : 2);
}
