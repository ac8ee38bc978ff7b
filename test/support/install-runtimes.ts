import { installRuntimes } from "../runtimes/stage.ts";

/** Vitest's global set-up: installs the runtimes that tests run in. Where that fails, those tests say so. */
export default function setUp(): void {
  try {
    installRuntimes();
  } catch (error) {
    console.warn(`the runtimes of test/runtimes could not be installed: ${(error as Error).message}`);
  }
}
