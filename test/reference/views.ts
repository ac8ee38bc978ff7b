// Other views of an image as one reads about them; assembly/inference/views.ts makes the same, bit for bit.

const SIDE = 28;
const LEAST_OFFSET = 0.75;
const MARGIN = 4;
const BAND_RANK = 6;
const LEAST_CONTRAST = 0.25;
const FRAME = 2;
const QUIET = 0.05;

type Image = Float32Array;
const at = (image: Image, row: number, column: number): number | undefined =>
  row >= 0 && row < SIDE && column >= 0 && column < SIDE ? image[SIDE * row + column] : undefined;
const drawn = (value: (row: number, column: number) => number): Image =>
  Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => value(Math.floor(pixel / SIDE), pixel % SIDE));
const ascending = (values: number[]): number[] => values.toSorted((one, other) => one - other);

/** Moved by whole pixels until the centre of mass is in the middle; undefined where it is nearly there. */
export function centred(image: Image): Image | undefined {
  const sum = (weight: (pixel: number) => number) =>
    image.reduce((total, value, pixel) => total + value * weight(pixel), 0);
  const mass = sum(() => 1);
  if (mass === 0) return undefined;
  const offsets = [
    SIDE / 2 - sum((pixel) => pixel % SIDE) / mass,
    SIDE / 2 - sum((pixel) => Math.floor(pixel / SIDE)) / mass,
  ] as const;
  if (Math.max(...offsets.map(Math.abs)) < LEAST_OFFSET) return undefined;
  const [right, below] = offsets.map((offset) => Math.floor(offset + 0.5)) as [number, number];
  return drawn((row, column) => at(image, row - below, column - right) ?? 0);
}

/** Every column as its distance from the median of its ends; undefined where there are no bands. */
export function levelledColumns(image: Image): Image | undefined {
  const column = (index: number): number[] => Array.from({ length: SIDE }, (_, row) => at(image, row, index) as number);
  const ends = (line: number[]): number[] => [...line.slice(0, MARGIN), ...line.slice(-MARGIN)];
  const papers = Array.from({ length: SIDE }, (_, index) => ascending(ends(column(index)))[MARGIN - 1] as number);
  const ordered = ascending(papers);
  const contrast = Math.fround((ordered[SIDE - 1 - BAND_RANK] as number) - (ordered[BAND_RANK] as number));
  if (contrast < LEAST_CONTRAST) return undefined;
  return drawn((row, index) => Math.abs((at(image, row, index) as number) - (papers[index] as number)));
}

const turned = (image: Image): Image => drawn((row, column) => image[SIDE * column + row] as number);

/** The same with rows. */
export function levelledRows(image: Image): Image | undefined {
  const found = levelledColumns(turned(image));
  return found === undefined ? undefined : turned(found);
}

function around(image: Image, row: number, column: number): number[] {
  return [-1, 0, 1].flatMap((down) => [-1, 0, 1].flatMap((right) => at(image, row + down, column + right) ?? []));
}

/** Closed by 3×3 pixels; undefined where that changes nothing, or the paper around is not quiet. */
export function filled(image: Image): Image | undefined {
  const isFrame = (index: number): boolean => index < FRAME || index >= SIDE - FRAME;
  const frame = image.filter((_, pixel) => isFrame(Math.floor(pixel / SIDE)) || isFrame(pixel % SIDE));
  if (frame.reduce((sum, value) => sum + value, 0) > QUIET * frame.length) return undefined;
  const dilated = drawn((row, column) => Math.max(...around(image, row, column)));
  const found = drawn((row, column) => Math.min(...around(dilated, row, column)));
  return found.some((value, pixel) => value !== image[pixel]) ? found : undefined;
}

/** In the order in which a race tries them. */
export const VIEWS = [centred, levelledColumns, levelledRows, filled] as const;
