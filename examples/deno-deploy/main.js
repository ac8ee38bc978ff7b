// The classifier on Deno and Deno Deploy; README.md tells how to run it. The entry has the module inside, so no permission
// to read files is needed. In a project of your own import from "npm:analysis-by-synthesis".
import { createClassifier } from "../../dist/library/inline.js";
import { respondWith } from "../shared/respond.js";

Deno.serve(respondWith(createClassifier));
