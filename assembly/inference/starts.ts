// Starts: latents whose reconstructions are kept as bytes, so that the best one for an image is found by a scan
// instead of by decoding. The scan finds candidates; the decoder settles which is best.
//
// An image becomes whole numbers x̂ = round(8191 x) and a reconstruction whole numbers Ĝ = round(255 G), so that
// 784 products sum exactly in 32 bits: 784 · 8191 · 255 < 2^31. Then ‖x−G‖² ≈ ‖x‖² − 2⟨x̂, Ĝ⟩/(8191·255) + ‖Ĝ‖²/255².
// Rounding G moves ‖x−G‖² by about 2⟨x−G, e⟩ with |e| ≤ 1/510 a pixel: a standard deviation of σ = 2‖x−G‖/(255√12),
// and √2 times that for the difference of two starts. Every start within six of those of the scan's best is decoded,
// so if rounding errors are independent the true best is missed once in a thousand million comparisons, and then the
// one taken instead is worse by hardly more than that window.
//
// In a model whose redrawings have gain and offset the scan fits both to every start, and the window is wider by the gain. A
// tolerance is left to the decoder: the scan counts every error by its square.

import { floats, halves, manyFloats } from "../bytes";
import { allocate } from "../layout";
import * as sizes from "../sizes";
import * as comparison from "./comparison";
import { asLoss, evaluate, prior, reconstruct } from "./loss";

const IMAGE_SCALE: f32 = 8191;
const BYTE_SCALE: f32 = 255;
/** Six standard deviations of a difference, 6 · √2 · 2 / (255√12), per unit of ‖x−G‖; √2 is rounded up to 1.5. */
const WINDOW: f32 = (12.0 * 1.5) / (255.0 * 3.4641016);
/** No image makes the decoder settle more starts per class than this. */
const MOST_CANDIDATES: i32 = 64;

/** A set of starts for all classes. */
@unmanaged
export class Starts {
  /** Starts per class. */
  count: i32;
  /** True when all classes share one list of latents, as the paper's samples do. */
  shared: bool;
  /** f32 [classes or 1][count][latents]. */
  latents: usize;
  /** u8 [classes][count][784]. */
  bytes: usize;
  /** f32 [classes][count]: ‖Ĝ‖²/255² + β‖z‖²/2; without the first part in a model that fits gain and offset. */
  offsets: usize;
  /** f32 [classes][count][2], in such a model: ‖Ĝ‖²/255² and ΣĜ/255. */
  sums: usize;
}

let imageNumbers: usize = 0;
let scores: usize = 0;
let reconstruction: usize = 0;
let scoresCapacity: i32 = 0;
/** Σ of the image that was quantised last. */
let imageSum: f64 = 0;

/**
 * Reserves a set of `count` starts per class, at least 1; its latents are for the caller to fill in. A null reference when
 * memory runs out.
 */
export function allocateStarts(count: i32, shared: bool): Starts {
  const none = changetype<Starts>(0);
  if (count < 1) return none;
  const starts = changetype<Starts>(allocate(offsetof<Starts>()));
  if (starts == none) return none;
  const lists = shared ? 1 : sizes.classes;
  starts.count = count;
  starts.shared = shared;
  starts.latents = allocate(manyFloats(<u64>lists * count * sizes.latents));
  starts.bytes = allocate(<u64>sizes.classes * count * sizes.PIXELS);
  starts.offsets = allocate(manyFloats(<u64>sizes.classes * count));
  starts.sums = comparison.isFitted ? allocate(manyFloats(<u64>sizes.classes * count * 2)) : starts.offsets;
  imageNumbers = allocate(halves(sizes.PIXELS));
  reconstruction = allocate(floats(sizes.PIXELS));
  if (count > scoresCapacity) {
    scores = allocate(manyFloats(count));
    scoresCapacity = count;
  }
  if (
    !starts.latents ||
    !starts.bytes ||
    !starts.offsets ||
    !starts.sums ||
    !imageNumbers ||
    !reconstruction ||
    !scores
  )
    return none;
  return starts;
}

/** Forgets the scratch buffers; called when a new model takes the memory. */
export function resetStarts(): void {
  scoresCapacity = 0;
  scores = 0;
}

/** The latent of one start, f32 [latents]. */
export function startLatent(starts: Starts, classIndex: i32, index: i32): usize {
  const list = starts.shared ? 0 : classIndex;
  return starts.latents + floats((list * starts.count + index) * sizes.latents);
}

/**
 * Decodes starts `from` to `to` (exclusive, at most their number) of one class into the table. One that the decoder cannot
 * redraw gets a score of +∞ and is the best only where all are so.
 */
