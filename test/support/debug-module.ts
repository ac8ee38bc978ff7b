import type { Plugin } from "vite";

/** Whether tests run on the debug build, which has its own imports and much memory. */
export const runsDebugBuild: boolean = process.env["ABS_DEBUG_BUILD"] !== undefined;

const MODULE = /(?<=\/)dist\/abs\.wasm(?=")/g;

/** Makes the project's TypeScript read the debug build wherever it names dist/abs.wasm. */
export const readDebugModule: Plugin = {
  name: "read-debug-module",
  enforce: "pre",
  transform: (code, id) => (id.includes("/node_modules/") ? null : code.replace(MODULE, "build/abs.debug.wasm")),
};
