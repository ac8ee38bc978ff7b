// Runs dist/abs.wasi.wasm under node:wasi, with this process's arguments and streams; writes to descriptor 3 how many
// bytes of memory the module holds in the end.

import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: ["abs", ...process.argv.slice(2)] });
const module = await WebAssembly.compile(await readFile(new URL("../../dist/abs.wasi.wasm", import.meta.url)));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
writeSync(3, String(instance.exports.memory.buffer.byteLength));
