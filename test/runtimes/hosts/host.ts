import type { Stage } from "../stage.ts";
import type { SuiteResult } from "../suite.mjs";

/** What one runtime did. */
export interface Outcome extends SuiteResult {
  version: string;
  /** The package's file that was imported. */
  entry: string;
  /** Bytes of that, of what it imports and of the module. */
  bytes: number;
}

/** A runtime, and the way into it. */
export interface Host {
  /** What a user calls it, and the entry where it is not the one the host gets by itself. */
  name: string;
  /** Why it cannot run on this machine, or undefined where it can. */
  missing(): string | undefined;
  /** @throws {Error} with what the runtime said, when the suite fails in it */
  run(stage: Stage): Promise<Outcome>;
}
