// Writes many bytes to the file that its argument names.

import { writeWholeFile } from "../../src/files/write-whole-file.ts";

await writeWholeFile(process.argv[2] as string, new Uint8Array(2 ** 28));
