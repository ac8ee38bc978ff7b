import { type Glyph, inkAt } from "../../src/strings/glyph.ts";

/** A straight piece of a thin line, in the glyph's pixels: from x, y to x, y. */
export type Segment = readonly [number, number, number, number];

/** The skeleton is taken of the glyph enlarged so many times. */
const ENLARGED = 4;
/** Points of the line are smoothed over so many neighbours either way, lest it has the grid's steps. */
const SMOOTHED = 3;

/** The line along which a pen would have drawn a glyph: its skeleton, by the thinning of Zhang and Suen (1984). */
export function penLine(glyph: Glyph): Segment[] {
  const width = ENLARGED * glyph.width + 4;
  const height = ENLARGED * glyph.height + 4;
  const ink = new Uint8Array(width * height);
  for (let index = 0; index < ink.length; ++index) {
    const [column, row] = [index % width, Math.floor(index / width)];
    ink[index] = inkAt(glyph, (column - 1.5) / ENLARGED, (row - 1.5) / ENLARGED) >= 0.5 ? 1 : 0;
  }
  thin(ink, width);
  const points = [...ink.keys()].filter((index) => ink[index] === 1);
  const beside = (index: number): number[] =>
    [1, width - 1, width, width + 1, -1, 1 - width, -width, -width - 1]
      .map((step) => index + step)
      .filter((at) => ink[at] === 1);
  // Each point moves to the mean of those that lie few steps along the line.
  const smooth = new Map(
    points.map((start) => {
      let found = new Set([start]);
      for (let step = 0; step < SMOOTHED; ++step) found = new Set([...found, ...[...found].flatMap(beside)]);
      const mean = (of: (index: number) => number): number =>
        ([...found].reduce((sum, index) => sum + of(index), 0) / found.size - 1.5) / ENLARGED;
      return [start, [mean((index) => index % width), mean((index) => Math.floor(index / width))] as const];
    }),
  );
  return points.flatMap((from) =>
    beside(from)
      .filter((to) => to > from)
      .map((to): Segment => [...(smooth.get(from) as [number, number]), ...(smooth.get(to) as [number, number])]),
  );
}

/** Takes pixels off the rim of the ink, from opposite sides by turns, until lines of one pixel are left. */
function thin(ink: Uint8Array, width: number): void {
  const around = [-width, 1 - width, 1, width + 1, width, width - 1, -1, -width - 1];
  for (let changed = true; changed; ) {
    changed = false;
    for (const side of [0, 1]) {
      const taken: number[] = [];
      ink.forEach((is, index) => {
        if (is === 0) return;
        const ring = around.map((step) => ink[index + step] as number);
        const count = ring.reduce((sum, one) => sum + one, 0);
        const starts = ring.filter((one, at) => one === 0 && ring[(at + 1) % 8] === 1).length;
        if (count < 2 || count > 6 || starts !== 1) return;
        const [north, , east, , south, , west] = ring as [number, number, number, number, number, number, number];
        const isOnSide =
          side === 0
            ? north * east * south === 0 && east * south * west === 0
            : north * east * west === 0 && north * south * west === 0;
        if (isOnSide) taken.push(index);
      });
      for (const index of taken) ink[index] = 0;
      changed ||= taken.length > 0;
    }
  }
}
