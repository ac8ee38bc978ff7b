import { configDefaults, defineConfig } from "vitest/config";
import { readDebugModule } from "./test/support/debug-module.ts";
import { moduleTests } from "./test/support/module-tests.ts";
import { HOSTS } from "./vitest.config.ts";

// `npm run test:debug`: the unit tests that run the module, on its debug build.

/**
 * Unit tests that do not run on the debug build: of modules with an entry of their own, of the command, which is given a
 * classifier that only pretends, of how much memory the module gets on with, of attacks on ABS, of corruptions and services, and of the
 * paper's search on hundreds of images, which take minutes and make no calls that other tests do not, and of how abs.wasm is told
 * from other modules, of which this is one.
 */
const WITHOUT_DEBUG = [
  "test/attacks/{distal,models}.test.ts",
  "test/bench/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/corruptions/**/*.test.ts",
  "test/decoder/memory.test.ts",
  "test/examples/**/*.test.ts",
  "test/inference/golden.test.ts",
  "test/load/**/*.test.ts",
  "test/vector/**/*.test.ts",
];

export default defineConfig({
  plugins: [readDebugModule],
  test: {
    name: "debug",
    include: moduleTests(),
    exclude: [...configDefaults.exclude, ...HOSTS, ...WITHOUT_DEBUG],
    env: { ABS_DEBUG_BUILD: "1" },
    globalSetup: ["test/support/build-module.ts"],
    setupFiles: ["test/support/set-up-debug.ts"],
    isolate: false,
    maxWorkers: "100%",
    // The paper's first image takes five times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
