import { readFile } from "node:fs/promises";

/** The packaged module's bytes, read from disk. */
export async function packagedModule(): Promise<BufferSource> {
  // The same path leads from src/load and from dist/library, where the build puts this code, to the built module.
  return await readFile(new URL("../../dist/abs.wasm", import.meta.url));
}

/** Reads the file that a file: URL names: Node's `fetch` reads none. */
export async function readFileAt(url: URL): Promise<Uint8Array> {
  return await readFile(url);
}
