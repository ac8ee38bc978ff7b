import type { GreyImage } from "./grey.ts";

/** A rule runs across the picture but for at most this share of its way, where it is too pale or not printed… */
const MOST_BARE = 0.15;
/** …can be seen as a rule, and not under a stroke or along another rule, on at least this share… */
const LEAST_SEEN = 0.4;
/** …at a slope of at most this… */
const MOST_SLOPE = 0.04;
/** …and is at most this share of the picture's longer side thick, which no stroke of a digit as wide as the picture is. */
const MOST_THICKNESS = 0.03;

/**
 * Rubs out the rules of lined and squared paper: thin straight lines from one side of the picture to the other, along
 * the rows or the columns. Where a stroke crosses a rule, ink reaches further up or down than the rule is thick, and
 * stays; such places speak neither for nor against a rule.
 *
 * @param strength how much ink lies on each pixel
 * @param threshold from which strength on a pixel is ink
 * @returns the same picture if it has no rules
 */
export function eraseRules(strength: GreyImage, threshold: number): GreyImage {
  const level = eraseLevelRules(strength, threshold);
  const turned = transpose(level);
  const upright = eraseLevelRules(turned, threshold);
  return upright === turned ? level : transpose(upright);
}

function eraseLevelRules(image: GreyImage, threshold: number): GreyImage {
  const { values, width, height } = image;
  const most = Math.max(1, Math.floor(MOST_THICKNESS * Math.max(width, height)));
  const runs = thinRuns(image, threshold, most);
  // With one row of play, for rules are bent and cut into pixels.
  const near: number[] = [];
  const thick: number[] = [];
  for (let index = 0; index < runs.length; ++index) {
    if ((runs[index] || runs[index + width] || runs[index - width] || 0) > 0) near.push(index);
    else if ((values[index] as number) >= threshold) thick.push(index);
  }
  if (near.length < LEAST_SEEN * width) return image;
  const drift = Math.floor(MOST_SLOPE * width);
  let erased: Float32Array | undefined;
  for (let fall = -drift; fall <= drift; ++fall) {
    const shifts = Int32Array.from({ length: width }, (_, column) => Math.round((fall * column) / width));
    const seen = countAlong(near, shifts, height);
    const hidden = countAlong(thick, shifts, height);
    for (let row = 0; row < height; ++row) {
      if ((seen[row] as number) < LEAST_SEEN * width) continue;
      // A slanted rule may leave the picture through its upper or lower edge.
      const inside = shifts.reduce((sum, shift) => sum + (row + shift >= 0 && row + shift < height ? 1 : 0), 0);
      if ((seen[row] as number) + (hidden[row] as number) < (1 - MOST_BARE) * inside) continue;
      erased ??= values.slice();
      eraseAlong(erased, runs, shifts, row, height);
    }
  }
  return erased === undefined ? image : { values: erased, width, height };
}

/** For each pixel of a run of ink down a column that is at most `most` tall, the run's height; 0 for all others. */
function thinRuns({ values, width, height }: GreyImage, threshold: number, most: number): Uint8Array {
  const heights = new Uint8Array(values.length);
  for (let column = 0; column < width; ++column) {
    for (let row = 0; row < height; ++row) {
      if ((values[row * width + column] as number) < threshold) continue;
      const end = runEnd(values, width, height, column, row, threshold);
      if (end - row <= most) for (let at = row; at < end; ++at) heights[at * width + column] = end - row;
      row = end;
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

/** The row after the last of the run of ink that begins at a pixel. */
function runEnd(
  values: Float32Array,
  width: number,
  height: number,
  column: number,
  row: number,
  threshold: number,
): number {
  let end = row + 1;
  while (end < height && (values[end * width + column] as number) >= threshold) ++end;
  return end;
}

function transpose({ values, width, height }: GreyImage): GreyImage {
  const turned = new Float32Array(values.length);
  for (let row = 0, at = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, ++at) turned[column * height + row] = values[at] as number;
  }
  return { values: turned, width: height, height: width };
}
