import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ContractError, checkRefusal, demand } from "./contract.ts";
import { corpusOf } from "./corpus.ts";
import { tryProperties } from "./properties.ts";
import type { Ground, Target } from "./target.ts";
import { TARGETS } from "./targets/all.ts";

// What `npm run fuzz` tries for as long as it is given: here the corpus, and as many cases as take a moment.

const CASES = 40;
const module = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));
/** The unit tests build no WASI command; test/wasi/any-input.test.ts tries its streams. */
const targets = TARGETS.filter(({ name }) => name !== "wasi");
const ground: Ground = { module, wasi: module };

describe("every entry", () => {
  it.each<[string, Target]>(targets.map((target) => [target.name, target]))(
    "keeps its contract, whatever it is given: %s",
    async (name, target) => {
      const { trial, end } = await target.prepare(ground);
      try {
        const corpus = [...corpusOf(name).values()];
        const wanted = corpus.length + CASES;
        const { failure, cases } = await tryProperties(trial, target.length, corpus, 1, {
          cases: wanted,
          seconds: Number.POSITIVE_INFINITY,
        });
        if (failure !== undefined) throw failure.error;
        expect(cases).toBeGreaterThanOrEqual(wanted);
      } finally {
        await end?.();
      }
    },
  );
});

describe("the fuzzer", () => {
  it("finds what breaks, and the smallest case that does", async () => {
    const trial = (bytes: Uint8Array) => {
      demand(bytes.length < 5 || (bytes[4] as number) < 100, () => "the fifth byte is large");
      return "answered" as const;
    };
    const { failure } = await tryProperties(trial, 50, [], 1, { cases: 2000, seconds: 60 });
    expect(failure?.error).toBeInstanceOf(ContractError);
    expect(failure?.bytes).toEqual(Uint8Array.of(0, 0, 0, 0, 100));
    const again = await tryProperties(trial, 50, [], failure?.seed as number, { cases: 2000, seconds: 60 });
    expect(again.failure?.bytes).toEqual(failure?.bytes);
  });

  it("tries the corpus first", async () => {
    const kept = Uint8Array.of(1, 2, 3);
    const seen: Uint8Array[] = [];
    const trial = (bytes: Uint8Array) => {
      seen.push(bytes);
      return "refused" as const;
    };
    const { cases, answered } = await tryProperties(trial, 50, [kept], 1, { cases: 10, seconds: 60 });
    expect([seen[0], cases, answered]).toEqual([kept, 10, 0]);
  });

  it.each<[string, unknown, string]>([
    ["no Error", "text", "thrown was no Error"],
    ["a class of the engine's", new WebAssembly.RuntimeError("unreachable"), "not documented"],
    ["a flood", new Error("x".repeat(1000)), "1000 characters"],
    ["what steers a terminal", new Error("\u001b[2J"), "not printable"],
    ["the engine's words", new TypeError("Cannot read properties of undefined"), "the engine's words"],
  ])("takes %s for a breach", (_, error, message) => {
    expect(() => checkRefusal(error)).toThrow(ContractError);
    expect(() => checkRefusal(error)).toThrow(message);
  });
});
