import type { GreyImage } from "./grey.ts";

/** Terms of the surface: 1, x, y, x², xy, y². */
const TERMS = 6;
const ROUNDS = 6;
/** The surface must describe this share of the pixels; a shadow with an edge across the sheet is none of its kind. */
const LEAST_SHARE = 0.75;
/** Pixels this much darker than the surface are never taken for ink, however clean the sheet. */
const LEAST_TOLERANCE = 0.01;

/**
 * The light that falls on a sheet with dark ink, as a surface of second degree: enough for a lamp to one side and for
 * dark corners, too little to follow strokes. It is fitted by least squares; after each round, what is clearly darker
 * than the surface is taken for ink and left out of the next.
 *
 * @param paper dark ink on a bright sheet, a few thousand pixels
 * @returns the brightness of the bare sheet, one value per pixel, not bounded to [0, 1]; all 1 where no such surface fits
 */
export function fitLighting(paper: GreyImage): GreyImage {
  const { values, width, height } = paper;
  let used = new Uint8Array(values.length).fill(1);
  let surface: Float32Array = values;
  for (let round = 0; round < ROUNDS; ++round) {
    surface = evaluate(solve(normalEquations(paper, used)), width, height);
    const residuals = values.map((value, index) => value - (surface[index] as number));
    const usual = residuals.map(Math.abs).sort()[Math.floor(residuals.length / 2)] as number;
    const tolerance = Math.max(LEAST_TOLERANCE, 1.5 * usual);
    used = Uint8Array.from(residuals, (residual) => (residual >= -tolerance ? 1 : 0));
  }
  const share = used.reduce((sum, kept) => sum + kept, 0) / used.length;
  return { values: share < LEAST_SHARE ? new Float32Array(values.length).fill(1) : surface, width, height };
}

function terms(column: number, row: number, width: number, height: number): number[] {
  // Around the middle and of unit size, which keeps the equations well conditioned.
  const x = (2 * column + 1) / width - 1;
  const y = (2 * row + 1) / height - 1;
  return [1, x, y, x * x, x * y, y * y];
}

function evaluate(coefficients: readonly number[], width: number, height: number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, index) =>
    terms(index % width, Math.floor(index / width), width, height).reduce(
      (sum, term, position) => sum + term * (coefficients[position] as number),
      0,
    ),
  );
}

/** Rows of six coefficients and the right-hand side. */
function normalEquations({ values, width, height }: GreyImage, used: Uint8Array): number[][] {
  const rows = Array.from({ length: TERMS }, () => new Array<number>(TERMS + 1).fill(0));
  values.forEach((value, index) => {
    if (used[index] === 0) return;
    const at = terms(index % width, Math.floor(index / width), width, height);
    rows.forEach((row, position) => {
      const factor = at[position] as number;
      for (let column = 0; column < TERMS; ++column)
        row[column] = (row[column] as number) + factor * (at[column] as number);
      row[TERMS] = (row[TERMS] as number) + factor * value;
    });
  });
  // A picture one pixel wide cannot tell its terms apart; a trace of ridge gives those no weight.
  rows.forEach((row, position) => {
    row[position] = (row[position] as number) + 1e-6;
  });
  return rows;
}

/** Gaussian elimination; the ridge makes the matrix positive definite, so no pivoting is needed. */
function solve(rows: number[][]): number[] {
  for (const [position, pivot] of rows.entries()) {
    for (const row of rows.slice(position + 1)) {
      const factor = (row[position] as number) / (pivot[position] as number);
      for (let column = position; column <= TERMS; ++column) {
        row[column] = (row[column] as number) - factor * (pivot[column] as number);
      }
    }
  }
  const solution = new Array<number>(TERMS).fill(0);
  for (let position = TERMS - 1; position >= 0; --position) {
    const row = rows[position] as number[];
    let sum = row[TERMS] as number;
    for (let column = position + 1; column < TERMS; ++column)
      sum -= (row[column] as number) * (solution[column] as number);
    solution[position] = sum / (row[position] as number);
  }
  return solution;
}
