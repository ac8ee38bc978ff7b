import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

/** Vitest's global set-up: compiles test/assembly/lanes.ts, which the tests of assembly/vector call. */
export default async function compileLanes(): Promise<void> {
  mkdirSync(new URL("../../build/", import.meta.url), { recursive: true });
  const { error, stderr } = await asc.main(
    [
      "test/assembly/lanes.ts",
      "--config",
      "none",
      "--outFile",
      "build/lanes.wasm",
      "--enable",
      "simd",
      "--enable",
      "bulk-memory",
      "--runtime",
      "stub",
      "-O3",
      "--use",
      "abort=",
      "--disableWarning",
      "112",
    ],
    { stdout: process.stderr },
  );
  if (error)
    throw new Error(`${fileURLToPath(import.meta.url)}: ${stderr?.toString() ?? error.message}`, { cause: error });
}
