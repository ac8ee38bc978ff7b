/** Median and quartiles of repeated measurements. */
export interface Spread {
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
}

/**
 * The value below which a share (0 … 1) of the values lies, interpolated between neighbours.
 *
 * @throws {RangeError} without values
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) throw new RangeError("a quantile of no values was asked for");
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (place - Math.floor(place)) * (above - below);
}

/** Median and quartiles. */
export function spread(values: ArrayLike<number>): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** The arithmetic mean. */
export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}
