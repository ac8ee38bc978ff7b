import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DARK, LIGHT, rgbOf } from "../../src/cli/report/palette.ts";

// Contrasts as WCAG 2 has them: 4.5 for what is read, 3 for what is looked at.

/** Relative luminance, 0 to 1. */
function luminance(colour: string): number {
  const [red, green, blue] = rgbOf(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function variablesIn(css: string): Record<string, string> {
  return Object.fromEntries([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

const [light, dark] = readFileSync("examples/demo/style.css", "utf8").split("@media (prefers-color-scheme: dark)") as [
  string,
  string,
];
const SCHEMES = {
  light: { page: variablesIn(light.split("* {")[0] as string), report: LIGHT },
  dark: { page: variablesIn(dark.split("* {")[0] as string), report: DARK },
};

describe.each(Object.entries(SCHEMES))("the colours of the demo and of reports, %s", (_, { page, report }) => {
  it.each(["ground", "card"])("can be read on the page's %s", (ground) => {
    const on = page[ground] as string;
    const read = {
      text: page["text"],
      muted: page["muted"],
      accent: page["accent"],
      good: page["good"],
      bad: page["bad"],
    };
    const all = { ...read, winner: report.for, "runner-up": report.against };
    for (const [name, colour] of Object.entries(all)) {
      expect(contrast(colour as string, on), name).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(page["line"] as string, on), "lines").toBeGreaterThanOrEqual(3);
  });

  it("can be read in reports", () => {
    for (const role of ["ink", "quiet", "for", "against"] as const) {
      expect(contrast(report[role], report.paper), role).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("shows evidence on black pictures", () => {
    for (const role of ["for", "against"] as const) expect(contrast(DARK[role], "#000000")).toBeGreaterThanOrEqual(4.5);
  });
});
