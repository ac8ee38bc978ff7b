import { describe, expect, it } from "vitest";
import { HEIGHTS, PLAIN, STYLES, type Style, write } from "../../scripts/drawing/handwriting.ts";
import { Random } from "../../src/random.ts";
import type { Point } from "../../src/strings/signs.ts";

// Digits as people write them, for the demo's sheet and for training.

describe("handwriting", () => {
  it("has a plain style and others of every digit", () => {
    expect(PLAIN.map(({ digit }) => digit)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { digit } of PLAIN) expect(STYLES.filter((style) => style.digit === digit).length).toBeGreaterThan(2);
  });

  it("stays on the sheet and is as high as asked, or as wide where it is wider", () => {
    const random = new Random(3);
    for (const style of STYLES) {
      for (const height of Object.values(HEIGHTS)) {
        const places = write(style, height, random).flat();
        const sides = ([0, 1] as const).map((axis) => {
          const all = places.map((place) => place[axis]);
          const ends = [Math.min(...all), Math.max(...all)] as [number, number];
          expect(ends[0], style.name).toBeGreaterThan(0);
          expect(ends[1], style.name).toBeLessThan(1);
          return ends[1] - ends[0];
        });
        expect(Math.max(...sides), style.name).toBeCloseTo(height);
      }
    }
  });

  it("is never twice alike, but the same of one seed", () => {
    const [style] = STYLES as [(typeof STYLES)[number]];
    const of = (random: Random) => write(style, 0.5, random);
    const random = new Random(1);
    const [first, second] = [of(random), of(random)];
    expect(first).not.toEqual(second);
    expect(of(new Random(1))).toEqual(first);
  });

  it("keeps corners and is smooth elsewhere", () => {
    /** The sharpest turn of a style's strokes, in degrees. */
    const sharpest = (digit: number, name: string) => {
      const style = STYLES.find((one) => one.digit === digit && one.name === name);
      const turns = write(style as Style, 0.85, new Random(5)).flatMap((stroke) => {
        const headings = stroke
          .slice(1)
          .map(([x, y], index) => Math.atan2(y - (stroke[index] as Point)[1], x - (stroke[index] as Point)[0]));
        return headings.slice(1).map((heading, index) => Math.abs(heading - (headings[index] as number)));
      });
      // Once around is no turn.
      return (Math.max(...turns.map((turn) => Math.min(turn, 2 * Math.PI - turn))) * 180) / Math.PI;
    };
    expect(sharpest(7, "plain")).toBeGreaterThan(60);
    expect(sharpest(4, "closed")).toBeGreaterThan(60);
    expect(sharpest(0, "an oval")).toBeLessThan(45);
  });
});
