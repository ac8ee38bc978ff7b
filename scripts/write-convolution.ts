import { readFile } from "node:fs/promises";
import { writeWholeFile } from "../src/files/write-whole-file.ts";

// Writes the module that `npm run build:convolution` has compiled into the library's sources, as text.

const bytes = await readFile("build/convolution.wasm");
await writeWholeFile(
  "src/reading/convolution-module.ts",
  `// Written by \`npm run build:convolution\` from assembly/reading/convolution.ts.

/** The module in base64. */
export const CONVOLUTION_MODULE =
  "${bytes.toString("base64")}";
`,
);
