// What Node, Deno and Bun run, beside a folder with the package installed: prints the suite's result as JSON.
import { runSuite } from "./suite.mjs";

const name = process.argv[2];
const options = {};
if (name.endsWith("/module")) {
  // As a caller would: the host's own way to the file, compiled beforehand.
  const { readFile } = await import("node:fs/promises");
  const file = new URL(import.meta.resolve("analysis-by-synthesis/abs.wasm"));
  options.module = await WebAssembly.compile(await readFile(file));
}
const result = await runSuite(() => import(name), options);
console.log(JSON.stringify({ ...result, entry: import.meta.resolve(name) }));
