import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/compile-lanes.ts", "test/support/install-runtimes.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