export function fillStarts(starts: Starts, classIndex: i32, from: i32, to: i32): void {
  for (let index = max(from, 0); index < min(to, starts.count); ++index) {
    const latent = startLatent(starts, classIndex, index);
    const isRedrawn = reconstruct(classIndex, latent, reconstruction);
    const entry = <usize>(classIndex * starts.count + index);
    const row = starts.bytes + entry * <usize>sizes.PIXELS;
    let square: i32 = 0;
    let sum: i32 = 0;
    for (let pixel: usize = 0; pixel < <usize>sizes.PIXELS; ++pixel) {
      const value = <i32>nearest<f32>(load<f32>(reconstruction + (pixel << 2)) * BYTE_SCALE);
      store<u8>(row + pixel, <u8>value);
      square += value * value;
      sum += value;
    }
    const squares = <f32>square / (BYTE_SCALE * BYTE_SCALE);
    if (comparison.isFitted) {
      store<f32>(starts.sums + (entry << 3), squares);
      store<f32>(starts.sums + (entry << 3), <f32>sum / BYTE_SCALE, 4);
    }
    const offset = comparison.isFitted ? prior(latent) : squares + prior(latent);
    store<f32>(starts.offsets + (entry << 2), isRedrawn ? asLoss(offset) : Infinity);
  }
}

/**
 * Quantises the image, f32 [784] in [0, 1], for the next calls of `bestStart`; returns ‖x‖² of what the scan sees. What is
 * no number counts as 0 there, and is left to the decoder to judge.
 */
export function quantiseImage(image: usize): f32 {
  let square: f64 = 0;
  let sum: i32 = 0;
  for (let pixel: usize = 0; pixel < <usize>sizes.PIXELS; ++pixel) {
    const value = load<f32>(image + (pixel << 2));
    const number = isFinite<f32>(value) ? <i32>nearest<f32>(value * IMAGE_SCALE) : 0;
    store<i16>(imageNumbers + (pixel << 1), <i16>number);
    square += <f64>number * <f64>number;
    sum += number;
  }
  imageSum = <f64>sum / <f64>IMAGE_SCALE;
  return <f32>(square / (<f64>IMAGE_SCALE * <f64>IMAGE_SCALE));
}

/**
 * Copies the latent of the class's best start for `image`, f32 [784], to `latent`, f32 [latents], and returns its loss.
 * `imageSquare` is what `quantiseImage` returned for the image. Spends 1 to 64 evaluations.
 */
export function bestStart(starts: Starts, classIndex: i32, image: usize, imageSquare: f32, latent: usize): f32 {
  const count = starts.count;
  const entry = <usize>(classIndex * count);
  const scale: f32 = -2.0 / (IMAGE_SCALE * BYTE_SCALE);
  let least: f32 = Infinity;
  let leastIndex = 0;
  let leastGain: f32 = 1;
  for (let index = 0; index < count; ++index) {
    const row = starts.bytes + (entry + <usize>index) * <usize>sizes.PIXELS;
    const product = <f32>dot(row);
    const at = entry + <usize>index;
    const error = comparison.isFitted
      ? fittedError(starts.sums + (at << 3), imageSquare, product / (IMAGE_SCALE * BYTE_SCALE))
      : imageSquare + scale * product;
    const score = error + load<f32>(starts.offsets + (at << 2));
    store<f32>(scores + floats(index), score);
    if (score < least) {
      least = score;
      leastIndex = index;
      leastGain = max<f32>(1, abs<f32>(comparison.gain));
    }
  }
  const bound = least + leastGain * WINDOW * sqrt<f32>(max<f32>(least, 0));
  // The scan's own best is settled first, so it is never among those that the limit leaves out.
  let best = evaluate(classIndex, image, startLatent(starts, classIndex, leastIndex), reconstruction);
  let bestIndex = leastIndex;
  let candidates = 1;
  for (let index = 0; index < count && candidates < MOST_CANDIDATES; ++index) {
    if (index == leastIndex || load<f32>(scores + floats(index)) > bound) continue;
    ++candidates;
    const loss = evaluate(classIndex, image, startLatent(starts, classIndex, index), reconstruction);
    if (loss < best) {
      best = loss;
      bestIndex = index;
    }
  }
  memory.copy(latent, startLatent(starts, classIndex, bestIndex), floats(sizes.latents));
  return best;
}

/** The error that gain and offset leave, from a start's two sums and ⟨x, G⟩. */
function fittedError(sums: usize, imageSquare: f32, product: f32): f32 {
  const squares = <f64>load<f32>(sums);
  return comparison.profiledError(<f64>imageSquare, <f64>load<f32>(sums, 4), squares, imageSum, <f64>product);
}

/** ⟨x̂, Ĝ⟩ over 784 bytes, exact. */
function dot(row: usize): i32 {
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  let numbers = imageNumbers;
  const end = row + <usize>sizes.PIXELS;
  while (row < end) {
    const bytes = v128.load(row);
    low = i32x4.add(low, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), v128.load(numbers)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), v128.load(numbers, 16)));
    row += 16;
    numbers += 32;
  }
  const sum = i32x4.add(low, high);
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}
