import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { testsOfSource } from "./test/support/module-tests.ts";

/** Tests that run what the build made, in processes, runtimes and browsers. All others are unit tests. */
export const HOSTS = [
  "test/cli/{attack-threads,killed,streams,thread-pool}.test.ts",
  "test/examples/{browser,cluster,demo,demo-camera,demo-installed,demo-keyboard,demo-panels,demo-pictures,demo-styles,documents,programs,service-load,services,vite}.test.ts",
  "test/packaging.test.ts",
  "test/release.test.ts",
  "test/supply-chain.test.ts",
  "test/runtimes/**/*.test.ts",
  "test/training/**/*.test.ts",
  "test/wasi/**/*.test.ts",
];

/** Files of half a minute and more. Vitest begins with the longest texts, which says little, and the last file runs alone. */
const SLOW = [
  "test/bench/attacked-cnn.test.ts",
  "test/cli/distal.test.ts",
  "test/image/photographs.test.ts",
  "test/inference/golden.test.ts",
  "test/training/own-classes.test.ts",
  "test/training/parity.test.ts",
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification): boolean => SLOW.some((file) => moduleId.endsWith(`/${file}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
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
          // Vitest leaves one core idle, which of two is half.
          maxWorkers: "100%",
        },
      },
      {
        extends: true,
        test: {
          name: "hosts",
          include: HOSTS,
          // After the unit tests, and two at a time: most start processes of one thread, and some start browsers.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          globalSetup: ["test/support/build-package.ts", "test/support/install-runtimes.ts"],
        },
      },
    ],
  },
});
