import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as format from "../../format/confidence-features.ts";
import { IMAGE_PIXELS } from "../../format/image.ts";
import * as sixBits from "../../format/six-bits.ts";
import { FEATURES, PENALTIES } from "../../src/weights/confidence.ts";

// The trainer and the document cannot import format/confidence-features.ts, so what they say is read and compared.

const root = new URL("../../", import.meta.url);

/** A file of the repository as text. */
function textOf(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

const constants = Object.entries(format).filter(
  (entry): entry is [string, number] => typeof entry[1] === "number" && !entry[0].endsWith("_COUNT"),
);

describe("the confidence's features", () => {
  it("have different names, one for each place", () => {
    for (const [names, count] of [
      [FEATURES, format.SINGLE_FEATURE_COUNT + 1 + format.MAP_COUNT],
      [PENALTIES, format.PENALTY_COUNT],
    ] as const) {
      expect(new Set(names).size).toBe(count);
      expect(names.every((name) => typeof name === "string")).toBe(true);
    }
    expect(constants.length).toBe(9);
    expect(format.BLOCK_COUNT * format.BLOCK_SIDE ** 2).toBe(IMAGE_PIXELS);
  });

  it("are those of the trainer, in its order and in its units", () => {
    const source = textOf("training/abs_training/confidence/evidence.py");
    const tuple = (name: string): string[] => {
      const [, body] = source.match(new RegExp(`^${name} = \\(([^)]*)\\)$`, "m")) ?? [];
      return Array.from((body as string).matchAll(/"([a-z_]+)"/g), ([, word]) => word as string);
    };
    expect(tuple("FEATURES")).toEqual(FEATURES);
    expect(tuple("PENALTIES")).toEqual(PENALTIES);
    for (const [name, value] of constants) {
      const [, number] = source.match(new RegExp(`^${name} = (\\S+)$`, "m")) ?? [];
      expect(Number(number), name).toBe(value);
    }
  });

  it("have weights that the trainer writes in the same characters", () => {
    const source = textOf("training/abs_training/storage/six_bits.py");
    expect(source).toContain(`\nCHARACTERS = "${sixBits.SIX_BIT_CHARACTERS}"\n`);
    expect(source).toContain(`\nLARGEST = ${sixBits.LARGEST_SIX_BIT}\n`);
    expect(textOf("docs/weights-format.md")).toContain(`\`${sixBits.SIX_BIT_CHARACTERS.slice(0, -1)}\``);
  });

  it("are those of the document, in its order and in its units", () => {
    const document = textOf("docs/weights-format.md");
    const table = document.slice(document.indexOf("| feature | value |"), document.indexOf("\nq is "));
    const rows = table.split("\n").slice(2);
    const named = rows.flatMap((row) => {
      const [, names = "", values = ""] = row.split("|");
      return Array.from(names.matchAll(/`([a-z_]+)`/g), ([, name]) => ({ name: name as string, values }));
    });
    expect(named.map(({ name }) => name)).toEqual(FEATURES);
    const told = (name: string): string | undefined => named.find((row) => row.name === name)?.values;
    expect(told("log_unexplained")).toContain(` + ${format.UNEXPLAINED_FLOOR})`);
    expect(told("log_error")).toContain(`‖r‖²/${format.LOG_SQUARES_UNIT})`);
    expect(told("log_margin")).toContain(`ln(m + ${format.MARGIN_FLOOR})`);
    expect(told("contrast")).toContain(`at most ${format.MOST_CONTRAST} `);
    expect(told("log_blurred_image")).toContain(`‖Sx‖²/${format.LOG_SQUARES_UNIT})`);
    expect(document).toContain(
      `q is ‖Sr‖²/${format.BLURRED_ERROR_UNIT}, ‖r‖²/${format.ERROR_UNIT} and ½‖z‖²/${format.LATENT_UNIT}.`,
    );
    expect(told("image_map")).toContain(`blocks of ${format.BLOCK_SIDE}×${format.BLOCK_SIDE} pixels`);
    expect(format.SMALL).toBe(1e-6);
    expect(document).toContain("ε = 10⁻⁶");
    expect(document).toContain(`\`${JSON.stringify(PENALTIES)}\``);
  });
});
