import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import { installPackages } from "../test/support/installed.ts";
import { describeMachine, machineTable } from "./measure/machine.ts";
import { printTable, replaceMarked, replaceTable, type Table } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import type { Report, Settings } from "./parts/part.ts";

// How fast the project is, beside others doing the same, in one run on one thread.
//
//   npm run bench -- --data DIR [--published FILE] [--python python3] [--only NAME,…] [--rounds N] [--images N]
//     [--out DIR] [--update]
//
// DIR holds MNIST's four .gz files; FILE is the authors' published weights, without which what compares with them is left
// out. Prints tables in Markdown; writes them, bench.json and the plots to --out (build/bench). `--update` also puts tables
// and plots into docs/speed.md, and the figure that README.md shows into that. --images is the number of validation images of the part `schedule`.

/** Parts by name, in the order in which they run; loaded only when wanted, since most import large packages. */
const PARTS: Record<string, () => Promise<(settings: Settings) => Report | Promise<Report>>> = {
  decoder: async () => (await import("./parts/decoder.ts")).decoderPart,
  classification: async () => (await import("./parts/classification.ts")).classificationPart,
  "worst-case": async () => (await import("./parts/worst-case.ts")).worstCasePart,
  "cold-start": async () => (await import("./parts/cold-start.ts")).coldStartPart,
  kernels: async () => (await import("./parts/kernels.ts")).kernelsPart,
  schedule: async () => (await import("./parts/schedule.ts")).schedulePart,
};

/** Where `--update` puts tables, and where figures. */
const TABLES = new URL("../docs/speed.md", import.meta.url);
const FIGURES = new URL("../README.md", import.meta.url);

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    published: { type: "string" },
    python: { type: "string", default: "python3" },
    only: { type: "string", default: Object.keys(PARTS).join() },
    rounds: { type: "string" },
    images: { type: "string", default: "500" },
    out: { type: "string", default: "build/bench" },
    update: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const { data, published, python } = options;
  if (data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
  const settings: Settings = {
    data: resolve(data),
    published: published === undefined ? undefined : resolve(published),
    python,
    rounds: options.rounds === undefined ? undefined : wholeNumber("rounds", options.rounds),
    images: wholeNumber("images", options.images),
  };
  const names = options.only.split(",");
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    throw new Error(`--only: there is no "${unknown}"; there are ${Object.keys(PARTS).join(", ")}`);
  }
  // The packages that only the benches use, 380 MB of them, lie in bench/node_modules.
  installPackages(fileURLToPath(new URL("./", import.meta.url)));
  mkdirSync(options.out, { recursive: true });
  const machine = describeMachine(python);
  const sections: string[] = [];
  const parts: Record<string, unknown> = {};
  const show = async (tables: readonly Table[]): Promise<void> => {
    for (const table of tables) {
      sections.push(printTable(table));
      console.log(`${sections.at(-1)}\n`);
    }
    if (options.update) await update(TABLES, (text) => tables.reduce(replaceTable, text));
  };
  await show([machineTable(machine)]);
  for (const [name, load] of Object.entries(PARTS)) {
    if (!names.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    const { results, tables, figures = {}, plot } = await (await load())(settings);
    parts[name] = results;
    await show(tables);
    if (options.update) {
      await update(FIGURES, (text) =>
        Object.entries(figures).reduce((so, [mark, words]) => replaceMarked(so, mark, words), text),
      );
    }
    if (plot !== undefined) await drawPlot(plot);
    // Written after every part, so that a long run cut short leaves what it has found.
    await writeWholeFile(join(options.out, "bench.json"), `${JSON.stringify({ machine, parts }, null, 2)}\n`);
    await writeWholeFile(join(options.out, "bench.md"), `${sections.join("\n\n")}\n`);
  }
}

async function drawPlot({ name, description }: NonNullable<Report["plot"]>): Promise<void> {
  const { drawSvg } = await import("./plots/draw.ts");
  const svg = await drawSvg(description);
  await writeWholeFile(join(options.out, `${name}.svg`), svg);
  if (options.update) await writeWholeFile(new URL(`../docs/${name}.svg`, import.meta.url), svg);
}

/** Rewrites a document. */
async function update(document: URL, change: (text: string) => string): Promise<void> {
  await writeWholeFile(document, change(readFileSync(document, "utf8")));
}

// Emscripten's handlers would print a whole library before an uncaught error.
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
