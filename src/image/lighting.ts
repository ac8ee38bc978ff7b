import type { GreyImage } from "./grey.ts";

const ROUNDS = 6;
/** Pixels along the longer side that a surface is fitted to, at least (if there are so many) and less than twice as many. */
export const FITTED_ACROSS = 32;
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
 * @param across how many pixels along the longer side it is fitted to, at least and less than twice as many
 * @returns the brightness of the bare sheet, one value per pixel, not bounded to [0, 1]; all 1 where no such surface fits
 */
export function fitLighting(paper: GreyImage, across = FITTED_ACROSS): GreyImage {
  const { width, height } = paper;
  return { values: describe(paper, across, false) ?? new Float32Array(width * height).fill(1), width, height };
}

/**
 * What is left of a picture when the light is taken away, without knowing which way the ink differs: what is clearly
 * darker and what is clearly brighter than the surface is left out alike. Inverting the picture inverts the result
 * around 0, up to a constant.
 *
 * @param across as in `fitLighting`
 * @returns differences of brightness; the picture itself where no surface fits
 */
export function withoutLighting(picture: GreyImage, across = FITTED_ACROSS): GreyImage {
  const surface = describe(picture, across, true);
  if (surface === undefined) return picture;
  for (let index = 0; index < surface.length; ++index) {
    surface[index] = (picture.values[index] as number) - (surface[index] as number);
  }
  return { ...picture, values: surface };
}

/** The most supple surface that describes the picture, if one does. */
function describe(picture: GreyImage, fittedAcross: number, bothWays: boolean): Float32Array | undefined {
  for (const { degree, leastShare } of SURFACES) {
    const { polynomial, share } = fitSurface(picture, degree, fittedAcross, bothWays);
    if (share >= leastShare) return valuesOf(polynomial, picture.width, picture.height, 1);
  }
  return undefined;
}

/** A polynomial of two variables. */
interface Polynomial {
  readonly degree: number;
  /** The coefficients of x^i y^j, i + j up to the degree, at j · (degree + 1) + i. */
  readonly coefficients: Float64Array;
}

/**
 * The surface of a degree, and the share of the pixels that it describes.
 *
 * @param bothWays whether ink may also be brighter than the surface
 */
function fitSurface(
  { values, width, height }: GreyImage,
  degree: number,
  fittedAcross: number,
  bothWays: boolean,
): { polynomial: Polynomial; share: number } {
  // So smooth a surface is known from a coarse grid of pixels.
  const step = Math.max(1, Math.floor(Math.max(width, height) / fittedAcross));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const heights = new Float64Array(columns * rows);
  for (let row = 0, sample = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column, ++sample) {
      heights[sample] = values[step * (row * width + column)] as number;
    }
  }
  const [across, down] = [places(width, step), places(height, step)];
  const distances = new Float64Array(heights.length);
  const used = new Uint8Array(heights.length).fill(1);
  let polynomial: Polynomial = { degree, coefficients: new Float64Array((degree + 1) ** 2) };
  let share = 0;
  for (let round = 0; round < ROUNDS; ++round) {
    polynomial = fitPolynomial(heights, used, across, down, degree);
    const surface = valuesOf(polynomial, width, height, step);
    for (let index = 0; index < heights.length; ++index) {
      distances[index] = Math.abs((heights[index] as number) - (surface[index] as number));
    }
    const usual = distances.sort()[Math.floor(distances.length / 2)] as number;
    const tolerance = Math.max(LEAST_TOLERANCE, 1.5 * usual);
    const described = Math.max(LEAST_TOLERANCE, DESCRIBED_DEVIATIONS * usual);
    let near = 0;
    let isSettled = true;
    for (let index = 0; index < heights.length; ++index) {
      const residual = (heights[index] as number) - (surface[index] as number);
      const distance = bothWays ? Math.abs(residual) : -residual;
      const isUsed = distance <= tolerance ? 1 : 0;
      if (isUsed !== used[index]) isSettled = false;
      used[index] = isUsed;
      if (distance <= described) ++near;
    }
    share = usual > MOST_DISTANCE ? 0 : near / heights.length;
    // Further rounds would give the same.
    if (isSettled) break;
  }
  return { polynomial, share };
}

