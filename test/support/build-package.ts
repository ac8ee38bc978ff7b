import { ALL, bringUpToDate } from "../../scripts/build-steps.mjs";

/** Vitest's global set-up for tests of what is built: builds whatever is older than its sources. */
export default function setUp(): void {
  bringUpToDate(ALL);
}
