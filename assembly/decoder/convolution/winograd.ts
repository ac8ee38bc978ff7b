// Short convolutions by Winograd's minimal algorithm F(4, 3) (Lavin and Gray 2016, arXiv:1509.09308) and by its
// transpose, Toom-Cook's algorithm for whole linear convolutions, both with the points 0, ±1, ±2 and ∞.
//
// F(4, 3) takes 6 neighbouring inputs d and 3 taps g to 4 outputs y_i = Σ_k d_{i+k} g_k with 6 products instead of 12:
//
//   y = Aᵀ[(G g) ⊙ (Bᵀ d)],    and transposed, from 4 inputs x to 6 outputs s_{i+k} = Σ x_i g_k:    s = B[(G g) ⊙ (A x)].
//
// Along both axes that is 36 products for a tile of 4×4 outputs (or inputs), not 144. G g is worked out when a model is
// loaded; a product is a matrix of channels to channels, so that each of the 36 points is an ordinary small matrix product
// over all tiles. Rounding errors grow about tenfold over the direct sum's, to some 10⁻⁶ of the largest output.
//
// This file holds the transforms of tiles, n×n vectors of 4 channels each. Steps are in bytes.

/** Points along an axis, and inputs or outputs of a tile along an axis on its wide and its narrow side. */
export const POINTS: i32 = 6;
export const WIDE: i32 = 6;
export const NARROW: i32 = 4;
export const TAPS: i32 = 3;

/** 36 v128, between the two passes of a transform. */
const between: usize = memory.data(36 * 16, 16);

/** G g for one axis: `source` f32 [3] with a step, `target` f32 [6] with a step, in bytes. */
export function transformTaps(source: usize, sourceStep: usize, target: usize, targetStep: usize): void {
  const g0 = load<f32>(source);
  const g1 = load<f32>(source + sourceStep);
  const g2 = load<f32>(source + 2 * sourceStep);
  const outer = -(g0 + g2) / 6;
  const wide = (g0 + 4 * g2) / 24;
  store<f32>(target, g0 / 4);
  store<f32>(target + targetStep, outer - g1 / 6);
  store<f32>(target + 2 * targetStep, outer + g1 / 6);
  store<f32>(target + 3 * targetStep, wide + g1 / 12);
  store<f32>(target + 4 * targetStep, wide - g1 / 12);
  store<f32>(target + 5 * targetStep, g2);
}

// The transforms along one axis do `count` lines in a call: what is read and written are `step` and `toStep` apart along
// the axis, and `next` and `toNext` from one line to the next.

function scaled(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor));
}

/** Bᵀ d along one axis. */
function wideToPoints(
  from: usize,
  step: usize,
  next: usize,
  to: usize,
  toStep: usize,
  toNext: usize,
  count: i32,
): void {
  for (let line = 0; line < count; ++line) {
    const d1 = v128.load(from + step);
    const d2 = v128.load(from + 2 * step);
    const d3 = v128.load(from + 3 * step);
    const d4 = v128.load(from + 4 * step);
    const d0 = v128.load(from);
    v128.store(to, f32x4.add(f32x4.sub(scaled(d0, 4), scaled(d2, 5)), d4));
    const even = f32x4.sub(d4, scaled(d2, 4));
    const odd = f32x4.sub(d3, scaled(d1, 4));
    v128.store(to + toStep, f32x4.add(even, odd));
    v128.store(to + 2 * toStep, f32x4.sub(even, odd));
    const even2 = f32x4.sub(d4, d2);
    const odd2 = scaled(f32x4.sub(d3, d1), 2);
    v128.store(to + 3 * toStep, f32x4.add(even2, odd2));
    v128.store(to + 4 * toStep, f32x4.sub(even2, odd2));
    const d5 = v128.load(from + 5 * step);
    v128.store(to + 5 * toStep, f32x4.add(f32x4.sub(scaled(d1, 4), scaled(d3, 5)), d5));
    from += next;
    to += toNext;
  }
}

/** Aᵀ m along one axis. */
function pointsToNarrow(
  from: usize,
  step: usize,
  next: usize,
  to: usize,
  toStep: usize,
  toNext: usize,
  count: i32,
): void {
  for (let line = 0; line < count; ++line) {
    const m1 = v128.load(from + step);
    const m2 = v128.load(from + 2 * step);
    const m3 = v128.load(from + 3 * step);
    const m4 = v128.load(from + 4 * step);
    const sum = f32x4.add(m1, m2);
    const difference = f32x4.sub(m1, m2);
    const sum2 = f32x4.add(m3, m4);
    const difference2 = f32x4.sub(m3, m4);
    v128.store(to, f32x4.add(f32x4.add(v128.load(from), sum), sum2));
    v128.store(to + toStep, f32x4.add(difference, scaled(difference2, 2)));
    v128.store(to + 2 * toStep, f32x4.add(sum, scaled(sum2, 4)));
    v128.store(to + 3 * toStep, f32x4.add(f32x4.add(difference, scaled(difference2, 8)), v128.load(from + 5 * step)));
    from += next;
    to += toNext;
  }
}

