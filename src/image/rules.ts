import type { GreyImage } from "./grey.ts";

/** A rule runs across at least this share of the picture… */
const LEAST_LENGTH = 0.85;
/** …at a slope of at most this… */
const MOST_SLOPE = 0.04;
/** …and is at most this share of the picture's longer side thick, which no stroke of a digit as wide as the picture is. */
const MOST_THICKNESS = 0.03;

/**
 * Rubs out the rules of lined and squared paper: thin straight lines from one side of the picture to the other, along
 * the rows or the columns. Where a stroke crosses a rule, ink reaches further up or down than the rule is thick, and stays.
 *
 * @param strength how much ink lies on each pixel
 * @param threshold from which strength on a pixel is ink
 * @param thickness the most pixels that a rule is thick; where the digits are small beside the picture, what their strokes allow
 * @param crossed the share of a rule's length that strokes may cross, as a line of digits does
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
  // A pixel counts as part of a rule if it belongs to a run of ink no taller than a rule is thick.
  const thin = new Uint8Array(values.length);
  for (let column = 0; column < width; ++column) {
    for (let row = 0; row < height; ++row) {
      if ((values[row * width + column] as number) < threshold) continue;
      const end = runEnd(values, width, height, column, row, threshold);
      if (end - row <= most) for (let at = row; at < end; ++at) thin[at * width + column] = 1;
      row = end;
    }
  }
  // With one row of play, for rules are bent and cut into pixels.
  const near: number[] = [];
  for (let index = 0; index < thin.length; ++index) {
    if (thin[index] === 1 || thin[index + width] === 1 || thin[index - width] === 1) near.push(index);
  }
  const least = (LEAST_LENGTH - crossed) * width;
  if (near.length < least) return image;
  const columns = Int32Array.from(near, (index) => index % width);
  const rows = Int32Array.from(near, (index) => Math.floor(index / width));
  const drift = Math.floor(MOST_SLOPE * width);
  let erased: Float32Array | undefined;
  for (let fall = -drift; fall <= drift; ++fall) {
    const shifts = Int32Array.from({ length: width }, (_, column) => Math.round((fall * column) / width));
    const counts = new Int32Array(height);
    for (let index = 0; index < columns.length; ++index) {
      const row = (rows[index] as number) - (shifts[columns[index] as number] as number);
      if (row >= 0 && row < height) counts[row] = (counts[row] as number) + 1;
    }
    for (let row = 0; row < height; ++row) {
      if ((counts[row] as number) < least) continue;
      if (crossed > 0 && inkAlong(image, threshold, row, shifts) < LEAST_LENGTH * width) continue;
      erased ??= values.slice();
      for (let column = 0; column < width; ++column) {
        const middle = row + Math.round((fall * column) / width);
        for (let at = Math.max(0, middle - most); at <= Math.min(height - 1, middle + most); ++at) {
          if (thin[at * width + column] !== 1) continue;
          // The antialiased rim of the rule goes with it.
          for (let rim = Math.max(0, at - 1); rim <= Math.min(height - 1, at + 1); ++rim) {
            erased[rim * width + column] = 0;
          }
        }
      }
    }
  }
  return erased === undefined ? image : { values: erased, width, height };
}

/** In how many columns there is ink on a line or next to it. */
function inkAlong({ values, width, height }: GreyImage, threshold: number, row: number, shifts: Int32Array): number {
  let count = 0;
  for (let column = 0; column < width; ++column) {
    const middle = row + (shifts[column] as number);
    for (let at = Math.max(0, middle - 1); at <= Math.min(height - 1, middle + 1); ++at) {
      if ((values[at * width + column] as number) < threshold) continue;
      ++count;
      break;
    }
  }
  return count;
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
