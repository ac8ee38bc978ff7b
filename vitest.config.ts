import { configDefaults, defineConfig } from "vitest/config";
import { readDebugModule } from "./test/support/debug-module.ts";
import { moduleTests, testsOfSource } from "./test/support/module-tests.ts";

/** Tests that run what the build made, in processes, runtimes and browsers. All others are unit tests. */
const HOSTS = [
  "test/cli/{streams,thread-pool}.test.ts",
  "test/examples/{browser,cluster,documents,programs,services,vite}.test.ts",
  "test/packaging.test.ts",
  "test/release.test.ts",
  "test/runtimes/**/*.test.ts",
  "test/training/**/*.test.ts",
  "test/wasi/**/*.test.ts",
];
/**
 * Unit tests that do not run on the debug build: of modules with an entry of their own, of the command, which is given a
 * classifier that only pretends, and of how much memory the module gets on with.
 */
const WITHOUT_DEBUG = [
  "test/bench/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/decoder/memory.test.ts",
  "test/vector/**/*.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest sees imports by itself, but not that tests read what the compiler makes of these files.
    watchTriggerPatterns: [
      {
        pattern: /\/(assembly\/(?!wasi\/|debug\/|frozen)|format\/|test\/assembly\/).*\.ts$/,
        testsToRun: testsOfSource,
      },
    ],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...HOSTS],
          globalSetup: ["test/support/build-module.ts"],
          // A third less work than with fresh imports for each file. No test changes what another one imports.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "hosts",
          include: HOSTS,
          globalSetup: ["test/support/build-package.ts", "test/support/install-runtimes.ts"],
        },
      },
      {
        extends: true,
        plugins: [readDebugModule],
        test: {
          name: "debug",
          env: { ABS_DEBUG_BUILD: "1" },
          // The paper's first image takes five times as long.
          testTimeout: 300_000,
          include: moduleTests(),
          exclude: [...configDefaults.exclude, ...HOSTS, ...WITHOUT_DEBUG],
          globalSetup: ["test/support/build-module.ts"],
          setupFiles: ["test/support/set-up-debug.ts"],
          isolate: false,
        },
      },
    ],
  },
});
