import type { Norm } from "../../src/attacks/norms.ts";
import type { AttackRecord } from "../../src/cli/attack/results.ts";
import { accuracyAt, BOUNDS, DISTANCES, NORM_TITLES } from "../../src/cli/attack/scores.ts";
import type { Rgb } from "../../src/cli/report/palette.ts";
import type { Drawing, Point, Shape } from "../../src/cli/report/shapes.ts";
import type { ModelName } from "./plan.ts";
import { leastRecords, TITLES } from "./tables.ts";

// docs/accuracy-by-distance.svg: the share of images whose label withstands all attacks, over the distance that they may go.

/** Norms in the order of the panels, as the paper has them. */
const PANELS = ["linf", "l2", "l0"] as const satisfies readonly Norm[];
const PANEL = { width: 270, height: 220, left: 44, right: 12, top: 30, bottom: 40 };
const LEGEND_LINE = 20;
const STEPS = 400;
const PERCENTAGES = [0, 25, 50, 75, 100];

/** Okabe and Ito's colours, which people tell apart whatever they see of red and green. */
const COLOURS: Readonly<Record<ModelName, Rgb>> = {
  abs: [213, 94, 0],
  "binary-abs": [230, 159, 0],
  "plain-cnn": [0, 114, 178],
  "adversarial-cnn": [86, 180, 233],
  "nearest-neighbour": [140, 140, 140],
  "published-abs": [0, 158, 115],
  "published-binary-abs": [204, 121, 167],
};

/** The curves of all models with results, ours in bold. */
export function accuracyCurves(results: ReadonlyMap<ModelName, readonly AttackRecord[]>): Drawing {
  const models = [...results].filter(([, records]) => records.length > 0);
  const shapes: Shape[] = PANELS.flatMap((norm, place) => panel(models, norm, place * PANEL.width));
  models.forEach(([name, records], index) => {
    const [x, y] = [PANEL.left + (index % 3) * PANEL.width, PANEL.height + LEGEND_LINE * (Math.floor(index / 3) + 0.7)];
    const images = leastRecords(records, "l2").length;
    shapes.push({ kind: "box", x, y: y - 6, width: 22, height: widthOf(name) + 1, colour: COLOURS[name] });
    const text = `${TITLES[name]} (${images} images)`;
    shapes.push({ kind: "words", text, x: x + 28, y, anchor: "start", colour: "ink", isBold: name === "abs" });
  });
  const rows = Math.ceil(models.length / 3);
  return { width: PANELS.length * PANEL.width, height: PANEL.height + LEGEND_LINE * rows + 10, shapes };
}

function widthOf(name: ModelName): number {
  return name === "abs" ? 3.5 : 1.8;
}

function panel(models: readonly [ModelName, readonly AttackRecord[]][], norm: Norm, offset: number): Shape[] {
  const farthest = DISTANCES[norm].at(-1) as number;
  const [left, right] = [offset + PANEL.left, offset + PANEL.width - PANEL.right];
  const bottom = PANEL.height - PANEL.bottom;
  const x = (distance: number): number => left + (distance / farthest) * (right - left);
  const y = (share: number): number => bottom - share * (bottom - PANEL.top);
  const words = (text: string, atX: number, atY: number, anchor: "middle" | "end", isBold = false): Shape => {
    return { kind: "words", text, x: atX, y: atY, anchor, colour: isBold ? "ink" : "quiet", isBold };
  };
  const grid = PERCENTAGES.flatMap((percent): Shape[] => [
    {
      kind: "line",
      points: [[left, y(percent / 100)] as const, [right, y(percent / 100)] as const],
      colour: "faint",
      width: 1,
    },
    words(`${percent} %`, left - 5, y(percent / 100) + 4, "end"),
  ]);
  const bound: Shape = {
    kind: "line",
    points: [
      [x(BOUNDS[norm]), y(1)],
      [x(BOUNDS[norm]), y(0)],
    ],
    colour: "quiet",
    width: 1,
  };
  const title = `${NORM_TITLES[norm]}${norm === "l0" ? ", pixels" : ""}`;
  const labelled = DISTANCES[norm].filter((_, index) => norm !== "linf" || index % 2 === 1);
  const curves = models.toReversed().flatMap(([name, records]): Shape[] => {
    const distances = leastRecords(records, norm).map(({ distance }) => distance);
    if (distances.length === 0) return [];
    return [{ kind: "line", points: steps(distances, farthest, x, y), colour: COLOURS[name], width: widthOf(name) }];
  });
  return [
    ...grid,
    bound,
    ...curves,
    words(title, (left + right) / 2, PANEL.top - 12, "middle", true),
    words("0", left, bottom + 16, "middle"),
    ...labelled.map((distance) => words(`${distance}`, x(distance), bottom + 16, "middle")),
    words("distance allowed", (left + right) / 2, bottom + 32, "middle"),
  ];
}

/** The corners of the stairs by which accuracy falls. */
function steps(
  distances: readonly number[],
  farthest: number,
  x: (distance: number) => number,
  y: (share: number) => number,
): Point[] {
  let last = accuracyAt(distances, 0) ?? 0;
  const points: Point[] = [[x(0), y(last)]];
  for (let step = 1; step <= STEPS; ++step) {
    const distance = (farthest * step) / STEPS;
    const share = accuracyAt(distances, distance) ?? 0;
    if (share !== last) points.push([x(distance), y(last)], [x(distance), y(share)]);
    last = share;
  }
  return [...points, [x(farthest), y(last)]];
}
