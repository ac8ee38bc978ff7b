import { describe, expect, it } from "vitest";
import { type ColourDepth, colourDepth } from "../../src/cli/colour-depth.ts";
import { Collector, run } from "./fake-classifier.ts";

const FULL = { TERM: "xterm-256color", COLORTERM: "truecolor" };
const MANY = { TERM: "xterm-256color" };
const FEW = { TERM: "xterm" };

type Case = readonly [isTerminal: boolean, variables: Record<string, string>, wanted: ColourDepth];

const CASES: readonly Case[] = [
  [true, FULL, "full"],
  [true, { TERM: "screen", COLORTERM: "24bit" }, "full"],
  [true, MANY, "256"],
  [true, FEW, "16"],
  [true, {}, "none"],
  [true, { TERM: "dumb", COLORTERM: "truecolor" }, "none"],
  [true, { ...FULL, NO_COLOR: "1" }, "none"],
  [true, { ...FULL, NO_COLOR: "0" }, "none"],
  [true, { ...FULL, NO_COLOR: "" }, "full"],
  [false, FULL, "none"],
  [false, MANY, "none"],
  [false, { ...FULL, FORCE_COLOR: "1" }, "full"],
  [false, { ...MANY, FORCE_COLOR: "true" }, "256"],
  [false, { ...FEW, FORCE_COLOR: "" }, "16"],
  [false, { FORCE_COLOR: "1" }, "16"],
  [false, { FORCE_COLOR: "2" }, "256"],
  [false, { FORCE_COLOR: "3" }, "full"],
  [false, { FORCE_COLOR: "3", NO_COLOR: "1" }, "full"],
  [true, { ...FULL, FORCE_COLOR: "2" }, "256"],
  [true, { ...FULL, FORCE_COLOR: "0" }, "none"],
  [true, { ...FULL, FORCE_COLOR: "false" }, "none"],
];

describe("colourDepth", () => {
  it.each(CASES)("terminal: %s, with %j: %s", (isTerminal, variables, wanted) => {
    expect(colourDepth({ stdout: new Collector(isTerminal), variables })).toBe(wanted);
  });
});

const CODES: Readonly<Record<ColourDepth, RegExp>> = {
  none: /^[ -~\n]*$/,
  16: /\[\d+;\d+m▀/,
  256: /\[38;5;\d+;48;5;\d+m▀/,
  full: /\[38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+m▀/,
};

it.each(CASES)("abs sample draws so. Terminal: %s, with %j: %s", async (isTerminal, variables, wanted) => {
  const stdout = new Collector(isTerminal);
  await run(["sample", "3", "--count", "1"], { stdout, variables });
  for (const [depth, code] of Object.entries(CODES)) expect(code.test(stdout.text)).toBe(depth === wanted);
  expect(stdout.text.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
});
