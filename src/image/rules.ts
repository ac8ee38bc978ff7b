import type { GreyImage } from "./grey.ts";

/** A rule runs across the picture but for at most this share of its way, where it is too pale or not printed… */
const MOST_BARE = 0.15;
/** …can be seen as a rule, and not under a stroke or along another rule, on the rest, or if it has parallels on this share… */
const LEAST_SEEN = 0.4;
/** …at a slope of at most this… */
const MOST_SLOPE = 0.04;
/** …and is at most this share of the picture's longer side thick, which no stroke of a digit as wide as the picture is. */
const MOST_THICKNESS = 0.03;
/** Beside a rule ink lies along at most this share of what is seen of it, half of the share in noise. Chosen by hand. */
const MOST_BESIDE = 0.25;
/** Slopes of parallel rules differ by at most this. Chosen by hand; `bench/pictures.ts --kind "ruled paper"` tells what it does. */
const MOST_TURN = 0.01;

/** A straight line across the picture along which ink lies. */
interface Line {
  /** Where it begins, at the left side. */
  readonly row: number;
  /** By how many rows it falls up to the right side. */
  readonly fall: number;
  /** The number of columns in which it is seen, or else lies under a stroke. */
  readonly reach: number;
  /** Whether so much of it is seen that it is a rule by itself. */
  readonly whole: boolean;
}

/**
 * Rubs out the rules of lined and squared paper: thin straight lines from one side of the picture to the other, along
 * the rows or the columns. Where a stroke crosses a rule, ink reaches further up or down than the rule is thick, and
 * stays; such places speak neither for nor against a rule that others run parallel to. A lone line of which strokes hide
 * much may be a stroke itself, as the bar of a 4 that fills the picture, and stays.
 *
 * @param strength how much ink lies on each pixel
 * @param threshold from which strength on a pixel is ink
 * @param thickness the most pixels that a rule is thick; where the digits are small beside the picture, what their strokes allow
 * @param crossed the share of a lone rule's length that strokes may hide, as a line of digits does
 * @returns the same picture if it has no rules
 */
export function eraseRules(
  strength: GreyImage,
  threshold: number,
  thickness = MOST_THICKNESS * Math.max(strength.width, strength.height),
  crossed = 0,
): GreyImage {
  const most = Math.max(1, Math.floor(thickness));
  const level = eraseLevelRules(strength, threshold, most, crossed);
  const turned = transpose(level);
  const upright = eraseLevelRules(turned, threshold, most, crossed);
  return upright === turned ? level : transpose(upright);
}

function eraseLevelRules(image: GreyImage, threshold: number, most: number, crossed: number): GreyImage {
  const { values, width, height } = image;
  const runs = thinRuns(image, threshold, most);
  // With one row of play, for rules are bent and cut into pixels.
  const near: number[] = [];
  for (let index = 0; index < runs.length; ++index) if (isNear(runs, index, width)) near.push(index);
  if (near.length < LEAST_SEEN * width) return image;
  const thick: number[] = [];
  for (let index = 0; index < runs.length; ++index) {
    if ((values[index] as number) >= threshold && !isNear(runs, index, width)) thick.push(index);
  }
  const drift = Math.floor(MOST_SLOPE * width);
  const lines: Line[] = [];
  for (let fall = -drift; fall <= drift; ++fall) {
    const shifts = shiftsOf(fall, width);
    const seen = countAlong(near, shifts, height);
    const hidden = countAlong(thick, shifts, height);
    for (let row = 0; row < height; ++row) {
      const clear = seen[row] as number;
      if (clear < LEAST_SEEN * width) continue;
      // A slanted rule may leave the picture through its upper or lower edge.
      const inside = shifts.reduce((sum, shift) => sum + (row + shift >= 0 && row + shift < height ? 1 : 0), 0);
      const reach = clear + (hidden[row] as number);
      if (reach < (1 - MOST_BARE) * inside) continue;
      if (!isBareBeside(image, threshold, runs, shifts, row, most + 2)) continue;
      lines.push({ row, fall, reach, whole: clear >= (1 - MOST_BARE - crossed) * width });
    }
  }
  const rules = withParallels(lines, width, most);
  if (rules.length === 0) return image;
  const erased = values.slice();
  for (const { row, fall } of rules) eraseAlong(erased, runs, shiftsOf(fall, width), row, height);
  return { values: erased, width, height };
}

/** Whether a pixel is of a thin run, or one above or below it is. */
function isNear(runs: Uint8Array, index: number, width: number): boolean {
  if ((runs[index] as number) > 0) return true;
  if (index >= width && (runs[index - width] as number) > 0) return true;
  return index + width < runs.length && (runs[index + width] as number) > 0;
}

