import { describe, expect, it } from "vitest";
import { tryProperties } from "../fuzz/properties.ts";
import { commandLines } from "../fuzz/targets/arguments.ts";

// Command lines as the fuzzer draws them, so many that each exit code is met often.

const CASES = 1000;

describe("any list of arguments", () => {
  it("ends with a documented exit code, and what is said is short, without control characters, and about the input", async () => {
    const { trial, end, codes } = await commandLines.prepare();
    try {
      const bound = { cases: CASES, seconds: Number.POSITIVE_INFINITY };
      const { failure } = await tryProperties(trial, commandLines.length, [], 9, bound);
      if (failure !== undefined) throw failure.error;
      for (const count of codes) expect(count).toBeGreaterThan(CASES / 50);
    } finally {
      await end();
    }
  });
});
