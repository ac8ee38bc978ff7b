import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type FrameMode, openFrames } from "../src/cli/frame-source.ts";
import { createClassifier } from "../src/entries/node.ts";
import { tableLines } from "./measure/table.ts";
import { BaselineCnn } from "./models/baseline-cnn.ts";

// How pictures of digits fare that were drawn, photographed and scanned, not taken from MNIST.
//
//   npx tsx bench/pictures.ts --real DIR [--list]
//
// DIR holds pictures whose names begin with their digit, such as 7-012.png. With --list every picture that is not right and
// accepted is named.

const { values: options } = parseArgs({
  options: {
    real: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

type Fate = "right and accepted" | "right but rejected" | "wrong and rejected" | "wrong and accepted" | "blank";
const FATES: readonly Fate[] = [
  "right and accepted",
  "right but rejected",
  "wrong and rejected",
  "wrong and accepted",
  "blank",
];

async function realTable(folder: string): Promise<void> {
  const names = readdirSync(folder)
    .filter((name) => /^[0-9].*\.(png|jpe?g|pgm)$/.test(name))
    .sort();
  const abs = await createClassifier();
  const cnn = await BaselineCnn.load(fileURLToPath(new URL("baselines/plain-cnn.onnx", import.meta.url)));
  const rows: string[][] = [];
  for (const mode of ["look", "preprocess"] satisfies FrameMode[]) {
    const counts = new Map<Fate, number>(FATES.map((fate) => [fate, 0]));
    let byCnn = 0;
    for (const name of names) {
      const digit = Number(name[0]);
      const { image } = (await openFrames(join(folder, name), mode)).at(0);
      const { label, rejected, confidence } = abs.classify(image);
      const fate: Fate = image.every((value) => value === 0)
        ? "blank"
        : (`${label === digit ? "right" : "wrong"} ${label === digit && rejected ? "but" : "and"} ${rejected ? "rejected" : "accepted"}` as Fate);
      counts.set(fate, (counts.get(fate) as number) + 1);
      const [decision] = await cnn.classify(Uint8Array.from(image, (value) => Math.round(255 * value)));
      if (decision?.label === digit) ++byCnn;
      if (options.list && fate !== "right and accepted") {
        console.log(`${mode} ${name} ${fate}: ${label} ${confidence.toFixed(2)}, CNN ${decision?.label}`);
      }
    }
    const share = (count: number): string => ((100 * count) / names.length).toFixed(1);
    rows.push([mode, ...FATES.map((fate) => share(counts.get(fate) as number)), share(byCnn)]);
  }
  console.log(tableLines(["mode", ...FATES, "CNN right"], rows));
  console.log(`in %, of ${names.length} pictures`);
}

if (options.real !== undefined) await realTable(options.real);
