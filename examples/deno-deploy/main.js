// The classifier on Deno, Deno Deploy and Node; README.md tells how to run it. The entry has the module inside, so no
// permission to read files is needed. In a project of your own import from "npm:analysis-by-synthesis".
import process from "node:process";
import { createClassifier } from "../../dist/library/inline.js";
import { originsOf } from "../shared/origins.js";
import { respondWith } from "../shared/respond.js";
import { serve } from "../shared/serve.js";

const { HOST: hostname = "127.0.0.1", PORT: port = "8000", ALLOWED_ORIGINS: origins } = process.env;
if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) {
  serve(respondWith(createClassifier, { origins: originsOf(origins) }), { hostname, port: Number(port) });
} else {
  console.error(`PORT: got ${port}, wanted a number from 0 to 65535`);
  process.exitCode = 1;
}
