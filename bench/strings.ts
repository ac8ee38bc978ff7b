import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClassifier } from "../src/entries/node.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import { EVIDENCE_FEATURES, GEOMETRY_FEATURES, PIECE_FEATURES } from "../src/reading/features.ts";
import { BOUNDS, judgePicture } from "../src/reading/judge.ts";
import { bestPath, scoresOf } from "../src/reading/lattice.ts";
import type { Impression } from "../src/reading/piece-network.ts";
import { readDigits } from "../src/reading/read-digits.ts";
import { namedByBoth } from "../src/reading/second-opinion.ts";
import { EVIDENCE_NETWORK } from "../src/reading/weights.ts";
import type { Classification } from "../src/results.ts";
import { glyphOf } from "../src/strings/glyph.ts";
import { anySurface, WRITTEN_KINDS, type WrittenKind, writtenPictures } from "../src/strings/kinds.ts";
import { ReadingTally } from "../src/strings/tally.ts";
import { type LabelledGlyph, type Written, writeSheet } from "../src/strings/written.ts";
import { tableLines } from "./measure/table.ts";
import { BaselineCnn } from "./models/baseline-cnn.ts";
import { readByComponents } from "./models/component-cut.ts";
import { writeLines, writePieces } from "./reading/examples.ts";
import { exampleOf, fitNetwork } from "./reading/fit.ts";
import { readDigits as readMnist } from "./sets/mnist.ts";

// How strings and sheets of digits are read, beside a cut by components with the plain CNN.
//
//   npx tsx bench/strings.ts --data DIR [--split validation] [--limit 200] [--seed 1] [--kinds TEXT] [--time | --naming]
//   npx tsx bench/strings.ts --data DIR --lines FILE --pieces FILE [--limit 1000]
//   npx tsx bench/strings.ts --data DIR --fit [--limit 300]
//
// --data is the folder with MNIST's .gz files; --split is validation or test, --limit the number of strings of each kind (of sheets a
// twentieth), --kinds a part of the names of the kinds wanted. --time prints what five digits cost, in classifications of one, --naming the
// strings that are right where the network for pieces has more or less say in naming them.
// --lines and --pieces write what `python3 -m abs_training reading` fits its networks to, --fit fits the reader's weights and writes
// src/reading/weights.ts: all three from training digits, without those for validation.

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    split: { type: "string", default: "validation" },
    limit: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    kinds: { type: "string", default: "" },
    fit: { type: "boolean", default: false },
    lines: { type: "string" },
    pieces: { type: "string" },
    time: { type: "boolean", default: false },
    naming: { type: "boolean", default: false },
  },
});
/** The seed of the strings to fit to; those to measure on are of another. */
const FIT_SEED = 1_000_000;
const LINES_SEED = 2_000_000;
const PIECES_SEED = 3_000_000;
const TIMED = 40;
/** What the network for pieces may weigh; at 0 the classifier names alone. */
const WEIGHTS = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1];
/** Half junk, from which most is learned about it. */
const JUNK_SHEETS: WrittenKind = {
  name: "half junk",
  share: 0.3,
  write: (pick, random) => {
    const surface = anySurface(random);
    return writeSheet(pick(55), 55, surface, random);
  },
};

/** Strings, which seams are fitted to. */
const STRING_KINDS = WRITTEN_KINDS.filter(({ share }) => share === 1);
const FITTED_KINDS = [...STRING_KINDS, JUNK_SHEETS];
/** Of junk there is much to be learned from pieces. */
const PIECE_KINDS = [...STRING_KINDS, { ...JUNK_SHEETS, share: 0.4 }];
/** Where digits are spaced, little is to be learned about seams, and much from strings of all lengths. */
const LINE_KINDS = STRING_KINDS.map((kind) => ({
  ...kind,
  share: kind.name.includes(" spaced") ? 0.3 : kind.name.startsWith("1 to 8") ? 3 : 1,
}));

const { data, split } = options;
const isFit = options.fit || options.lines !== undefined || options.pieces !== undefined;
if (data === undefined) throw new Error("--data DIR is wanted");
if (split !== "validation" && split !== "test") throw new Error(`--split: got "${split}", wanted validation or test`);
for (const name of ["limit", "seed"] as const) {
  if (!/^[0-9]+$/.test(options[name])) throw new Error(`--${name}: got "${options[name]}", wanted a whole number`);
}
const limit = Number(options.limit);
const kinds = WRITTEN_KINDS.filter(({ name }) => name.includes(options.kinds));

const digits = readMnist(data, isFit ? "training" : split);
const digitAt = (index: number): LabelledGlyph => ({
  label: digits.labels[index] as number,
  glyph: glyphOf(digits.image(index)),
});
const abs = await createClassifier();

function* picturesOf(wanted: readonly WrittenKind[], seed: number): Generator<Written> {
  // In turns, so that the beginning tells of all kinds.
  let left = wanted.map((kind) => writtenPictures(kind, limit, digits.count, digitAt, seed));
  while (left.length > 0) {
    const next = left.map((pictures) => pictures.next());
    for (const { value, done } of next) if (done !== true) yield value;
    left = left.filter((_, index) => next[index]?.done !== true);
  }
}

