import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// From an idle process to the first answer: every time a fresh Node process imports the built library, makes a
// classifier with the frozen weights and classifies one image. Prints medians with their spread, and the memory.
//
//   npx tsx bench/cold-start.ts

const RUNS = 15;
const library = new URL("../dist/library/index.js", import.meta.url).href;
const program = `
  const { createClassifier } = await import(${JSON.stringify(library)});
  const image = new Float32Array(784);
  for (let pixel = 0; pixel < 784; ++pixel) if (Math.abs((pixel % 28) - 14) < 2) image[pixel] = 1;
  const start = performance.now();
  const abs = await createClassifier();
  const ready = performance.now();
  abs.classify(image);
  const first = performance.now();
  abs.classify(image);
  console.log(JSON.stringify({
    "create the classifier, ms": ready - start,
    "first answer, ms": first - ready,
    "second answer, ms": performance.now() - first,
    "WebAssembly memory, MiB": abs.memoryBytes / 2 ** 20,
  }));
`;

const runs = Array.from({ length: RUNS }, () => {
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  return JSON.parse(output) as Record<string, number>;
});
for (const name of Object.keys(runs[0] as Record<string, number>)) {
  const values = runs.map((run) => run[name] as number).sort((a, b) => a - b);
  const at = (share: number): string => (values[Math.round(share * (RUNS - 1))] as number).toFixed(1);
  console.log(`${name}: median ${at(0.5)}, quartiles ${at(0.25)} to ${at(0.75)}`);
}
const moduleBytes = readFileSync(fileURLToPath(new URL("../dist/abs.wasm", import.meta.url))).length;
console.log(`module with weights: ${moduleBytes} bytes`);
