import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Spread, spread } from "../measure/statistics.ts";
import { digits, spreadCell } from "../measure/table.ts";
import type { Report, Settings } from "./part.ts";

// From an idle process to the first answer: every time a fresh Node process imports the built library, makes a classifier
// with the frozen weights and classifies one image. And what has to be loaded and held for that.

const RUNS = 15;
const MODULE = fileURLToPath(new URL("../../dist/abs.wasm", import.meta.url));
const LIBRARY = new URL("../../dist/library/index.js", import.meta.url);
const WORKERS_LIBRARY = new URL("../../dist/library/workerd.js", import.meta.url);

const PROGRAM = `
  const begin = performance.now();
  const { createClassifier } = await import(${JSON.stringify(LIBRARY.href)});
  const image = new Float32Array(784);
  for (let pixel = 0; pixel < 784; ++pixel) if (Math.abs((pixel % 28) - 14) < 2) image[pixel] = 1;
  const imported = performance.now();
  const abs = await createClassifier();
  const ready = performance.now();
  abs.classify(image);
  const first = performance.now();
  abs.classify(image);
  const second = performance.now();
  console.log(JSON.stringify({
    "import the library": imported - begin,
    "create the classifier": ready - imported,
    "first answer": first - ready,
    "all until the first answer": first - begin,
    "second answer": second - first,
    memoryBytes: abs.memoryBytes,
  }));
`;

export function coldStartPart({ rounds = RUNS }: Settings): Report {
  const runs = Array.from({ length: rounds }, () => {
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", PROGRAM], { encoding: "utf8" });
    return JSON.parse(output) as Record<string, number>;
  });
  const { memoryBytes, ...steps } = runs[0] as Record<string, number>;
  const milliseconds = Object.keys(steps).map((name): Spread & { name: string } => ({
    name,
    ...spread(runs.map((run) => run[name] as number)),
  }));
  const sizes = [
    packed("abs.wasm", [MODULE]),
    packed("abs.wasm and the library, on Cloudflare's Workers", [MODULE, ...withImports(WORKERS_LIBRARY)]),
    packed("abs.wasm and the library, in Node", [MODULE, ...withImports(LIBRARY)]),
  ];
  return {
    results: { processes: rounds, milliseconds, sizes, memoryBytes },
    tables: [
      {
        name: "cold-start",
        caption: `A new process, medians (quartiles) of ${rounds}; and what it loads and holds:`,
        header: ["", ""],
        rows: [
          ...milliseconds.map((step) => [step.name, `${spreadCell(step)} ms`]),
          ...sizes.map(({ name, bytes, gzip }) => [
            `bytes of ${name}`,
            `${bytes.toLocaleString("en-GB")}; ${gzip.toLocaleString("en-GB")} with gzip`,
          ]),
          ["WebAssembly memory", `${digits((memoryBytes as number) / 2 ** 20)} MiB`],
        ],
      },
    ],
  };
}

/** An entry of the library and the files that it imports. */
function withImports(entry: URL): string[] {
  const found = readFileSync(entry, "utf8").matchAll(/from ["'](\.\/[^"']+)["']/g);
  const imported = new Set(Array.from(found, ([, path]) => new URL(path as string, entry).href));
  return [entry.href, ...imported].map((file) => fileURLToPath(file));
}

function packed(name: string, files: readonly string[]): { name: string; bytes: number; gzip: number } {
  const contents = files.map((file) => readFileSync(file));
  const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);
  return {
    name,
    bytes: total(contents.map(({ length }) => length)),
    gzip: total(contents.map((bytes) => gzipSync(bytes, { level: 9 }).length)),
  };
}