/** A x along one axis. */
function narrowToPoints(
  from: usize,
  step: usize,
  next: usize,
  to: usize,
  toStep: usize,
  toNext: usize,
  count: i32,
): void {
  for (let line = 0; line < count; ++line) {
    const x0 = v128.load(from);
    const x1 = v128.load(from + step);
    const x2 = v128.load(from + 2 * step);
    const x3 = v128.load(from + 3 * step);
    v128.store(to, x0);
    const even = f32x4.add(x0, x2);
    const odd = f32x4.add(x1, x3);
    v128.store(to + toStep, f32x4.add(even, odd));
    v128.store(to + 2 * toStep, f32x4.sub(even, odd));
    const even2 = f32x4.add(x0, scaled(x2, 4));
    const odd2 = f32x4.add(scaled(x1, 2), scaled(x3, 8));
    v128.store(to + 3 * toStep, f32x4.add(even2, odd2));
    v128.store(to + 4 * toStep, f32x4.sub(even2, odd2));
    v128.store(to + 5 * toStep, x3);
    from += next;
    to += toNext;
  }
}

/** B m along one axis. */
function pointsToWide(
  from: usize,
  step: usize,
  next: usize,
  to: usize,
  toStep: usize,
  toNext: usize,
  count: i32,
): void {
  for (let line = 0; line < count; ++line) {
    const m0 = v128.load(from);
    const m1 = v128.load(from + step);
    const m2 = v128.load(from + 2 * step);
    const m3 = v128.load(from + 3 * step);
    const m4 = v128.load(from + 4 * step);
    const m5 = v128.load(from + 5 * step);
    const sum = f32x4.add(m1, m2);
    const difference = f32x4.sub(m1, m2);
    const sum2 = f32x4.add(m3, m4);
    const difference2 = scaled(f32x4.sub(m3, m4), 2);
    v128.store(to, scaled(m0, 4));
    v128.store(to + toStep, f32x4.sub(scaled(f32x4.sub(m5, difference), 4), difference2));
    v128.store(to + 2 * toStep, f32x4.neg(f32x4.add(f32x4.add(scaled(m0, 5), scaled(sum, 4)), sum2)));
    v128.store(to + 3 * toStep, f32x4.sub(f32x4.add(difference, difference2), scaled(m5, 5)));
    v128.store(to + 4 * toStep, f32x4.add(f32x4.add(m0, sum), sum2));
    v128.store(to + 5 * toStep, m5);
    from += next;
    to += toNext;
  }
}

/** Bᵀ d B: a tile of 6×6 to 36 points, `step` from one point to the next. */
export function wideTileToPoints(tile: usize, rowStep: usize, columnStep: usize, points: usize, step: usize): void {
  wideToPoints(tile, rowStep, columnStep, between, 96, 16, 6);
  wideToPoints(between, 16, 96, points, step, 6 * step, 6);
}

/** A x Aᵀ: a tile of 4×4 to 36 points. */
export function narrowTileToPoints(tile: usize, rowStep: usize, columnStep: usize, points: usize, step: usize): void {
  narrowToPoints(tile, rowStep, columnStep, between, 64, 16, 4);
  narrowToPoints(between, 16, 64, points, step, 6 * step, 6);
}

/** Aᵀ m A with a bias: 36 points to the upper left `rows` × `columns` of a tile of 4×4. */
export function pointsToNarrowTile(
  points: usize,
  step: usize,
  bias: v128,
  tile: usize,
  rowStep: usize,
  columnStep: usize,
  rows: i32,
  columns: i32,
): void {
  pointsToNarrow(points, 6 * step, step, between, 96, 16, 6);
  pointsToNarrow(between, 16, 96, between, 16, 96, rows);
  let from = between;
  for (let row = 0; row < rows; ++row) {
    v128.store(tile, f32x4.add(v128.load(from), bias));
    if (columns > 1) v128.store(tile + columnStep, f32x4.add(v128.load(from, 16), bias));
    if (columns > 2) v128.store(tile + 2 * columnStep, f32x4.add(v128.load(from, 32), bias));
    if (columns > 3) v128.store(tile + 3 * columnStep, f32x4.add(v128.load(from, 48), bias));
    from += 96;
    tile += rowStep;
  }
}

/** B m Bᵀ: 36 points, added to a tile of 6×6. */
export function addPointsToWideTile(points: usize, step: usize, tile: usize, rowStep: usize, columnStep: usize): void {
  pointsToWide(points, step, 6 * step, between, 16, 96, 6);
  pointsToWide(between, 96, 16, between, 96, 16, 6);
  let from = between;
  for (let row = 0; row < 6; ++row) {
    let to = tile;
    for (let column = 0; column < 6; ++column) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
      from += 16;
      to += columnStep;
    }
    tile += rowStep;
  }
}
