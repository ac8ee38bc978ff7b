import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { IMAGE_SIDE } from "../format/image.ts";
import { type Frame, type FrameMode, openFrames, toFrame } from "../src/cli/frame-source.ts";
import { createClassifier } from "../src/entries/node.ts";
import { readImageFile } from "../src/files/read-image-file.ts";
import type { PixelImage } from "../src/image/pixel-image.ts";
import { Random, seedOf } from "../src/random.ts";
import { glyphOf } from "../src/strings/glyph.ts";
import { type Shown, writeContactSheet } from "./measure/contact-sheet.ts";
import { tableLines } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { BaselineCnn } from "./models/baseline-cnn.ts";
import { readDigits, toUnitRange } from "./sets/mnist.ts";
import { PHOTOGRAPH_KINDS } from "./sets/photographs.ts";
import { PICTURE_KINDS } from "./sets/pictures.ts";

// How pictures of digits fare that were drawn, photographed and scanned: validation digits of MNIST drawn into pictures of
// each kind of bench/sets/pictures.ts and bench/sets/photographs.ts, and beside it a folder of real ones. ABS and the plain CNN
// see the same images.
//
//   npx tsx bench/pictures.ts [--data DIR] [--limit 200] [--seed 0] [--real DIR] [--list]
//     [--kind NAME]... [--contact-sheet FILE.png]
//
// --data is the folder with MNIST's .gz files, --limit the number of pictures of each kind. --real holds pictures whose names
// begin with their digit, such as 7-012.png; with --list every picture that is not right and accepted is named.
// --kind, once or more often, draws only the kinds that it names.
// --contact-sheet shows those pictures, in the order of the list and COLUMNS in a row, each beside the frame made of it.

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    limit: { type: "string", default: "200" },
    seed: { type: "string", default: "0" },
    real: { type: "string" },
    list: { type: "boolean", default: false },
    kind: { type: "string", multiple: true },
    "contact-sheet": { type: "string" },
  },
});

if (options.data === undefined && options.real === undefined) throw new Error("--data DIR or --real DIR is wanted");
const limit = wholeNumber("limit", options.limit);
const seed = wholeNumber("seed", options.seed, 0);
const kinds = { ...PICTURE_KINDS, ...PHOTOGRAPH_KINDS };
const unknown = options.kind?.find((name) => kinds[name] === undefined);
if (unknown !== undefined) {
  throw new Error(`--kind: got "${unknown}", wanted one of "${Object.keys(kinds).join('", "')}"`);
}

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

/** The pictures that are not right and accepted, for the contact sheet. */
const failures: Shown[] = [];

function note(name: string, { fate, words }: { fate: Fate; words: string }, shown: Shown): void {
  if (fate === "right and accepted") return;
  if (options.list) console.log(`${name} ${words}`);
  if (options["contact-sheet"] !== undefined) failures.push(shown);
}

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
  const count = Math.min(limit, digits.count);
  const rows: string[][] = [];
  const frames = new Tally();
  for (let index = 0; index < count; ++index) {
    const picture = { data: toUnitRange(digits.image(index)), width: IMAGE_SIDE, height: IMAGE_SIDE, channels: 1 };
    await frames.add(digits.labels[index] as number, toFrame(picture, "look"));
  }
  rows.push(frames.row("MNIST's frames themselves"));
  for (const [name, drawn] of Object.entries(kinds)) {
    if (options.kind !== undefined && !options.kind.includes(name)) continue;
    const random = new Random(seedOf(seed, name));
    const tally = new Tally();
    for (let index = 0; index < count; ++index) {
      const picture = drawn(glyphOf(digits.image(index)), random);
      const frame = toFrame(picture, "look");
      const digit = digits.labels[index] as number;
      note(`${name} ${index} (${digit})`, await tally.add(digit, frame), { picture, frame: frame.image });
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
      const picture = (await readImageFile(join(folder, name))).frames.at(0) as PixelImage;
      note(`${mode} ${name}`, await tally.add(Number(name[0]), frame), { picture, frame: frame.image });
    }
    rows.push(tally.row(mode === "look" ? "the command's default" : "--preprocess"));
  }
  console.log(tableLines(["mode", ...FATES, "CNN right"], rows));
  console.log(`in %, of ${names.length} pictures`);
}

if (options.data !== undefined) await drawnTable(options.data);
if (options.real !== undefined) await realTable(options.real);
if (options["contact-sheet"] !== undefined) await writeContactSheet(options["contact-sheet"], failures);