/** By how many rows a line lies lower in each column than in the first. */
function shiftsOf(fall: number, width: number): Int32Array {
  return Int32Array.from({ length: width }, (_, column) => Math.round((fall * column) / width));
}

/** Whether there is next to no ink some rows above and below what is seen of a line. */
function isBareBeside(
  { values, width, height }: GreyImage,
  threshold: number,
  runs: Uint8Array,
  shifts: Int32Array,
  row: number,
  distance: number,
): boolean {
  let seen = 0;
  let beside = 0;
  for (let column = 0; column < width; ++column) {
    const index = (row + (shifts[column] as number)) * width + column;
    if (index < 0 || index >= width * height) continue;
    if (!isNear(runs, index, width)) continue;
    seen += 2;
    if ((values[index - distance * width] ?? 0) >= threshold) ++beside;
    if ((values[index + distance * width] ?? 0) >= threshold) ++beside;
  }
  return beside <= MOST_BESIDE * seen;
}

/** The lines that are rules by themselves, or as others run parallel to them. */
function withParallels(lines: readonly Line[], width: number, most: number): Line[] {
  const middle = ({ row, fall }: Line): number => row + fall / 2;
  // One rule gives many lines of almost the same place: each is spoken for by the one that reaches furthest.
  const bundles: Line[][] = [];
  for (const line of [...lines].sort((one, other) => middle(one) - middle(other))) {
    const last = bundles.at(-1);
    if (last !== undefined && middle(line) - middle(last.at(-1) as Line) <= most + 1) last.push(line);
    else bundles.push([line]);
  }
  const best = bundles.map((bundle) => bundle.reduce((one, other) => (other.reach > one.reach ? other : one)));
  const turn = Math.max(2, MOST_TURN * width);
  return bundles.flatMap((bundle, index) => {
    const { fall } = best[index] as Line;
    const isOneOfSeveral = best.some((other, at) => at !== index && Math.abs(other.fall - fall) <= turn);
    return isOneOfSeveral ? bundle : bundle.filter(({ whole }) => whole);
  });
}

/** For each pixel of a run of ink down a column that is at most `most` tall, the run's height; 0 for all others. */
function thinRuns({ values, width, height }: GreyImage, threshold: number, most: number): Uint8Array {
  const heights = new Uint8Array(values.length);
  // Row by row, as the values lie: how tall each column's run is so far.
  const running = new Int32Array(width);
  for (let row = 0, index = 0; row <= height; ++row) {
    for (let column = 0; column < width; ++column, ++index) {
      if (row < height && (values[index] as number) >= threshold) {
        running[column] = (running[column] as number) + 1;
        continue;
      }
      const run = running[column] as number;
      if (run === 0) continue;
      running[column] = 0;
      if (run <= most) for (let back = 1; back <= run; ++back) heights[index - back * width] = run;
    }
  }
  return heights;
}

/** How many of the pixels lie on each of the lines that start at the rows and fall by `shifts`. */
function countAlong(pixels: readonly number[], shifts: Int32Array, height: number): Int32Array {
  const width = shifts.length;
  const counts = new Int32Array(height);
  for (const index of pixels) {
    const column = index % width;
    const row = (index - column) / width - (shifts[column] as number);
    if (row >= 0 && row < height) counts[row] = (counts[row] as number) + 1;
  }
  return counts;
}

/** Erases the runs that a line meets, but for those thicker than most on it: strokes that lie along the rule. */
function eraseAlong(erased: Float32Array, runs: Uint8Array, shifts: Int32Array, row: number, height: number): void {
  const width = shifts.length;
  const met = new Map<number, number>();
  for (let column = 0; column < width; ++column) {
    const middle = row + (shifts[column] as number);
    for (const at of [middle, middle - 1, middle + 1]) {
      const run = at < 0 || at >= height ? 0 : (runs[at * width + column] as number);
      if (run === 0) continue;
      met.set(at * width + column, run);
      break;
    }
  }
  const thickness = [...met.values()].sort((one, other) => one - other)[met.size >> 1] as number;
  for (const [index, run] of met) {
    if (run > thickness + 1) continue;
    let first = index;
    while ((runs[first - width] ?? 0) > 0) first -= width;
    // The antialiased rim of the rule goes with it.
    for (let at = first - width, left = run + 2; left > 0; at += width, --left) {
      if (at >= 0 && at < erased.length) erased[at] = 0;
    }
  }
}

function transpose({ values, width, height }: GreyImage): GreyImage {
  const turned = new Float32Array(values.length);
  for (let row = 0, at = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, ++at) turned[column * height + row] = values[at] as number;
  }
  return { values: turned, width: height, height: width };
}
