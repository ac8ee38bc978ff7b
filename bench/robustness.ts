import { fork } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { AttackRecord } from "../src/cli/attack/results.ts";
import { svgFile } from "../src/cli/report/shapes-as-svg.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import { mergeTable, printTable, replaceMarked, replaceTable } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";
import { attackModels } from "./robustness/attack-models.ts";
import { accuracyCurves } from "./robustness/curves.ts";
import { nearestErrors } from "./robustness/nearest-errors.ts";
import { MODELS, type ModelName, PLANS } from "./robustness/plan.ts";
import { readResults } from "./robustness/results.ts";
import { searchFailureTable } from "./robustness/search-failures.ts";
import { headline, type ModelTable, robustnessTables } from "./robustness/tables.ts";
import { readDigits } from "./sets/mnist.ts";

// How little has to change until a model errs: every attack of the package against ABS and what it is compared with, on the first
// test images. bench/robustness/plan.ts has the settings.
//
//   npx tsx bench/robustness.ts --data DIR [--published FILE] [--only MODEL,…] [--split test] [--workers 2] [--images N]
//     [--out build/robustness] [--update] [--tables-only]
//
// DIR holds MNIST's four .gz files; FILE is the authors' published weights, without which these models are left out. Results are
// kept in --out as they come, and a run that was interrupted goes on from there; to begin anew, remove it. --images takes fewer
// images than planned, --only some of the models. Prints tables in Markdown, and `--update` also puts them into
// docs/robustness.md and headlines into README.md: the rows and columns of models that have results, while those of others stay.
// Where all have, it draws docs/nearest-errors.svg and docs/accuracy-by-distance.svg, too. --tables-only attacks nothing and prints
// what has been found so far.

const README = new URL("../README.md", import.meta.url);
const ERRORS = new URL("../docs/nearest-errors.svg", import.meta.url);
const CURVES = new URL("../docs/accuracy-by-distance.svg", import.meta.url);
const DOCUMENT = new URL("../docs/robustness.md", import.meta.url);

/** Models whose figures README shows. */
const HEADLINES: readonly ModelName[] = ["abs", "plain-cnn"];

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    published: { type: "string" },
    only: { type: "string" },
    split: { type: "string", default: "test" },
    workers: { type: "string", default: "2" },
    images: { type: "string" },
    out: { type: "string", default: "build/robustness" },
    update: { type: "boolean", default: false },
    "tables-only": { type: "boolean", default: false },
    // What a worker is told by the program that starts it.
    worker: { type: "string" },
  },
});

function wantedModels(): ModelName[] {
  const names = options.only?.split(",") ?? MODELS.filter((name) => !name.startsWith("published") || options.published);
  return names.map((name) => {
    const found = MODELS.find((known) => known === name);
    if (found === undefined) throw new Error(`--only: there is no "${name}"; there are ${MODELS.join(", ")}`);
    return found;
  });
}

async function main(): Promise<void> {
  if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's four .gz files");
  if (options.split !== "test" && options.split !== "validation") {
    throw new Error(`--split: got "${options.split}", wanted test or validation`);
  }
  if (options.update && (options.split !== "test" || options.images !== undefined)) {
    throw new Error("--update wants the test images, as many as planned: no --split and no --images");
  }
  const workers = wholeNumber("workers", options.workers);
  const settings = {
    data: resolve(options.data),
    published: options.published === undefined ? undefined : resolve(options.published),
    split: options.split,
    models: wantedModels(),
    most: options.images === undefined ? Number.POSITIVE_INFINITY : wholeNumber("images", options.images),
    out: resolve(options.out),
    workers,
  } as const;
  if (options.worker !== undefined) {
    await attackModels(settings, Number(options.worker));
    return;
  }
  mkdirSync(settings.out, { recursive: true });
  if (!options["tables-only"]) {
    await Promise.all(Array.from({ length: workers }, (_, worker) => startWorker(worker)));
  }
  const results = readResults(settings.out, settings.models, settings.split);
  const tables: ModelTable[] = [
    ...robustnessTables(results),
    ...(settings.models.includes("abs") ? await searchFailureTable(settings.out, settings.split) : []).map(
      (table): ModelTable => ({ ...table, eachModel: "all" }),
    ),
  ];
  const text = tables.map(printTable).join("\n\n");
  console.log(text);
  await writeWholeFile(join(settings.out, "tables.md"), `${text}\n`);
  if (!options.update) return;
  for (const [name, records] of results) checkWhole(name, records);
  const ofAll = MODELS.every((name) => results.get(name)?.length);
  const put = ofAll ? replaceTable : mergeModels;
  const [document, readme] = [
    tables.reduce(put, readFileSync(DOCUMENT, "utf8")),
    HEADLINES.reduce(putHeadline(results), readFileSync(README, "utf8")),
  ];
  await writeWholeFile(DOCUMENT, document);
  await writeWholeFile(README, readme);
  if (!ofAll) return;
  const errors = nearestErrors(results, settings.out, settings.split, readDigits(settings.data, settings.split));
  if (errors !== undefined)
    await writeWholeFile(ERRORS, svgFile(errors, "Digits, and the nearest images that models take for others"));
  await writeWholeFile(
    CURVES,
    svgFile(accuracyCurves(results), "Accuracy over the distance that attacks may go, by model"),
  );
}

/** @throws {Error} when a model has results, but has not met all images that are planned: its figures are of another sample */
function checkWhole(name: ModelName, records: readonly AttackRecord[]): void {
  const met = new Set(records.map(({ image }) => image)).size;
  const planned = Math.max(PLANS[name].images, PLANS[name].cheapImages);
  if (met > 0 && met < planned) throw new Error(`--update: ${name} has met ${met} of ${planned} images; let it go on`);
}

/** A table in its place, where models that have no results now keep theirs. */
function mergeModels(text: string, table: ModelTable): string {
  if (table.eachModel === "all") return replaceTable(text, table);
  return mergeTable(text, table, table.eachModel === "row" ? "rows" : "columns");
}

function putHeadline(results: ReadonlyMap<ModelName, readonly AttackRecord[]>) {
  return (text: string, name: ModelName): string => {
    const figures = headline(name, results.get(name) ?? []);
    return figures === undefined ? text : replaceMarked(text, `robustness-of-${name}`, figures);
  };
}

/** Runs this program once more as a worker, and waits for its end. */
function startWorker(worker: number): Promise<void> {
  return new Promise((done, fail) => {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--worker", `${worker}`]);
    child.on("error", fail);
    child.on("exit", (code) => (code === 0 ? done() : fail(new Error(`worker ${worker} ended with code ${code}`))));
  });
}

await main();
