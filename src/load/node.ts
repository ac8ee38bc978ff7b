import { readFile } from "node:fs/promises";
import { unpacked } from "./unpack.ts";

/** The packaged module's bytes: read from disk, or where a bundler left the file behind, from the text that it took along. */
export async function packagedModule(): Promise<BufferSource> {
  try {
    // The same path leads from src/load and from dist/library, where the build puts this code, to the built module.
    return await readFile(new URL("../../dist/abs.wasm", import.meta.url));
  } catch (error) {
    // As a file that bundlers know, to be loaded only when it is wanted; in dist/library it lies beside this code.
    const { text } = await import("./packed.cjs").catch(() => Promise.reject(error));
    return await unpacked(text);
  }
}

/** Reads the file that a file: URL names: Node's `fetch` reads none. */
export async function readFileAt(url: URL): Promise<Uint8Array> {
  return await readFile(url);
}
