import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shownText } from "../../src/arguments/printable.ts";
import { kindOf, shown } from "../../src/arguments/shown.ts";
import { hostileValue } from "../support/hostile-values.ts";
import { foreign } from "../support/odd-values.ts";

describe("shown", () => {
  it.each<[unknown, string]>([
    ["paper", '"paper"'],
    ['say "no"', '"say \\"no\\""'],
    ["\u001b[2Jgone\n", '"\\u001b[2Jgone\\u000a"'],
    ["\u202eabc\ud800", '"\\u202eabc\\ud800"'],
    ["x".repeat(19_000), `"${"x".repeat(60)}…" (19000 characters)`],
    [-0.5, "-0.5"],
    [7n, "7n"],
    [1n << 100_000n, "a BigInt beyond 64 bits"],
    [Symbol("s"), "Symbol(s)"],
    [undefined, "undefined"],
    [null, "null"],
    [() => 1, "a function"],
    [{ a: 1 }, "an object"],
    [[1, "two", [3], null], '[1, "two", Array, null]'],
    [new Array(1000).fill(0), "[0, 0, 0, 0, 0, …] (1000 items)"],
    [new Float32Array(2), "Float32Array"],
  ])("shows %s as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it("is one short line, whatever comes, and never throws", () => {
    fc.assert(
      fc.property(hostileValue, (made) => {
        const value = made();
        for (const text of [shown(value), kindOf(value), shownText(typeof value === "string" ? value : "", 60)]) {
          expect(text.length).toBeLessThanOrEqual(180);
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }
      }),
      { seed: 5, numRuns: 5000 },
    );
  });
});

describe("kindOf", () => {
  it.each<[unknown, string]>([
    [null, "null"],
    ["7", "a string"],
    [7n, "a BigInt"],
    [[], "Array"],
    [new Map(), "Map"],
    [Object.create(null), "an object"],
    [foreign("new Int16Array(3)"), "Int16Array"],
    [new Proxy(new Int16Array(3), {}), "an object that imitates Int16Array"],
    [{ constructor: { name: "no identifier" } }, "an object"],
  ])("names what %o is: %s", (value, name) => {
    expect(kindOf(value)).toBe(name);
  });
});
