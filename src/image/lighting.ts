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
  return { ...picture, values: picture.values.map((value, index) => value - (surface[index] as number)) };
}

/** The most supple surface that describes the picture, if one does. */
function describe(picture: GreyImage, fittedAcross: number, bothWays: boolean): Float32Array | undefined {
  for (const { degree, leastShare } of SURFACES) {
    const { surface, share } = fitSurface(picture, degree, fittedAcross, bothWays);
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
  fittedAcross: number,
  bothWays: boolean,
): { surface: Float32Array; share: number } {
  const exponents: [number, number][] = [];
  for (let sum = 0; sum <= degree; ++sum) for (let y = 0; y <= sum; ++y) exponents.push([sum - y, y]);
  const count = exponents.length;
  const [ofX, ofY] = [0, 1].map((axis) => Uint8Array.from(exponents, (pair) => pair[axis] as number)) as [
    Uint8Array,
    Uint8Array,
  ];
  const across = powers(width, degree);
  const down = powers(height, degree);
  const termAt = (column: number, row: number, position: number): number =>
    (across[column * (degree + 1) + (ofX[position] as number)] as number) *
    (down[row * (degree + 1) + (ofY[position] as number)] as number);

  // So smooth a surface is known from a coarse grid of pixels.
  const step = Math.max(1, Math.floor(Math.max(width, height) / fittedAcross));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const heights = new Float64Array(columns * rows);
  // Term by term, each for all samples.
  const factors = Array.from({ length: count }, () => new Float64Array(heights.length));
  for (let sample = 0; sample < heights.length; ++sample) {
    const column = step * (sample % columns);
    const row = step * Math.floor(sample / columns);
    heights[sample] = values[row * width + column] as number;
    for (let position = 0; position < count; ++position) {
      (factors[position] as Float64Array)[sample] = termAt(column, row, position);
    }
  }
  const residuals = new Float64Array(heights.length);
  const used = new Uint8Array(heights.length).fill(1);
  let coefficients: number[] = [];
  let share = 0;
  for (let round = 0; round < ROUNDS; ++round) {
    coefficients = solve(normalEquations(heights, factors, used));
    residuals.set(heights);
    factors.forEach((factor, position) => {
      const coefficient = coefficients[position] as number;
      for (let index = 0; index < residuals.length; ++index) {
        residuals[index] = (residuals[index] as number) - (factor[index] as number) * coefficient;
      }
    });
    const usual = residuals.map(Math.abs).sort()[Math.floor(residuals.length / 2)] as number;
    const tolerance = Math.max(LEAST_TOLERANCE, 1.5 * usual);
    const described = Math.max(LEAST_TOLERANCE, DESCRIBED_DEVIATIONS * usual);
    let near = 0;
    let isSettled = true;
    for (let index = 0; index < residuals.length; ++index) {
      const residual = residuals[index] as number;
      const distance = bothWays ? Math.abs(residual) : -residual;
      const isUsed = distance <= tolerance ? 1 : 0;
      if (isUsed !== used[index]) isSettled = false;
      used[index] = isUsed;
      if (distance <= described) ++near;
    }
    share = usual > MOST_DISTANCE ? 0 : near / residuals.length;
    // Further rounds would give the same.
    if (isSettled) break;
  }

  const surface = new Float32Array(values.length);
  const weights = Float64Array.from(coefficients);
  const [ofColumns, ofRow] = [new Float64Array(width * count), new Float64Array(count)];
  for (let column = 0, at = 0; column < width; ++column) {
    for (let position = 0; position < count; ++position, ++at) {
      ofColumns[at] = across[column * (degree + 1) + (ofX[position] as number)] as number;
    }
  }
  for (let row = 0, index = 0; row < height; ++row) {
    for (let position = 0; position < count; ++position) {
      ofRow[position] = down[row * (degree + 1) + (ofY[position] as number)] as number;
    }
    for (let column = 0, at = 0; column < width; ++column, ++index) {
      let sum = 0;
      for (let position = 0; position < count; ++position, ++at) {
        sum += (ofColumns[at] as number) * (ofRow[position] as number) * (weights[position] as number);
      }
      surface[index] = sum;
    }
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
function normalEquations(heights: Float64Array, factors: readonly Float64Array[], used: Uint8Array): number[][] {
  const count = factors.length;
  const kept = Int32Array.from([...used.keys()].filter((index) => used[index] === 1));
  const lists = [...factors, heights].map((list) => {
    const own = new Float64Array(kept.length);
    for (let index = 0; index < kept.length; ++index) own[index] = list[kept[index] as number] as number;
    return own;
  });
  const sums = new Float64Array(count * (count + 1));
  for (let row = 0; row < count; ++row) {
    // Four at a time: sums that wait for nothing but themselves run side by side.
    for (let column = row; column <= count; column += 4) {
      const four = [0, 1, 2, 3].map((next) => lists[Math.min(count, column + next)] as Float64Array);
      const products = sumsOfProducts(lists[row] as Float64Array, four);
      for (let next = 0; next < 4 && column + next <= count; ++next) {
        sums[row * (count + 1) + column + next] = products[next] as number;
      }
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

/** The scalar products of a list with four others. */
function sumsOfProducts(list: Float64Array, others: readonly Float64Array[]): number[] {
  const [first, second, third, fourth] = others as [Float64Array, Float64Array, Float64Array, Float64Array];
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let index = 0; index < list.length; ++index) {
    const value = list[index] as number;
    one += value * (first[index] as number);
    two += value * (second[index] as number);
    three += value * (third[index] as number);
    four += value * (fourth[index] as number);
  }
  return [one, two, three, four];
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
