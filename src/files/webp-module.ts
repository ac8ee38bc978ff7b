import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/**
 * The bytes of the WebP decoder, a WebAssembly module. In the published command it lies beside the script; rollup.config.mjs
 * puts it there, and a function that reads it in this one's place.
 */
export function readWebpModule(): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve("@jsquash/webp/codec/dec/webp_dec.wasm"));
}
