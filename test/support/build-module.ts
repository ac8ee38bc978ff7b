import type { TestProject } from "vitest/node";
import { bringUpToDate, type Step } from "../../scripts/build-steps.mjs";

/** What the unit tests read: the module, and the functions of assembly/vector over arrays. */
const STEPS: readonly Step[] = ["freeze", "module", "lanes"];

/**
 * Vitest's global set-up for the unit tests: compiles the module where it is older than its sources, also before each
 * rerun in watch mode. Where that fails the module is gone, so that no test passes on an old one.
 *
 * @throws {Error} on the first run, when a step fails
 */
export default function setUp(project: TestProject): void {
  bringUpToDate(STEPS);
  project.onTestsRerun(() => {
    try {
      bringUpToDate(STEPS);
    } catch (error) {
      console.error(`the module could not be built: ${(error as Error).message}`);
    }
  });
}
