import { describe, expect, it } from "vitest";
import { waterLevels } from "../../src/image/basins.ts";
import type { GreyImage } from "../../src/image/grey.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { Random } from "../../src/random.ts";

/** As the definition says: of all ways to the frame the one whose highest pixel is lowest, found pixel by pixel from the frame. */
function referenceLevels({ values, width, height }: GreyImage): number[] {
  const levels = new Array<number>(values.length).fill(Number.POSITIVE_INFINITY);
  const open = new Set<number>();
  const reach = (index: number, from: number): void => {
    levels[index] = Math.min(levels[index] as number, Math.max(from, values[index] as number));
    open.add(index);
  };
  for (let index = 0; index < values.length; ++index) {
    const [column, row] = [index % width, Math.floor(index / width)];
    if (column === 0 || row === 0 || column === width - 1 || row === height - 1) reach(index, 0);
  }
  const known = new Set<number>();
  while (open.size > 0) {
    const lowest = [...open].reduce((one, other) =>
      (levels[other] as number) < (levels[one] as number) ? other : one,
    );
    open.delete(lowest);
    known.add(lowest);
    const column = lowest % width;
    for (const [next, isThere] of [
      [lowest - 1, column > 0],
      [lowest + 1, column < width - 1],
      [lowest - width, lowest >= width],
      [lowest + width, lowest + width < values.length],
    ] as const) {
      if (isThere && !known.has(next)) reach(next, levels[lowest] as number);
    }
  }
  return levels;
}

describe("waterLevels", () => {
  it("are those of the definition, on reliefs of many sizes", () => {
    const random = new Random(3);
    for (let round = 0; round < 200; ++round) {
      const [width, height] = [1 + random.below(14), 1 + random.below(14)];
      // Few heights, so that there are plains, mazes and passes of one height.
      const heights = 2 + random.below(6);
      const values = Float32Array.from({ length: width * height }, () => random.below(heights) / heights);
      const relief = { values, width, height };
      expect([...waterLevels(relief)]).toEqual(referenceLevels(relief));
    }
  });

  it("follow a winding way to its end", () => {
    const side = 41;
    // Walls in every other row, open at one end by turns; the first lets the water out of the frame.
    const values = Float32Array.from({ length: side * side }, (_, index) => {
      const [column, row] = [index % side, Math.floor(index / side)];
      const isWall = row % 2 === 0 && column !== (row % 4 === 0 ? 1 : side - 2);
      return isWall || row === side - 1 || column === 0 || column === side - 1 ? 1 : 0;
    });
    const relief = { values, width: side, height: side };
    expect([...waterLevels(relief)]).toEqual([...values]);
    values[1] = 1;
    expect(waterLevels(relief).every((level) => level === 1)).toBe(true);
  });
});

describe("preprocess", () => {
  it.each([0, 60, 110])("sees a block of ink of brightness %i as a block, however wide it is", (ink) => {
    const random = new Random(4);
    const side = 120;
    for (let round = 0; round < 100; ++round) {
      const [width, height] = [20 + random.below(75), 20 + random.below(75)];
      const [left, top] = [8 + random.below(side - width - 16), 8 + random.below(side - height - 16)];
      const data = new Uint8Array(side * side).fill(235);
      for (let row = top; row < top + height; ++row) data.fill(ink, row * side + left, row * side + left + width);
      const { image, box } = preprocess({ data, width: side, height: side });
      const inked = image.reduce((sum, value) => sum + value, 0);
      const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
      expect(box).toEqual({ left, top, width, height });
      expect(inked).toBeGreaterThan(0.85 * 20 * ((20 * shorter) / longer));
    }
  });
});
