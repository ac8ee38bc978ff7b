/** Where ink begins and what lies below. All values are ink strengths in [0, 1]. */
export interface InkLevels {
  /** At least this strong is ink. */
  readonly threshold: number;
  /** Up to this strong is bare background with its noise. */
  readonly floor: number;
}

const BINS = 256;
/** Ink must stand out from the background by this much: fainter marks are paper grain and camera noise. */
const LEAST_CONTRAST = 0.04;
/** …and by this many standard deviations of the background, which pure noise cut in two never does. */
const LEAST_SIGNIFICANCE = 5;
/** All but this share of the pixels stay below the strongest ink. */
const STRONGEST_SHARE = 0.995;
/**
 * Ink is at least this share of the strongest ink in the mean: pencils are seldom less even, and what a sponge leaves of chalk is
 * weaker. Chosen on drawn validation digits, smeared and uneven ones, by what `npx tsx bench/pictures.ts --data DIR` prints.
 */
const UNEVEN_SHARE = 0.6;
const RECUTS = 3;
/** This share of the background is bare sheet, even where strokes fade out: their rims are seldom a quarter of it… */
const BARE_SHARE = 0.75;
/** …and ink is this many times further above its median than that share reaches; the halves of normal and of uniform noise are 4.1 and 4. */
const LEAST_GAP = 4.4;
/** Deviations above the background's median at which ink may begin at the earliest. */
const THRESHOLD_DEVIATIONS = 3.5;
/** Deviations above the background's median that still count as nothing. */
const FLOOR_DEVIATIONS = 2;

/**
 * Finds the strength that parts ink from background: Otsu's threshold (the cut with the greatest variance between the
 * two sides), but no lower than the background's noise allows. Returns undefined where nothing stands out.
 */
export function findInkLevels(strengths: Float32Array): InkLevels | undefined {
  const cut = findCut(strengths);
  // Only what lies below the cut: where ink covers half the picture, statistics of all pixels would tell of the ink.
  const background = below(strengths, cut);
  const median = medianOf(background);
  const distances = new Float32Array(background.length);
  for (let index = 0; index < distances.length; ++index) {
    distances[index] = Math.abs((background[index] as number) - median);
  }
  // 1.4826 turns the median absolute deviation of a normal distribution into its standard deviation.
  const deviation = 1.4826 * medianOf(distances);
  const threshold = Math.max(cut, median + THRESHOLD_DEVIATIONS * deviation);

  let sum = 0;
  let count = 0;
  for (let index = 0; index < strengths.length; ++index) {
    const strength = strengths[index] as number;
    if (strength < threshold) continue;
    sum += strength;
    ++count;
  }
  const contrast = count === 0 ? 0 : sum / count - median;
  if (contrast < LEAST_CONTRAST || contrast < LEAST_SIGNIFICANCE * deviation) return undefined;
  if (contrast < LEAST_GAP * (quantile(background, BARE_SHARE) - median)) return undefined;
  return { threshold, floor: Math.min(threshold / 2, median + FLOOR_DEVIATIONS * deviation) };
}

/** The strengths below a cut; all where none are. */
function below(strengths: Float32Array, cut: number): Float32Array {
  const found = new Float32Array(strengths.length);
  let count = 0;
  for (let index = 0; index < strengths.length; ++index) {
    const strength = strengths[index] as number;
    if (strength < cut) found[count++] = strength;
  }
  return count === 0 ? strengths : found.subarray(0, count);
}

/** The cut in two alone, whether or not something stands out. */
export function findCut(strengths: Float32Array): number {
  const histogram = new Float64Array(BINS);
  for (let index = 0; index < strengths.length; ++index) {
    const bin = Math.min(BINS - 1, Math.floor((strengths[index] as number) * BINS));
    histogram[bin] = (histogram[bin] as number) + 1;
  }
  let cut = otsu(histogram);
  // Where ink is little and the sheet uneven, the first cut parts light from shade; what lies above is cut again.
  const strongest = quantile(strengths, STRONGEST_SHARE);
  for (let round = 0; round < RECUTS && meanFrom(histogram, cut) < UNEVEN_SHARE * strongest; ++round) {
    cut = otsu(histogram.map((count, bin) => (bin < cut * BINS ? 0 : count)));
  }
  return cut;
}

/**
 * The value that the given share of the values does not exceed. The share is in [0, 1]; the values must not be negative, and
 * there must be some. It is selected by its bits, upper ones first, as those of such floats are in the order of their values.
 */
export function quantile(values: Float32Array, share: number): number {
  // Of each round's bits those that go on to the next.
  let bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(2048);
  let rank = Math.min(bits.length - 1, Math.floor(share * bits.length));
  let known = 0;
  for (const [shift, width] of [
    [21, 11],
    [10, 11],
    [0, 10],
  ] as const) {
    counts.fill(0);
    const own = (1 << width) - 1;
    for (let index = 0; index < bits.length; ++index) {
      const part = ((bits[index] as number) >>> shift) & own;
      counts[part] = (counts[part] as number) + 1;
    }
    let part = 0;
    for (; rank >= (counts[part] as number); ++part) rank -= counts[part] as number;
    known |= part << shift;
    if (shift === 0) break;
    const left = new Uint32Array(counts[part] as number);
    for (let index = 0, count = 0; count < left.length; ++index) {
      const pattern = bits[index] as number;
      if (((pattern >>> shift) & own) === part) left[count++] = pattern;
    }
    bits = left;
  }
  return new Float32Array(Int32Array.of(known).buffer)[0] as number;
}

function medianOf(values: Float32Array): number {
  return quantile(values, 0.5);
}

/** The mean strength of the bins from a strength on. */
function meanFrom(histogram: Float64Array, strength: number): number {
  let total = 0;
  let moment = 0;
  histogram.forEach((count, bin) => {
    if (bin < strength * BINS) return;
    total += count;
    moment += (count * (bin + 0.5)) / BINS;
  });
  return total === 0 ? 1 : moment / total;
}

/** The lower edge of the upper class, in [0, 1]. */
function otsu(histogram: Float64Array): number {
  let total = 0;
  let totalMoment = 0;
  histogram.forEach((count, bin) => {
    total += count;
    totalMoment += count * bin;
  });
  let best = 0;
  let firstBest = 0;
  let lastBest = 0;
  let below = 0;
  let moment = 0;
  for (let bin = 0; bin < BINS - 1; ++bin) {
    below += histogram[bin] as number;
    moment += (histogram[bin] as number) * bin;
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const gap = moment / below - (totalMoment - moment) / above;
    const variance = below * above * gap * gap;
    if (variance > best) {
      best = variance;
      firstBest = bin;
      lastBest = bin;
    } else if (variance === best) {
      lastBest = bin;
    }
  }
  // Between two clean peaks every cut is equally good; the middle keeps the antialiased edge half and half.
  return ((firstBest + lastBest) / 2 + 1) / BINS;
}
