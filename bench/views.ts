import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CORRUPTIONS, corrupted } from "../src/corruptions/corrupt.ts";
import { createClassifier } from "../src/entries/node.ts";
import { readWeights } from "../src/weights/read.ts";
import { tableLines } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { SHIPPED } from "./models/shipped.ts";
import { withAssumptions } from "./models/with-assumptions.ts";
import { readDigits } from "./sets/mnist.ts";
import { readDrawnCharacters, readStoredSets } from "./sets/stored-sets.ts";

// What other views of an image are worth, each kind alone: how many images are right, and how many rejected, by the loss from which
// on the view is tried and the share of it below which its own has to come (`python3 -m abs_training views`). On validation images, as
// they are and under the fifteen corruptions, and on what `confidence-sets --split validation` wrote.
//
//   npx tsx bench/views.ts --data DIR [--sets DIR] [--junk DIR] [--limit 300] [--weights FILE]

const DOUBTS = [0, 0.008, 0.02, 0.04, 0.1];
const SHARES = [0.3, 0.5, 0.7, 0.85, 1];
const KINDS = ["centred", "levelled", "filled"] as const;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    sets: { type: "string" },
    junk: { type: "string" },
    limit: { type: "string", default: "300" },
    weights: { type: "string", default: SHIPPED },
  },
});
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
const limit = wholeNumber("limit", options.limit);
const digits = readDigits(options.data, "validation");
const file = readFileSync(options.weights);
const { assumptions = {} } = readWeights(file);
const { views: _, ...others } = assumptions;

const percent = (share: number): string => (100 * share).toFixed(1);

interface Images {
  readonly name: string;
  readonly count: number;
  /** Undefined of junk. */
  readonly labels: Uint8Array | undefined;
  image(index: number): Uint8Array;
}

const stored = [
  ...(options.sets === undefined ? [] : readStoredSets(options.sets)),
  ...(options.junk === undefined ? [] : [readDrawnCharacters(options.junk)]),
];
const sets: Images[] = [
  { name: "clean", count: digits.count, labels: digits.labels, image: (index) => digits.image(index) },
  ...CORRUPTIONS.map((kind) => ({
    name: kind.name,
    count: digits.count,
    labels: digits.labels,
    image: (index: number) => corrupted(kind, digits.image(index), index, 0),
  })),
  ...stored.map(({ kind, pixels, labels }) => ({
    name: `${labels === undefined ? "junk" : "set"}: ${kind}`,
    count: pixels.length / 784,
    labels,
    image: (index: number) => pixels.subarray(784 * index, 784 * (index + 1)),
  })),
];

interface Look {
  readonly label: number;
  readonly loss: number;
  readonly rejected: boolean;
}

/** Every set, looked at under some assumptions. */
async function looksUnder(views: NonNullable<typeof assumptions.views>): Promise<Look[][]> {
  const abs = await createClassifier({ weights: withAssumptions(file, { ...others, views }) });
  return sets.map(({ count, image }) =>
    Array.from({ length: Math.min(limit, count) }, (__, index) => {
      const { label, losses, rejected } = abs.classify(image(index));
      return { label, loss: Math.min(...losses), rejected };
    }),
  );
}

const first = await looksUnder({});
for (const kind of KINDS) {
  const second = await looksUnder({ [kind]: { doubt: 0, share: 1 } });
  const cells = DOUBTS.flatMap((doubt) => SHARES.map((share) => ({ doubt, share })));
  const rows = cells.map(({ doubt, share }) =>
    sets.map(({ labels }, set) => {
      const chosen = (first[set] as Look[]).map((given, index) => {
        const view = second[set]?.[index] as Look;
        return given.loss > doubt && view.loss < share * given.loss ? view : given;
      });
      const right = chosen.filter(({ label }, index) => label === labels?.[index]).length / chosen.length;
      const rejected = chosen.filter((look) => look.rejected).length / chosen.length;
      return labels === undefined ? percent(rejected) : `${percent(right)} ${percent(rejected)}`;
    }),
  );
  const moved = sets.flatMap(({ name }, set) =>
    rows.some((row) => row[set] !== rows[0]?.[set]) ? [{ name, set }] : [],
  );
  console.log(`\n${kind}: % right and % rejected, of junk % rejected; sets that it does not change are left out`);
  const header = ["doubt, share", ...moved.map(({ name }) => name)];
  const lines = cells.map(({ doubt, share }, cell) => [
    `${doubt}, ${share}`,
    ...moved.map(({ set }) => rows[cell]?.[set] as string),
  ]);
  console.log(tableLines(header, lines));
}
