// What a redrawing says about its image: sums over the image x, the winner's reconstruction G and the residual r = x − G,
// from which inference/confidence.ts judges whether the image belongs to the data at all.
//
// Much is measured after a 3×3 box blur S (zero outside the image): white noise keeps a ninth of its energy under S,
// a missing or superfluous stroke keeps most of it.

import { BLOCK_COUNT, BLOCK_SIDE, FeatureMap, MAP_PLACE_COUNT } from "../../format/confidence-features";
import { IMAGE_SIDE } from "../../format/image";
import { doubles } from "../bytes";
import { allocate } from "../layout";
import { sum_f32x4 } from "../vector/sum";

const SIDE: usize = IMAGE_SIDE;
const BLOCK: usize = BLOCK_SIDE;
const ROW_BYTES: usize = SIDE * 4;
/** Blurred planes carry four zeros left and right of each row and a row of zeros above and below. */
const PADDED_ROW_BYTES: usize = (SIDE + 8) * 4;
const PADDED_BYTES: usize = PADDED_ROW_BYTES * (SIDE + 2);
/** From the start of a padded plane to its first pixel. */
const FIRST_PIXEL: usize = PADDED_ROW_BYTES + 16;

/** Sums over the 784 pixels, and means over blocks of them. */
@unmanaged
export class Evidence {
  /** Σ x. */
  brightness: f64;
  /** E = Σ r². */
  error: f64;
  /** Σ (Sr)², and its part where Sr > 0. */
  blurredError: f64;
  missing: f64;
  /** Σ (SSr)². */
  twiceBlurredError: f64;
  /** max |SSr|. */
  largestError: f64;
  /** Σ (Sx)². */
  blurredImage: f64;
  /** Σ Sx · Sr. */
  blurredProduct: f64;
  /** Σ Sx and Σ Sr. */
  blurredImageSum: f64;
  blurredErrorSum: f64;
  /** f64 [maps][blocks], in the order of `FeatureMap`: means of x and r over blocks of 4×4 pixels. */
  maps: usize;
}

let evidence: Evidence = changetype<Evidence>(0);
let imagePlane: usize = 0;
let errorPlane: usize = 0;
let blurredPlane: usize = 0;

/** Reserves what `gatherEvidence` needs; false when memory runs out. */
export function allocateEvidence(): bool {
  evidence = changetype<Evidence>(allocate(offsetof<Evidence>()));
  imagePlane = allocate(PADDED_BYTES);
  errorPlane = allocate(PADDED_BYTES);
  blurredPlane = allocate(PADDED_BYTES);
  const maps = allocate(doubles(MAP_PLACE_COUNT));
  if (maps == 0) return false;
  evidence.maps = maps;
  return true;
}

/** Compares `image` with `reconstruction`, both f32 [784] in [0, 1]. The result is overwritten by the next call. */
export function gatherEvidence(image: usize, reconstruction: usize): Evidence {
  let brightness = f32x4.splat(0);
  let error = f32x4.splat(0);
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = y * ROW_BYTES;
    const padded = FIRST_PIXEL + y * PADDED_ROW_BYTES;
    for (let at: usize = 0; at < ROW_BYTES; at += 16) {
      const x = v128.load(image + row + at);
      const r = f32x4.sub(x, v128.load(reconstruction + row + at));
      v128.store(imagePlane + padded + at, x);
      v128.store(errorPlane + padded + at, r);
      brightness = f32x4.add(brightness, x);
      error = f32x4.add(error, f32x4.mul(r, r));
    }
  }
  evidence.brightness = <f64>sum_f32x4(brightness);
  evidence.error = <f64>sum_f32x4(error);
  gatherBlurred();
  gatherTwiceBlurred();
  gatherBlocks(imagePlane, FeatureMap.image_map);
  gatherBlocks(errorPlane, FeatureMap.error_map);
  return evidence;
}

function gatherBlurred(): void {
  const zero = f32x4.splat(0);
  let errorSquare = zero;
  let missing = zero;
  let imageSquare = zero;
  let product = zero;
  let imageSum = zero;
  let errorSum = zero;
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = FIRST_PIXEL + y * PADDED_ROW_BYTES;
    for (let at = row; at < row + ROW_BYTES; at += 16) {
      const x = blur(imagePlane + at);
      const r = blur(errorPlane + at);
      const positive = f32x4.max(r, zero);
      v128.store(blurredPlane + at, r);
      errorSquare = f32x4.add(errorSquare, f32x4.mul(r, r));
      missing = f32x4.add(missing, f32x4.mul(positive, positive));
      imageSquare = f32x4.add(imageSquare, f32x4.mul(x, x));
      product = f32x4.add(product, f32x4.mul(x, r));
      imageSum = f32x4.add(imageSum, x);
      errorSum = f32x4.add(errorSum, r);
    }
  }
  evidence.blurredError = <f64>sum_f32x4(errorSquare);
  evidence.missing = <f64>sum_f32x4(missing);
  evidence.blurredImage = <f64>sum_f32x4(imageSquare);
  evidence.blurredProduct = <f64>sum_f32x4(product);
  evidence.blurredImageSum = <f64>sum_f32x4(imageSum);
  evidence.blurredErrorSum = <f64>sum_f32x4(errorSum);
}

function gatherTwiceBlurred(): void {
  let square = f32x4.splat(0);
  let largest = f32x4.splat(0);
  for (let y: usize = 0; y < SIDE; ++y) {
    const row = FIRST_PIXEL + y * PADDED_ROW_BYTES;
    for (let at = row; at < row + ROW_BYTES; at += 16) {
      const r = blur(blurredPlane + at);
      square = f32x4.add(square, f32x4.mul(r, r));
      largest = f32x4.max(largest, f32x4.abs(r));
    }
  }
  evidence.twiceBlurredError = <f64>sum_f32x4(square);
  const pairs = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  evidence.largestError = <f64>max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** The means over a padded plane's blocks, a row of which is one vector. */
function gatherBlocks(plane: usize, map: FeatureMap): void {
  let to = evidence.maps + doubles(map * BLOCK_COUNT);
  for (let y: usize = 0; y < SIDE; y += BLOCK) {
    const first = plane + FIRST_PIXEL + y * PADDED_ROW_BYTES;
    for (let at = first; at < first + ROW_BYTES; at += 16) {
      let block = v128.load(at);
      for (let row: usize = 1; row < BLOCK; ++row) block = f32x4.add(block, v128.load(at + row * PADDED_ROW_BYTES));
      store<f64>(to, <f64>sum_f32x4(block) / <f64>(BLOCK * BLOCK));
      to += 8;
    }
  }
}

/** The 3×3 box blur at four neighbouring pixels of a padded plane. */
function blur(pixel: usize): v128 {
  const above = triple(pixel - PADDED_ROW_BYTES);
  const below = triple(pixel + PADDED_ROW_BYTES);
  return f32x4.mul(f32x4.add(f32x4.add(above, triple(pixel)), below), f32x4.splat(1.0 / 9.0));
}

/** Each of four pixels plus its left and right neighbour. */
function triple(pixel: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(pixel - 4), v128.load(pixel)), v128.load(pixel + 4));
}
