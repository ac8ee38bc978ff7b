import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runsDebugBuild } from "../support/debug-module.ts";

it("reads the debug build under `npm run test:debug`, and otherwise a module without its checks", async () => {
  const module = await WebAssembly.compile(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));
  const checks = runsDebugBuild ? 1 : 0;
  expect(WebAssembly.Module.customSections(module, "sites")).toHaveLength(checks);
  expect(WebAssembly.Module.imports(module)).toHaveLength(checks);
});
