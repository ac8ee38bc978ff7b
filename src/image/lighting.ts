import type { GreyImage } from "./grey.ts";

const ROUNDS = 6;
/** Pixels along the longer side that a surface is fitted to, at least (if there are so many) and less than twice as many. */
const FITTED_ACROSS = 32;
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
  const exponents: [number, number][] = [];
  for (let sum = 0; sum <= degree; ++sum) for (let y = 0; y <= sum; ++y) exponents.push([sum - y, y]);
  const count = exponents.length;
  const across = powers(width, degree);
  const down = powers(height, degree);
  const termAt = (column: number, row: number, position: number): number => {
    const [ofX, ofY] = exponents[position] as [number, number];
    return (across[column * (degree + 1) + ofX] as number) * (down[row * (degree + 1) + ofY] as number);
  };

  // So smooth a surface is known from a coarse grid of pixels.
  const step = Math.max(1, Math.floor(Math.max(width, height) / FITTED_ACROSS));
  const samples: number[] = [];
  const terms: number[] = [];
  for (let row = 0; row < height; row += step) {
    for (let column = 0; column < width; column += step) {
      samples.push(values[row * width + column] as number);
      for (let position = 0; position < count; ++position) terms.push(termAt(column, row, position));
    }
  }
  const heights = Float64Array.from(samples);
  const factors = Float64Array.from(terms);
  const residuals = new Float64Array(heights.length);
  const used = new Uint8Array(heights.length).fill(1);
  let coefficients: number[] = [];
  let share = 0;
  for (let round = 0; round < ROUNDS; ++round) {
    coefficients = solve(normalEquations(heights, factors, count, used));
    for (let index = 0; index < heights.length; ++index) {
      let rest = heights[index] as number;
      for (let position = 0; position < count; ++position) {
        rest -= (factors[index * count + position] as number) * (coefficients[position] as number);
      }
      residuals[index] = rest;
    }
    const usual = residuals.map(Math.abs).sort()[Math.floor(residuals.length / 2)] as number;
    const tolerance = Math.max(LEAST_TOLERANCE, 1.5 * usual);
    const described = Math.max(LEAST_TOLERANCE, DESCRIBED_DEVIATIONS * usual);
    let near = 0;
    residuals.forEach((residual, index) => {
      const distance = bothWays ? Math.abs(residual) : -residual;
      used[index] = distance <= tolerance ? 1 : 0;
      if (distance <= described) ++near;
    });
    share = usual > MOST_DISTANCE ? 0 : near / residuals.length;
  }

  const surface = new Float32Array(values.length);
  for (let index = 0; index < values.length; ++index) {
    const column = index % width;
    const row = (index - column) / width;
    let sum = 0;
    for (let position = 0; position < count; ++position) {
      sum += termAt(column, row, position) * (coefficients[position] as number);
    }
    surface[index] = sum;
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
function normalEquations(heights: Float64Array, factors: Float64Array, count: number, used: Uint8Array): number[][] {
  const sums = new Float64Array(count * (count + 1));
  for (let index = 0; index < heights.length; ++index) {
    if (used[index] === 0) continue;
    const start = index * count;
    for (let row = 0; row < count; ++row) {
      const factor = factors[start + row] as number;
      const line = row * (count + 1);
      for (let column = row; column < count; ++column) {
        sums[line + column] = (sums[line + column] as number) + factor * (factors[start + column] as number);
      }
      sums[line + count] = (sums[line + count] as number) + factor * (heights[index] as number);
    }
  }
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: count + 1 }, (_, column) => {
      // The matrix is symmetric; a picture one pixel wide cannot tell its terms apart, and a trace of ridge gives those no weight.
      const place = column < row ? column * (count + 1) + row : row * (count + 1) + column;
      return (sums[place] as number) + (column === row ? 1e-6 : 0);
    }),
  );
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
