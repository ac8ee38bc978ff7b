import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runsDebugBuild } from "../support/debug-module.ts";

it("reads the debug build under `npm run test:debug`, and otherwise a module without its checks", async () => {
  const module = await WebAssembly.compile(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));
  expect(WebAssembly.Module.customSections(module, "sites")).toHaveLength(runsDebugBuild ? 1 : 0);
  // The set-up of the debug suite hides the one import that the checks need.
  expect(WebAssembly.Module.imports(module)).toHaveLength(0);
});
