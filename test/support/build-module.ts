import type { TestProject } from "vitest/node";
import { bringUpToDate, type Step } from "../../scripts/build-steps.mjs";

/** What the unit tests read: the module, the functions of assembly/vector over arrays, and what the examples' services import. */
const UNIT: readonly Step[] = ["freeze", "module", "lanes", "uploads"];
const DEBUG: readonly Step[] = ["freeze", "debug", "lanes"];

/**
 * Vitest's global set-up of the unit tests, and of those on the debug build: compiles the module where it is older than
 * its sources, also before each rerun in watch mode. Where that fails the module is gone, so that no test passes on an old
 * one.
 *
 * @throws {Error} on the first run, when a step fails
 */
export default function setUp(project: TestProject): void {
  const steps = project.name === "debug" ? DEBUG : UNIT;
  bringUpToDate(steps);
  project.onTestsRerun(() => {
    try {
      bringUpToDate(steps);
    } catch (error) {
      console.error(`the module could not be built: ${(error as Error).message}`);
    }
  });
}
