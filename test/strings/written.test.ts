import { describe, expect, it } from "vitest";
import { Random } from "../../src/random.ts";
import type { Glyph } from "../../src/strings/glyph.ts";
import { FITTED_JUNK, HELD_OUT_JUNK } from "../../src/strings/junk.ts";
import { type LabelledGlyph, type WrittenDigit, writeSheet, writeString } from "../../src/strings/written.ts";

/** A bar with a foot, full of ink. */
const glyph: Glyph = {
  values: Float32Array.from({ length: 8 * 20 }, (_, index) => (index % 8 < 4 || index >= 8 * 16 ? 1 : 0)),
  width: 8,
  height: 20,
};
const digits = (count: number): LabelledGlyph[] => Array.from({ length: count }, (_, label) => ({ label, glyph }));

const inkOf = ({ box, ink }: WrittenDigit): Set<string> =>
  new Set(
    [...ink].flatMap((value, at) =>
      value === 1 ? [`${box.left + (at % box.width)} ${box.top + Math.floor(at / box.width)}`] : [],
    ),
  );

describe("strings", () => {
  it.each(["spaced", "touching", "overlapping"] as const)("that are %s are so in their truth", (spacing) => {
    const random = new Random(1);
    for (let draw = 0; draw < 100; ++draw) {
      const line = writeString(digits(5), spacing, "clean", random).lines.flat();
      expect(line.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4]);
      for (let index = 1; index < line.length; ++index) {
        const [before, after] = [line[index - 1] as WrittenDigit, line[index] as WrittenDigit];
        const gap = after.box.left - before.box.left - before.box.width;
        const seen = inkOf(before);
        const shared = [...inkOf(after)].filter((place) => seen.has(place)).length;
        if (spacing === "spaced") expect([gap > 0, shared]).toEqual([true, 0]);
        else expect([gap < 0, shared > 0]).toEqual([true, true]);
      }
    }
  });
});

describe("sheets", () => {
  it("hold all digits and all junk, apart from each other", () => {
    const random = new Random(2);
    for (let draw = 0; draw < 20; ++draw) {
      const { lines, junk, picture } = writeSheet(digits(20), 6, "clean", random, { heldOut: draw % 2 === 0 });
      expect(lines.flat().map(({ label }) => label)).toEqual(digits(20).map(({ label }) => label));
      expect(junk).toHaveLength(6);
      const boxes = [...junk, ...lines.flat().map(({ box }) => box)];
      for (const [index, one] of boxes.entries()) {
        expect(one.left >= 0 && one.top >= 0).toBe(true);
        expect(one.left + one.width <= picture.width && one.top + one.height <= picture.height).toBe(true);
        for (const other of boxes.slice(index + 1)) {
          const across = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
          const down = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
          expect(across <= 0 || down <= 0).toBe(true);
        }
      }
    }
  });

  it("have kinds of junk that are never fitted to", () => {
    expect(HELD_OUT_JUNK.filter((kind) => (FITTED_JUNK as readonly string[]).includes(kind))).toEqual([]);
  });
});
