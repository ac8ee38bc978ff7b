import { expect, it } from "vitest";
import { Random } from "../../src/random.ts";
import { findCandidates } from "../../src/reading/candidates.ts";
import { bestPath, type Edge, marginals, type Scores } from "../../src/reading/lattice.ts";
import { findLines } from "../../src/reading/lines.ts";
import { findStrokes } from "../../src/reading/strokes.ts";

/** Rings in a row, some of which touch. */
function drawn(seed: number): { data: Float32Array; width: number; height: number } {
  const random = new Random(seed);
  const [width, height] = [160, 60];
  const data = new Float32Array(width * height);
  for (let shape = 0; shape < 5; ++shape) {
    const [x, radius] = [20 + 28 * shape + random.below(4), 12 + random.below(6)];
    for (let index = 0; index < data.length; ++index) {
      const distance = Math.hypot((index % width) - x, Math.floor(index / width) - 30);
      if (Math.abs(distance - radius) < 2.5) data[index] = 1;
    }
  }
  return { data, width, height };
}

it("cuts lose no ink and give none to two atoms", () => {
  let cut = 0;
  for (let seed = 0; seed < 30; ++seed) {
    const strokes = findStrokes(drawn(seed));
    if (strokes === undefined) throw new Error("there is ink");
    for (const line of findLines(strokes)) {
      const { list, atoms } = findCandidates(line, strokes, 5);
      const single = list.filter(({ from, to }) => to === from + 1);
      expect(single).toHaveLength(atoms);
      cut += atoms - line.parts.length;
      const pixels = single.flatMap((candidate) => candidate.pixels).sort((one, other) => one - other);
      expect(pixels).toEqual(line.parts.flatMap((part) => part.pixels).sort((one, other) => one - other));
    }
  }
  expect(cut).toBeGreaterThan(30);
});

it("the best way and the shares of all ways are those of trying every one", () => {
  const random = new Random(3);
  const atoms = 5;
  const edges: Edge[] = [];
  for (let from = 0; from < atoms; ++from) {
    for (let to = from + 1; to <= Math.min(atoms, from + 3); ++to) edges.push({ from, to, features: [] });
  }
  const scores = edges.map((): Scores => [random.normal(), random.normal()]);
  const ways: { steps: { edge: number; isDigit: boolean }[]; score: number }[] = [];
  const extend = (at: number, steps: { edge: number; isDigit: boolean }[], score: number): void => {
    if (at === atoms) ways.push({ steps, score });
    edges.forEach(({ from, to }, edge) => {
      if (from !== at) return;
      for (const isDigit of [true, false]) {
        extend(to, [...steps, { edge, isDigit }], score + ((scores[edge] as Scores)[isDigit ? 0 : 1] as number));
      }
    });
  };
  extend(0, [], 0);
  const best = ways.reduce((one, other) => (other.score > one.score ? other : one));
  expect(bestPath(edges, scores, atoms)).toEqual(best.steps);
  const total = ways.reduce((sum, { score }) => sum + Math.exp(score), 0);
  marginals(edges, scores, atoms).shares.forEach((pair, edge) => {
    [true, false].forEach((isDigit, place) => {
      const share = ways
        .filter(({ steps }) => steps.some((step) => step.edge === edge && step.isDigit === isDigit))
        .reduce((sum, { score }) => sum + Math.exp(score), 0);
      expect(pair[place]).toBeCloseTo(share / total, 9);
    });
  });
});
