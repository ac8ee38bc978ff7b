import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkFound, FOLDER, run, TOOLS } from "./stage.ts";

// What `require` gives, in Node and in jest.

/** Releases of Node among the tools: the oldest that package.json allows, and those in support. */
const RELEASES = ["node-20-0", "node-22", "node-24"];

/** Requires every entry in each release of Node, also where that knows no ES modules for `require`. */
export function checkRequire(): string {
  const missing: string[] = [];
  const done: string[] = [];
  for (const name of [undefined, ...RELEASES]) {
    const node = name === undefined ? process.execPath : join(TOOLS, "node_modules", name, "bin/node");
    if (!existsSync(node)) {
      missing.push(name as string);
      continue;
    }
    const version = run(node, ["--version"]).trim();
    // Before 20.19 there is no such thing, and of 20 the first releases do not know the flag that turns it off.
    const flags = process.allowedNodeEnvironmentFlags.has("--experimental-require-module") && name !== "node-20-0";
    checkFound(run(node, [...(flags ? ["--no-experimental-require-module"] : []), "required.cjs"]));
    done.push(version);
  }
  return `every entry, in ${done.join(", ")}${missing.length > 0 ? `; not installed: ${missing.join(", ")}` : ""}`;
}

/** Runs jest's tests in its realms: Node's, that of jsdom, and Node's with ES modules. */
export function checkJest(): string {
  const jest = join(FOLDER, "jest");
  writeFileSync(join(jest, "package.json"), JSON.stringify({ private: true }));
  const runTests = (environment: string, file: string, flags: string[] = []): void => {
    const testEnvironment = join(TOOLS, "node_modules", `jest-environment-${environment}`);
    const configuration = { rootDir: jest, testEnvironment, transform: {}, testMatch: [`**/${file}`] };
    const parameters = ["--config", JSON.stringify(configuration), "--runInBand", "--no-cache", "--no-watchman"];
    run(process.execPath, [...flags, join(TOOLS, "node_modules/jest/bin/jest.js"), ...parameters], jest);
  };
  runTests("node", "digits.test.js");
  runTests("jsdom", "digits.test.js");
  runTests("node", "imported.test.mjs", ["--experimental-vm-modules"]);
  return "required in node and jsdom, imported in node";
}
