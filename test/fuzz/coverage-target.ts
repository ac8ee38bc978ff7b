import { readFileSync } from "node:fs";
import { bounded } from "./properties.ts";
import { TARGETS } from "./targets/all.ts";

// What Jazzer.js calls: the target that FUZZ_TARGET names (coverage.ts builds and starts this).

const target = TARGETS.find(({ name }) => name === process.env["FUZZ_TARGET"]);
const root = process.env["FUZZ_ROOT"];
if (target === undefined || root === undefined) throw new Error("FUZZ_TARGET and FUZZ_ROOT: wanted, see coverage.ts");
const compile = (path: string): Promise<WebAssembly.Module> => WebAssembly.compile(readFileSync(`${root}/${path}`));
const { trial } = await target.prepare({
  module: await compile("dist/abs.wasm"),
  wasi: await compile("dist/abs.wasi.wasm"),
});
const tried = bounded(trial);

/** Tries one case. */
export async function fuzz(bytes: Uint8Array): Promise<void> {
  await tried(new Uint8Array(bytes));
}
