import type { GreyImage } from "./grey.ts";

const ROUNDS = 6;
/**
 * Degrees of the surfaces tried, the more supple first, each with the share of the pixels that it must describe. Thick ink
 * leaves too little of the sheet for a supple surface, which would follow it; a shadow with an edge suits neither.
 */
const SURFACES = [
  { degree: 4, leastShare: 0.85 },
  { degree: 2, leastShare: 0.75 },
] as const;
/** Pixels this much darker than the surface are never taken for ink, however clean the sheet. */
const LEAST_TOLERANCE = 0.01;

/** The usual pixel must lie this near to the surface, in brightness: under a digit that fills the picture none does. */
const MOST_DISTANCE = 0.06;
/** A pixel is described if it is no further below the surface than this many usual distances. */
const DESCRIBED_DEVIATIONS = 3;

/**
 * The light that falls on a sheet with dark ink, as a surface of fourth degree where there is little ink, otherwise of
 * second: enough for a lamp to one side and for dark corners, too little to follow strokes. It is fitted by least
 * squares; after each round, what is clearly darker than the surface is taken for ink and left out of the next.
 *
 * @param paper dark ink on a bright sheet, a few thousand pixels
 * @returns the brightness of the bare sheet, one value per pixel, not bounded to [0, 1]; all 1 where no such surface fits
 */
export function fitLighting(paper: GreyImage): GreyImage {
  const { width, height } = paper;
  return { values: describe(paper, false) ?? new Float32Array(width * height).fill(1), width, height };
}

/**
 * What is left of a picture when the light is taken away, without knowing which way the ink differs: what is clearly
 * darker and what is clearly brighter than the surface is left out alike. Inverting the picture inverts the result
 * around 0, up to a constant.
 *
 * @returns differences of brightness; the picture itself where no surface fits
 */
export function withoutLighting(picture: GreyImage): GreyImage {
  const surface = describe(picture, true);
  if (surface === undefined) return picture;
  return { ...picture, values: picture.values.map((value, index) => value - (surface[index] as number)) };
}

/** The most supple surface that describes the picture, if one does. */
function describe(picture: GreyImage, bothWays: boolean): Float32Array | undefined {
  for (const { degree, leastShare } of SURFACES) {
    const { surface, share } = fitSurface(picture, degree, bothWays);
    if (share >= leastShare) return surface;
  }
  return undefined;
}

/**
 * The surface of a degree, and the share of the pixels that it describes.
 *
 * @param bothWays whether ink may also be brighter than the surface
 */
function fitSurface(
  { values, width, height }: GreyImage,
  degree: number,
  bothWays: boolean,
): { surface: Float32Array; share: number } {
  const across = powers(width, degree);
  const down = powers(height, degree);
  const exponents: [number, number][] = [];
  for (let sum = 0; sum <= degree; ++sum) for (let y = 0; y <= sum; ++y) exponents.push([sum - y, y]);
  const count = exponents.length;
  const terms = new Float64Array(values.length * count);
  for (let index = 0; index < values.length; ++index) {
    const x = (index % width) * (degree + 1);
    const y = Math.floor(index / width) * (degree + 1);
    exponents.forEach(([ofX, ofY], position) => {
      terms[index * count + position] = (across[x + ofX] as number) * (down[y + ofY] as number);
    });
  }
  const surface = new Float32Array(values.length);
  let used = new Uint8Array(values.length).fill(1);
  let share = 0;
  for (let round = 0; round < ROUNDS; ++round) {
    const coefficients = solve(normalEquations(values, terms, count, used));
    for (let index = 0; index < values.length; ++index) {
      let sum = 0;
      for (let position = 0; position < count; ++position) {
        sum += (terms[index * count + position] as number) * (coefficients[position] as number);
      }
      surface[index] = sum;
    }
    const residuals = values.map((value, index) => value - (surface[index] as number));
    const usual = residuals.map(Math.abs).sort()[Math.floor(residuals.length / 2)] as number;
    const within = (residual: number, tolerance: number): boolean =>
      residual >= -tolerance && (!bothWays || residual <= tolerance);
    const tolerance = Math.max(LEAST_TOLERANCE, 1.5 * usual);
    used = Uint8Array.from(residuals, (residual) => (within(residual, tolerance) ? 1 : 0));
    const described = Math.max(LEAST_TOLERANCE, DESCRIBED_DEVIATIONS * usual);
    const near = residuals.reduce((sum, residual) => sum + (within(residual, described) ? 1 : 0), 0);
    share = usual > MOST_DISTANCE ? 0 : near / residuals.length;
  }
  return { surface, share };
}

/** For each of `length` places, the powers from 0 to `degree` of its distance from the middle in half lengths. */
function powers(length: number, degree: number): Float64Array {
  const all = new Float64Array(length * (degree + 1)).fill(1);
  for (let place = 0; place < length; ++place) {
    // Around the middle and of unit size, which keeps the equations well conditioned.
    const distance = (2 * place + 1) / length - 1;
    for (let power = 1; power <= degree; ++power) {
      const at = place * (degree + 1) + power;
      all[at] = (all[at - 1] as number) * distance;
    }
  }
  return all;
}

/** One row per term, and the right-hand side as the last column. */
function normalEquations(values: Float32Array, terms: Float64Array, count: number, used: Uint8Array): number[][] {
  const rows = Array.from({ length: count }, () => new Array<number>(count + 1).fill(0));
  for (let index = 0; index < values.length; ++index) {
    if (used[index] === 0) continue;
    const start = index * count;
    rows.forEach((row, position) => {
      const factor = terms[start + position] as number;
      for (let column = position; column < count; ++column) {
        row[column] = (row[column] as number) + factor * (terms[start + column] as number);
      }
      row[count] = (row[count] as number) + factor * (values[index] as number);
    });
  }
  // The matrix is symmetric: its lower half is not looked at but by the elimination.
  rows.forEach((row, position) => {
    for (let column = 0; column < position; ++column) row[column] = (rows[column] as number[])[position] as number;
  });
  // A picture one pixel wide cannot tell its terms apart; a trace of ridge gives those no weight.
  rows.forEach((row, position) => {
    row[position] = (row[position] as number) + 1e-6;
  });
  return rows;
}

/** Gaussian elimination; the ridge makes the matrix positive definite, so no pivoting is needed. */
function solve(rows: number[][]): number[] {
  const count = rows.length;
  for (const [position, pivot] of rows.entries()) {
    for (const row of rows.slice(position + 1)) {
      const factor = (row[position] as number) / (pivot[position] as number);
      for (let column = position; column <= count; ++column) {
        row[column] = (row[column] as number) - factor * (pivot[column] as number);
      }
    }
  }
  const solution = new Array<number>(count).fill(0);
  for (let position = count - 1; position >= 0; --position) {
    const row = rows[position] as number[];
    let sum = row[count] as number;
    for (let column = position + 1; column < count; ++column) {
      sum -= (row[column] as number) * (solution[column] as number);
    }
    solution[position] = sum / (row[position] as number);
  }
  return solution;
}
