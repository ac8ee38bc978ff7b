import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importsOf } from "../../scripts/build-steps.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The names of modules, in a file that reads one. */
const MODULES = /\/(abs|lanes)\.wasm"/;
/** Tests of what an inference is made from, which no edit of the inference changes. */
const BELOW_INFERENCE = /^test\/(decoder|vector)\//;

const readsModule = new Map<string, boolean>();

/** Whether a source names a module's file. */
function namesModule(file: string): boolean {
  let known = readsModule.get(file);
  if (known === undefined) {
    known = MODULES.test(readFileSync(`${root}${file}`, "utf8"));
    readsModule.set(file, known);
  }
  return known;
}

/** All test files that run a compiled module, or import what does, relative to the project's folder. */
export function moduleTests(): string[] {
  return readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".test.ts") && !name.includes("/node_modules/"))
    .filter((name) => [...importsOf(name)].some(namesModule));
}

/** Those that an edit of one of the module's sources concerns. */
export function testsOfSource(source: string): string[] {
  const isInference = source.includes("/assembly/inference/");
  return moduleTests().filter((name) => !(isInference && BELOW_INFERENCE.test(name)));
}
