import type { Role } from "../report/palette.ts";
import type { Colour, Drawing, Point, Shape } from "../report/shapes.ts";
import type { Findings, RankedClass } from "./findings.ts";

// The charts of a report.

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { left: 50, right: 90, top: 12, bottom: 36 };
/** Between the words at the ends of curves. */
const LINE = 13;
/** Longest part of a name beside a curve or a row. */
const LONGEST_NAME = 12;
/** What may be marked of each decade, the fewest first, and how many marks an axis has at least where it can. */
const MARKS = [[1], [1, 2, 5], [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]];
const FEWEST_MARKS = 3;

/** Each class's lowest loss so far over the evaluations of its decoder, on a logarithmic scale. */
export function descentChart({ ranked, winner, runnerUp }: Findings): Drawing {
  const curves = ranked.filter(({ lowest }) => lowest.some(isShown));
  const losses = curves.flatMap(({ lowest }) => lowest.filter(isShown));
  const longest = Math.max(2, ...curves.map(({ lowest }) => lowest.length));
  const [least, most] = [Math.min(...losses, 1), Math.max(...losses, Number.MIN_VALUE)];
  const bottom = HEIGHT - MARGIN.bottom;
  const x = (evaluation: number): number =>
    MARGIN.left + ((evaluation - 1) / (longest - 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const range = Math.max(Math.log(most / least), 1e-3);
  const y = (loss: number): number => bottom - (Math.log(loss / least) / range) * (bottom - MARGIN.top - LINE);
  const shapes: Shape[] = [];
  for (const mark of marks(least, most)) {
    shapes.push(line("faint", 1, [x(1), y(mark)], [WIDTH - MARGIN.right, y(mark)]));
    shapes.push(words(`${mark}`, x(1) - 6, y(mark) + 4, "end", "quiet"));
  }
  const step = Math.max(1, Math.ceil(longest / 12));
  for (let evaluation = 1; evaluation <= longest; evaluation += step) {
    shapes.push(words(`${evaluation}`, x(evaluation), bottom + 16, "middle", "quiet"));
  }
  shapes.push(
    words("evaluations of the class's decoder", (x(1) + WIDTH - MARGIN.right) / 2, HEIGHT - 4, "middle", "quiet"),
  );
  shapes.push(words("loss", 4, MARGIN.top, "start", "quiet"));
  const colourOf = (entry: RankedClass): Colour =>
    entry === winner ? "for" : entry === runnerUp ? "against" : "quiet";
  const pointsOf = ({ lowest }: RankedClass): Point[] =>
    lowest.flatMap((loss, index) => (isShown(loss) ? [[x(index + 1), y(loss)] as const] : []));
  // The winner last, on top of the others.
  for (const entry of curves.toReversed()) {
    const points = pointsOf(entry);
    const [lastX, lastY] = points.at(-1) as Point;
    const width = entry === winner ? 3 : entry === runnerUp ? 2 : 1;
    const colour = colourOf(entry);
    if (points.length > 1) shapes.push({ kind: "line", points, colour, width });
    shapes.push({ kind: "box", x: lastX - 2, y: lastY - 2, width: 4, height: 4, colour });
  }
  // As many names as have room beside their curves' ends, one below the other.
  const room = Math.floor((bottom - MARGIN.top) / LINE);
  const named = curves.slice(0, room).map((entry) => ({ entry, end: pointsOf(entry).at(-1) as Point }));
  const places = apart(
    named.map(({ end: [, at] }) => at),
    MARGIN.top,
    bottom,
  );
  named.forEach(({ entry, end: [end, at] }, index) => {
    const last = places[index] as number;
    const place = WIDTH - MARGIN.right + 14;
    if (place - end > 18 || Math.abs(at - last) > 2) {
      shapes.push(line("faint", 1, [end + 4, at], [place - 4, last]));
    }
    shapes.push(words(shortName(entry.name), place, last + 4, "start", colourOf(entry)));
  });
  return { width: WIDTH, height: HEIGHT, shapes };
}

/** Heights of words near those given, which fall, so far apart that all can be read; between two heights, if they have room there. */
function apart(heights: readonly number[], top: number, bottom: number): number[] {
  const places = heights.map((height) => Math.min(bottom, height));
  for (let at = 1; at < places.length; ++at) {
    places[at] = Math.min(places[at] as number, (places[at - 1] as number) - LINE);
  }
  for (let at = places.length - 1, least = top; at >= 0; --at, least += LINE) {
    places[at] = Math.max(places[at] as number, least);
  }
  return places;
}

/** Losses that a logarithmic axis can show. */
function isShown(loss: number): boolean {
  return Number.isFinite(loss) && loss > 0;
}

/** Round losses between two, as few as tell enough. */
function marks(least: number, most: number): number[] {
  const within = MARKS.map((steps) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); ++power) {
      for (const step of steps) {
        const value = Number((step * 10 ** power).toPrecision(2));
        if (value >= least && value <= most) found.push(value);
      }
    }
    return found;
  });
  return within.find(({ length }) => length >= FEWEST_MARKS) ?? (within.at(-1) as number[]);
}

const ROW = 24;
const NAME = 90;
const LENGTH = 70;
/** The least that fills a cell, so that small latents look small. */
const LEAST_FULL = 1;

/** Each class's latent, a bar for each number: up and orange where positive, down and blue where negative; the largest fill cells. */
export function latentChart({ ranked, winner, runnerUp }: Findings): Drawing {
  const count = ranked[0]?.latent.length ?? 0;
  const cell = (WIDTH - NAME - LENGTH) / count;
  const height = ROW * (ranked.length + 1) + 6;
  const full = ranked.reduce((most, { latent }) => Math.max(most, ...latent.map(Math.abs)), LEAST_FULL);
  const shapes: Shape[] = [words("class", 4, 14, "start", "quiet"), words("|z|", WIDTH - 8, 14, "end", "quiet")];
  for (let index = 0; index < count; index += count > 16 ? 2 : 1) {
    shapes.push(words(`${index + 1}`, NAME + (index + 0.5) * cell, 14, "middle", "quiet"));
  }
  ranked.forEach((entry, row) => {
    const middle = ROW * (row + 1.5);
    const colour: Colour = entry === winner ? "for" : entry === runnerUp ? "against" : "ink";
    shapes.push(words(shortName(entry.name), 4, middle + 4, "start", colour));
    shapes.push(line("faint", 1, [NAME, middle], [WIDTH - LENGTH, middle]));
    entry.latent.forEach((value, index) => {
      const high = ((Math.abs(value) / full) * (ROW - 2)) / 2;
      const [x, width] = [NAME + (index + 0.2) * cell, 0.6 * cell];
      const y = value >= 0 ? middle - high : middle;
      shapes.push({ kind: "box", x, y, width, height: high, colour: value >= 0 ? "for" : "against" });
    });
    shapes.push(words(entry.length.toFixed(2), WIDTH - 8, middle + 4, "end", "ink"));
  });
  return { width: WIDTH, height, shapes };
}

function line(colour: Role, width: number, ...points: (readonly [number, number])[]): Shape {
  return { kind: "line", points, colour, width };
}

function words(text: string, x: number, y: number, anchor: "start" | "middle" | "end", colour: Colour): Shape {
  return { kind: "words", text, x, y, anchor, colour };
}

/** A name that fits beside a chart, or below a picture. */
export function shortName(name: string, longest = LONGEST_NAME): string {
  const letters = Array.from(name);
  return letters.length <= longest ? name : `${letters.slice(0, longest - 1).join("")}…`;
}
