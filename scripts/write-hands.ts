import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { wholeNumber } from "../bench/measure/whole-number.ts";
import { IMAGE_SIDE } from "../format/image.ts";
import { seedOf } from "../src/random.ts";
import { drawHands } from "./drawing/hands.ts";

// Writes digits in many hands, some of which MNIST lacks, with MNIST's file names, for `python3 -m abs_training train --also HANDS`: every style of
// drawing/handwriting.ts, ones with flag and foot, barred sevens, hooked nines and the like.
//
//   npx tsx scripts/write-hands.ts --out HANDS [--each 150] [--seed 0]
//
// --each is the number of drawings of each style in train-…; t10k-… receives a fifth of that, other drawings of the same styles.

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    each: { type: "string", default: "150" },
    seed: { type: "string", default: "0" },
  },
});
if (options.out === undefined) throw new Error("--out FOLDER is wanted");
const each = wholeNumber("each", options.each);
const seed = wholeNumber("seed", options.seed, 0);
if (seed >= 2 ** 32) throw new Error(`--seed: got "${options.seed}", wanted a whole number below 2^32`);

/** An idx file of bytes. */
function idx(shape: readonly number[], content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 0x08, shape.length]);
  shape.forEach((length, axis) => void header.writeUInt32BE(length, 4 + 4 * axis));
  return Buffer.concat([header, content]);
}

mkdirSync(options.out, { recursive: true });
for (const [prefix, count] of [
  ["train", each],
  ["t10k", Math.ceil(each / 5)],
] as const) {
  const { pixels, labels } = drawHands(count, seedOf(seed, prefix));
  const write = (name: string, bytes: Uint8Array): void =>
    writeFileSync(join(options.out as string, `${prefix}-${name}`), bytes);
  write("images-idx3-ubyte", idx([labels.length, IMAGE_SIDE, IMAGE_SIDE], pixels));
  write("labels-idx1-ubyte", idx([labels.length], labels));
  console.log(`${prefix}: ${labels.length.toLocaleString("en")} drawings`);
}
