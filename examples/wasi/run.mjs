// Runs dist/abs.wasi.wasm, the classifier without JavaScript, under Node's own WASI: frames from standard input, a line of
// JSON for each on standard output. All that a host has to do is here.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: ["abs", ...process.argv.slice(2)] });
const module = await WebAssembly.compile(await readFile(new URL("../../dist/abs.wasi.wasm", import.meta.url)));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
