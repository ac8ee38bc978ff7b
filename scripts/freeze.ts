import { readFileSync, writeFileSync } from "node:fs";
import { writeBundle } from "../src/weights/bundle.ts";
import { readWeights } from "../src/weights/read.ts";

// Freezes the weights into the module: writes assembly/frozen.ts, whose static data is the bundle.

const WEIGHTS = new URL("../weights/abs-mnist.safetensors", import.meta.url);
const TARGET = new URL("../assembly/frozen.ts", import.meta.url);
const WORD_BYTES = 8;

const bundle = writeBundle(readWeights(readFileSync(WEIGHTS)));
const padded = new Uint8Array(Math.ceil(bundle.length / WORD_BYTES) * WORD_BYTES);
padded.set(bundle);
const view = new DataView(padded.buffer);
// Words of 8 bytes keep the compiler's list of literals short.
const words = Array.from(
  { length: padded.length / WORD_BYTES },
  (_, index) => `0x${view.getBigUint64(index * WORD_BYTES, true).toString(16)}`,
);
writeFileSync(
  TARGET,
  [
    "// Written by scripts/freeze.ts from weights/abs-mnist.safetensors.",
    "",
    "/** The bundle (see bundle.ts) of the weights that the build froze in. */",
    `export const FROZEN_BUNDLE: usize = memory.data<u64>([${words.join(",")}], 64);`,
    `export const FROZEN_BUNDLE_LENGTH: usize = ${bundle.length};`,
    "",
  ].join("\n"),
);
console.log(`froze ${bundle.length} bytes of weights`);
