import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tryProperties } from "../fuzz/properties.ts";
import { wasiInput } from "../fuzz/targets/wasi.ts";

// Bytes on the WASI command's standard input, as the fuzzer draws them: here, because the unit tests do not build that command.

const CASES = 300;

describe("any stream of bytes", () => {
  it("gives lines of JSON and one message at most, and never a trap", async () => {
    const module = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));
    const wasi = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasi.wasm", import.meta.url)));
    const { trial } = await wasiInput.prepare({ module, wasi });
    const bound = { cases: CASES, seconds: Number.POSITIVE_INFINITY };
    const { failure, cases, answered } = await tryProperties(trial, wasiInput.length, [], 10, bound);
    if (failure !== undefined) throw failure.error;
    expect(cases).toBe(CASES);
    expect(Math.min(answered, cases - answered)).toBeGreaterThan(CASES / 20);
  });
});
