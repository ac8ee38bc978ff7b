import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { IMAGE_SIDE } from "../format/image.ts";
import { type Frame, type FrameMode, openFrames, toFrame } from "../src/cli/frame-source.ts";
import { createClassifier } from "../src/entries/node.ts";
import { Random, seedOf } from "../src/random.ts";
import { glyphOf } from "../src/strings/glyph.ts";
import { tableLines } from "./measure/table.ts";
import { BaselineCnn } from "./models/baseline-cnn.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";
import { PICTURE_KINDS } from "./sets/pictures.ts";

// How pictures of digits fare that were drawn, photographed and scanned: validation digits of MNIST drawn into pictures of
// each kind of bench/sets/pictures.ts, and beside it a folder of real ones. ABS and the plain CNN see the same images.
//
//   npx tsx bench/pictures.ts [--data DIR] [--limit 200] [--seed 0] [--real DIR] [--list]
//
// --data is the folder with MNIST's .gz files, --limit the number of pictures of each kind. --real holds pictures whose names
// begin with their digit, such as 7-012.png; with --list every one of them that is not right and accepted is named.

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    limit: { type: "string", default: "200" },
    seed: { type: "string", default: "0" },
    real: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

if (options.data === undefined && options.real === undefined) throw new Error("--data DIR or --real DIR is wanted");
if (!/^[1-9][0-9]*$/.test(options.limit)) throw new Error(`--limit: got "${options.limit}", wanted a number from 1`);
if (!/^[0-9]+$/.test(options.seed)) throw new Error(`--seed: got "${options.seed}", wanted a number from 0`);

/** What becomes of a picture. */
const FATES = [
  "right and accepted",
  "right but rejected",
  "wrong and rejected",
  "wrong and accepted",
  "blank",
] as const;
type Fate = (typeof FATES)[number];

const abs = await createClassifier();
const cnn = await BaselineCnn.load(fileURLToPath(new URL("baselines/plain-cnn.onnx", import.meta.url)));

/** Counts what becomes of pictures, for one row of a table. */
class Tally {
  readonly #fates = new Map<Fate, number>(FATES.map((fate) => [fate, 0]));
  #count = 0;
  #byCnn = 0;

  /** @returns what became of it, in words */
  async add(digit: number, { image }: Frame): Promise<{ fate: Fate; words: string }> {
    const { label, rejected, confidence } = abs.classify(image);
    const [decision] = await cnn.classify(Uint8Array.from(image, (value) => Math.round(255 * value)));
    const fate = fateOf(image, label === digit, rejected);
    this.#fates.set(fate, (this.#fates.get(fate) as number) + 1);
    ++this.#count;
    if (decision?.label === digit) ++this.#byCnn;
    return { fate, words: `${fate}: ${label} at ${confidence.toFixed(2)}, CNN ${decision?.label}` };
  }

  row(name: string): string[] {
    const share = (count: number): string => ((100 * count) / this.#count).toFixed(1);
    return [name, ...FATES.map((fate) => share(this.#fates.get(fate) as number)), share(this.#byCnn)];
  }
}

function fateOf(image: Float32Array, isRight: boolean, rejected: boolean): Fate {
  if (image.every((value) => value === 0)) return "blank";
  if (isRight) return rejected ? "right but rejected" : "right and accepted";
  return rejected ? "wrong and rejected" : "wrong and accepted";
}

async function drawnTable(data: string): Promise<void> {
  const digits = readDigits(data, "validation");
  const count = Math.min(Number(options.limit), digits.count);
  const rows: string[][] = [];
  const frames = new Tally();
  for (let index = 0; index < count; ++index) {
    const picture = { data: toUnitRange(digits.image(index)), width: IMAGE_SIDE, height: IMAGE_SIDE, channels: 1 };
    await frames.add(digits.labels[index] as number, toFrame(picture, "look"));
  }
  rows.push(frames.row("MNIST's frames themselves"));
  for (const [name, drawn] of Object.entries(PICTURE_KINDS)) {
    const random = new Random(seedOf(Number(options.seed), name));
    const tally = new Tally();
    for (let index = 0; index < count; ++index) {
      await tally.add(digits.labels[index] as number, toFrame(drawn(glyphOf(digits.image(index)), random), "look"));
    }
    rows.push(tally.row(name));
  }
  console.log(tableLines(["kind", ...FATES, "CNN right"], rows));
  console.log(`in %, of ${count} pictures of each kind`);
}

async function realTable(folder: string): Promise<void> {
  const names = readdirSync(folder)
    .filter((name) => /^[0-9].*\.(png|jpe?g|pgm)$/.test(name))
    .sort();
  const rows: string[][] = [];
  for (const mode of ["look", "preprocess"] satisfies FrameMode[]) {
    const tally = new Tally();
    for (const name of names) {
      const frame = (await openFrames(join(folder, name), mode)).at(0);
      const { fate, words } = await tally.add(Number(name[0]), frame);
      if (options.list && fate !== "right and accepted") console.log(`${mode} ${name} ${words}`);
    }
    rows.push(tally.row(mode === "look" ? "the command's default" : "--preprocess"));
  }
  console.log(tableLines(["mode", ...FATES, "CNN right"], rows));
  console.log(`in %, of ${names.length} pictures`);
}

if (options.data !== undefined) await drawnTable(options.data);
if (options.real !== undefined) await realTable(options.real);
