import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What a test that runs the compiled module names: a file that loads it, or the library itself. */
const LOADERS = /support\/module\.ts|src\/index\.ts|bench\/peers\/|abs\.wasm|lanes\.wasm/;
/** Tests of what an inference is made from, which no edit of the inference changes. */
const BELOW_INFERENCE = /^test\/(decoder|vector)\//;

/** The test files that an edit of one of the module's sources concerns, relative to the project's folder. */
export function testsOfModule(source: string): string[] {
  const isInference = /\/assembly\/inference\//.test(source);
  return readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".test.ts") && !(isInference && BELOW_INFERENCE.test(name)))
    .filter((name) => LOADERS.test(readFileSync(`${root}${name}`, "utf8")));
}
