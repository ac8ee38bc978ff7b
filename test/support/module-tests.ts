import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What a test that runs the compiled module names: a file that loads it, or the library itself. */
const LOADERS = /support\/module\.ts|src\/index\.ts|bench\/peers\/|abs\.wasm|lanes\.wasm/;
/** Tests of what an inference is made from, which no edit of the inference changes. */
const BELOW_INFERENCE = /^test\/(decoder|vector)\//;

/** All test files that run the compiled module, relative to the project's folder. */
export function moduleTests(): string[] {
  return readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".test.ts") && LOADERS.test(readFileSync(`${root}${name}`, "utf8")));
}

/** Those that an edit of one of the module's sources concerns. */
export function testsOfSource(source: string): string[] {
  const isInference = source.includes("/assembly/inference/");
  return moduleTests().filter((name) => !(isInference && BELOW_INFERENCE.test(name)));
}