async function fit(): Promise<void> {
  // Every candidate is classified once, whatever it looks like; the first networks see the beginning of the same features.
  const every = { ...BOUNDS.standard, classifications: 100_000, leastShare: -1 };
  const examples = [...picturesOf(FITTED_KINDS, FIT_SEED)].flatMap((written) =>
    judgePicture(written.picture, abs, every).lines.map((line) => exampleOf(line, written)),
  );
  const networks = {
    GEOMETRY_NETWORK: fitNetwork(examples, GEOMETRY_FEATURES),
    PIECE_SCORES: fitNetwork(examples, PIECE_FEATURES),
    EVIDENCE_NETWORK: fitNetwork(examples, EVIDENCE_FEATURES),
  };
  const remarks: Record<string, string> = {
    GEOMETRY_NETWORK: "by its sizes, cuts and gaps alone",
    PIECE_SCORES: "by these and by whether it looks like one digit",
    EVIDENCE_NETWORK: "by all that and by what the classifier says",
  };
  const lists = (rows: readonly (readonly number[])[]): string =>
    `[${rows.map((row) => `\n    [${row.map((value) => Number(value.toFixed(3))).join(", ")}],`).join("")}\n  ]`;
  const file = fileURLToPath(new URL("../src/reading/weights.ts", import.meta.url));
  await writeWholeFile(
    file,
    `// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: fitted numbers may come near a constant
import type { ScoringNetwork } from "./network.ts";

// Fitted on strings and sheets of training digits by \`npx tsx bench/strings.ts --data DIR --fit --limit ${limit}\`, which writes this file.

${Object.entries(networks)
  .map(
    ([name, { hidden, output }]) =>
      `/** How likely a candidate is ${remarks[name]}. */
export const ${name}: ScoringNetwork = {
  hidden: ${lists(hidden)},
  output: ${lists(output)},
};
`,
  )
  .join("\n")}`,
  );
}

async function measure(): Promise<void> {
  const cnn = await BaselineCnn.load(fileURLToPath(new URL("baselines/plain-cnn.onnx", import.meta.url)));
  const percent = (share: number): string => (100 * share).toFixed(1);
  const cells = (tally: ReadingTally): string[] => [
    percent(tally.right / tally.pictures),
    percent(tally.recall),
    percent(tally.precision),
    tally.junk === 0 ? "" : percent(tally.junkTaken / tally.junk),
  ];
  const rows: string[][] = [];
  for (const kind of kinds) {
    const [read, plain] = [new ReadingTally(), new ReadingTally()];
    let classifications = 0;
    for (const written of writtenPictures(kind, limit, digits.count, digitAt, Number(options.seed))) {
      const reading = readDigits(written.picture, { classifier: abs });
      classifications += reading.classifications;
      read.add(
        written,
        reading.lines.map((line) => line.digits),
      );
      plain.add(written, await readByComponents(written.picture, cnn));
    }
    rows.push([kind.name, ...cells(read), (classifications / read.digits).toFixed(1), ...cells(plain)]);
  }
  const columns = ["string right", "digits right", "precision", "junk taken"];
  const header = ["kind", ...columns, "classified per digit", ...columns.map((name) => `${name}, components and CNN`)];
  console.log(tableLines(header, rows));
  console.log(`in %, ${limit} strings of each kind, of ${split} digits`);
}

/** What a picture of five digits costs beside five classifications, both the least of several turns. */
function time(): void {
  const rows = kinds
    .filter(({ name }) => name.startsWith("5 "))
    .map((kind) => {
      const pictures = [...writtenPictures(kind, TIMED, digits.count, digitAt, Number(options.seed))];
      const frames = Array.from({ length: 5 * TIMED }, (_, index) => digits.image(index));
      let [read, classify] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let turn = 0; turn < 5; ++turn) {
        let start = performance.now();
        for (const { picture } of pictures) readDigits(picture, { classifier: abs });
        read = Math.min(read, performance.now() - start);
        start = performance.now();
        for (const frame of frames) abs.classify(frame);
        classify = Math.min(classify, performance.now() - start);
      }
      return [kind.name, (read / TIMED).toFixed(2), (classify / TIMED).toFixed(2), (read / classify).toFixed(1)];
    });
  console.log(tableLines(["kind", "ms to read five", "ms for five classifications", "times"], rows));
}

function compareNamings(): void {
  const rows = kinds
    .filter(({ share }) => share === 1)
    .map((kind) => {
      const right = WEIGHTS.map(() => 0);
      for (const written of writtenPictures(kind, limit, digits.count, digitAt, Number(options.seed))) {
        const truth = written.lines.flat().map(({ label }) => label);
        const { lines } = judgePicture(written.picture, abs, BOUNDS.standard);
        WEIGHTS.forEach((weight, place) => {
          const labels = lines.flatMap(({ atoms, edges, classifications, impressions }) =>
            bestPath(edges, scoresOf(edges, EVIDENCE_NETWORK), atoms)
              .filter(({ isDigit }) => isDigit)
              .map(({ edge }) => {
                const [classification, impression] = [classifications[edge], impressions[edge]];
                return namedByBoth(classification as Classification, impression as Impression, weight).label;
              }),
          );
          if (labels.join() === truth.join()) right[place] = (right[place] as number) + 1;
        });
      }
      return [kind.name, ...right.map((count) => ((100 * count) / limit).toFixed(1))];
    });
  console.log(tableLines(["right, by weight of the second opinion", ...WEIGHTS.map(String)], rows));
}

if (options.lines !== undefined) {
  writeLines(options.lines, picturesOf(LINE_KINDS, LINES_SEED));
}
if (options.pieces !== undefined) writePieces(options.pieces, picturesOf(PIECE_KINDS, PIECES_SEED));
if (options.fit) await fit();
else if (options.time) time();
else if (options.naming) compareNamings();
else if (!isFit) await measure();
