import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { svgFile } from "../src/cli/report/shapes-as-svg.ts";
import { CORRUPTIONS, corrupted } from "../src/corruptions/corrupt.ts";
import { createClassifier, preprocess } from "../src/entries/node.ts";
import { readImageFile } from "../src/files/read-image-file.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import type { Explanation } from "../src/results.ts";
import { picture, text } from "./drawing/shapes.ts";

// Draws docs/fits.svg: a bright, a foggy, a striped and a weak digit, and how the winner redraws each, gain and offset included,
// with other weights and with these.
//
//   npx tsx scripts/draw-fits.ts --before FILE
//
// FILE is an older weights file, such as `git show 0a6c89b:weights/abs-mnist.safetensors` writes.

const { values: options } = parseArgs({ options: { before: { type: "string" } } });
if (options.before === undefined) throw new Error("--before FILE is wanted: an older weights file");

const FILE = new URL("../examples/images/three-photograph.jpg", import.meta.url);
const TARGET = new URL("../docs/fits.svg", import.meta.url);
const SIDE = 84;
const GAP = 12;
const LABEL = 20;
/** Wide enough for the words beside a redrawing. */
const WORDS = 150;
const SEED = 3;

const { frames } = await readImageFile(fileURLToPath(FILE));
const [frame] = frames;
if (frame === undefined) throw new Error("the example holds no picture");
const digit = Uint8Array.from(preprocess(frame).image, (value) => Math.round(255 * value));

function spoilt(name: string): Float32Array {
  const kind = CORRUPTIONS.find((known) => known.name === name);
  if (kind === undefined) throw new Error(`there is no corruption "${name}"`);
  return Float32Array.from(corrupted(kind, digit, 0, SEED), (byte) => byte / 255);
}

const rows: readonly [string, Float32Array][] = [
  ["as it is", Float32Array.from(digit, (byte) => byte / 255)],
  ["bright", spoilt("brightness")],
  ["in fog", spoilt("fog")],
  ["striped", spoilt("stripe")],
  ["half as strong", Float32Array.from(digit, (byte) => (0.5 * byte) / 255)],
];

const module = readFileSync(new URL("../dist/abs.wasm", import.meta.url));
const before = await createClassifier({ module, weights: readFileSync(options.before) });
const now = await createClassifier({ module });

function verdict({ name, confidence, rejected }: Explanation): string {
  return rejected ? `no digit (nearest ${name})` : `${name}, ${(100 * confidence).toFixed(1)} % sure`;
}

const column = SIDE + GAP + WORDS;
const width = GAP + SIDE + GAP + 2 * column;
const height = LABEL + rows.length * (SIDE + LABEL + GAP);
const parts = [
  text("seen", GAP + SIDE / 2, LABEL - 6),
  text("redrawn by the winner: before", 2 * GAP + SIDE + column / 2, LABEL - 6),
  text("now, with gain and offset", 2 * GAP + SIDE + column + column / 2, LABEL - 6),
];
for (const [row, [name, image]] of rows.entries()) {
  const top = LABEL + row * (SIDE + LABEL + GAP);
  parts.push(picture(image, GAP, top, SIDE), text(name, GAP + SIDE / 2, top + SIDE + 14));
  for (const [index, classifier] of [before, now].entries()) {
    const explanation = classifier.explain(image);
    const winner = explanation.classes[explanation.label];
    if (winner === undefined) throw new Error(`class ${explanation.label} is not among the explained`);
    const left = 2 * GAP + SIDE + index * column;
    const middle = left + SIDE + GAP / 2 + WORDS / 2;
    parts.push(picture(winner.reconstruction, left, top, SIDE));
    parts.push(text(verdict(explanation), middle, top + SIDE / 2 - 4, true));
    if (index === 0) continue;
    const { gain, offset } = winner;
    parts.push(text(`gain ${gain.toFixed(2)}, offset ${offset.toFixed(2)}`, middle, top + SIDE / 2 + 16));
  }
}
await writeWholeFile(
  TARGET,
  svgFile({ width, height, shapes: parts }, "Spoilt digits, and how two models redraw them"),
);
console.log(`wrote ${fileURLToPath(TARGET)}`);