/** Of every so many of `length` places the distance from the middle, in half lengths: of unit size, which keeps equations well conditioned. */
function places(length: number, step: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(length / step) }, (_, index) => (2 * step * index + 1) / length - 1);
}

/** A polynomial's values at every so many pixels of so many rows and columns. */
function valuesOf({ degree, coefficients }: Polynomial, width: number, height: number, step: number): Float32Array {
  const [across, down] = [places(width, step), places(height, step)];
  const surface = new Float32Array(across.length * down.length);
  const ofRow = new Float64Array(degree + 1);
  for (let row = 0, index = 0; row < down.length; ++row) {
    // Horner's rule, first down and then across.
    const y = down[row] as number;
    for (let power = 0; power <= degree; ++power) {
      let sum = 0;
      for (let other = degree - power; other >= 0; --other) {
        sum = sum * y + (coefficients[other * (degree + 1) + power] as number);
      }
      ofRow[power] = sum;
    }
    for (let column = 0; column < across.length; ++column, ++index) {
      const x = across[column] as number;
      let sum = 0;
      for (let power = degree; power >= 0; --power) sum = sum * x + (ofRow[power] as number);
      surface[index] = sum;
    }
  }
  return surface;
}

/** The polynomial of the least squares of the samples in use. */
function fitPolynomial(
  heights: Float64Array,
  used: Uint8Array,
  across: Float64Array,
  down: Float64Array,
  degree: number,
): Polynomial {
  // The equations hold sums of x^i y^j, of which many are the same: each is summed once, row by row.
  const most = 2 * degree;
  const moments = new Float64Array((most + 1) ** 2);
  const products = new Float64Array((degree + 1) ** 2);
  const [ofRow, productsOfRow] = [new Float64Array(most + 1), new Float64Array(degree + 1)];
  for (let row = 0, sample = 0; row < down.length; ++row) {
    ofRow.fill(0);
    productsOfRow.fill(0);
    for (let column = 0; column < across.length; ++column, ++sample) {
      if (used[sample] === 0) continue;
      const x = across[column] as number;
      const value = heights[sample] as number;
      for (let power = 0, term = 1; power <= most; ++power, term *= x) {
        ofRow[power] = (ofRow[power] as number) + term;
        if (power <= degree) productsOfRow[power] = (productsOfRow[power] as number) + value * term;
      }
    }
    const y = down[row] as number;
    for (let other = 0, term = 1; other <= most; ++other, term *= y) {
      for (let power = 0; power <= most - other; ++power) {
        const at = other * (most + 1) + power;
        moments[at] = (moments[at] as number) + term * (ofRow[power] as number);
      }
      for (let power = 0; power <= degree - other; ++power) {
        const at = other * (degree + 1) + power;
        products[at] = (products[at] as number) + term * (productsOfRow[power] as number);
      }
    }
  }
  const terms: (readonly [number, number])[] = [];
  for (let sum = 0; sum <= degree; ++sum) for (let y = 0; y <= sum; ++y) terms.push([sum - y, y]);
  const solution = solve(
    terms.map(([x, y], row) => [
      // A picture one pixel wide cannot tell its terms apart, and a trace of ridge gives those no weight.
      ...terms.map(
        ([otherX, otherY], column) =>
          (moments[(y + otherY) * (most + 1) + x + otherX] as number) + (column === row ? 1e-6 : 0),
      ),
      products[y * (degree + 1) + x] as number,
    ]),
  );
  const coefficients = new Float64Array((degree + 1) ** 2);
  terms.forEach(([x, y], term) => {
    coefficients[y * (degree + 1) + x] = solution[term] as number;
  });
  return { degree, coefficients };
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
