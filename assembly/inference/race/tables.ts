// The race's fitted tables (see training/abs_training/race): a basis of images that all classes share, a network that
// proposes latents, and for every class a surrogate decoder and the curvature to expect. Expanded to f32 when a model
// is loaded; the rows of every matrix, and their number, are padded with zeros to a multiple of 4.

import { BASIS, MEAN, METRICS, PROPOSAL, SURROGATES } from "../../../format/bundle";
import { BundleHeader, BundleTensor, raceOf, raceTensor } from "../../bundle";
import { floats } from "../../bytes";
import { expand, storedBytes } from "../../decoder/stored";
import { allocate } from "../../layout";
import * as sizes from "../../sizes";

/** A dense layer: weights f32 [inputs][outputs] and bias f32 [outputs], class after class where there are several. */
@unmanaged
export class Transform {
  weights: usize;
  bias: usize;
  /** Multiples of 4. */
  inputs: i32;
  outputs: i32;
}

/** Whether the loaded model brings tables. */
export let available: bool = false;
/** Coefficients of an image in the basis. */
export let coefficients: i32 = 0;
/** Latents proposed per class. */
export let candidates: i32 = 0;
/** U, f32 [784][coefficients]. */
export let basis: usize = 0;
/** μ, f32 [784]. */
export let mean: usize = 0;
/** The network that proposes: coefficients → hidden; */
export let proposalFirst: Transform = changetype<Transform>(0);
/** hidden → [classes][candidates][latents]. */
export let proposalSecond: Transform = changetype<Transform>(0);
/** The surrogate of every class: latents → hidden; */
export let surrogateFirst: Transform = changetype<Transform>(0);
/** hidden → hidden; */
export let surrogateSecond: Transform = changetype<Transform>(0);
/** hidden → coefficients and squared remainder. */
export let surrogateThird: Transform = changetype<Transform>(0);
/** f32 [classes][latents][latents]: the mean inverse Hessian of the loss near its minima. */
export let metrics: usize = 0;

function padded(count: i32): i32 {
  return (count + 3) & ~3;
}

/** Expands the tables of a bundle; false when memory runs out. A bundle without any leaves them unavailable. */
export function load(bundle: usize): bool {
  available = false;
  if (changetype<BundleHeader>(bundle).raceOffset == 0) return true;
  const race = raceOf(bundle);
  coefficients = <i32>race.coefficients;
  candidates = <i32>race.candidates;
  const hidden = <i32>race.surrogateHidden;
  const proposed = sizes.classes * candidates * sizes.latents;
  basis = expandMatrices(bundle, raceTensor(race, BASIS), 1, sizes.PIXELS, coefficients);
  mean = expandMatrices(bundle, raceTensor(race, MEAN), 1, 1, sizes.PIXELS);
  proposalFirst = expandTransform(bundle, PROPOSAL, 1, coefficients, <i32>race.proposalHidden);
  proposalSecond = expandTransform(bundle, PROPOSAL + 2, 1, <i32>race.proposalHidden, proposed);
  surrogateFirst = expandTransform(bundle, SURROGATES, sizes.classes, sizes.latents, hidden);
  surrogateSecond = expandTransform(bundle, SURROGATES + 2, sizes.classes, hidden, hidden);
  surrogateThird = expandTransform(bundle, SURROGATES + 4, sizes.classes, hidden, coefficients + 1);
  metrics = expandSquare(bundle, raceTensor(race, METRICS));
  available =
    basis != 0 &&
    mean != 0 &&
    isWhole(proposalFirst) &&
    isWhole(proposalSecond) &&
    isWhole(surrogateFirst) &&
    isWhole(surrogateSecond) &&
    isWhole(surrogateThird) &&
    metrics != 0;
  return available;
}

function isWhole(transform: Transform): bool {
  return changetype<usize>(transform) != 0 && transform.weights != 0 && transform.bias != 0;
}

/** Weights and bias of consecutive tensors, the first of them `index`. */
function expandTransform(bundle: usize, index: u32, groups: i32, inputs: i32, outputs: i32): Transform {
  const transform = changetype<Transform>(allocate(offsetof<Transform>()));
  if (changetype<usize>(transform) == 0) return transform;
  const race = raceOf(bundle);
  transform.weights = expandMatrices(bundle, raceTensor(race, index), groups, inputs, outputs);
  transform.bias = expandMatrices(bundle, raceTensor(race, index + 1), groups, 1, outputs);
  transform.inputs = padded(inputs);
  transform.outputs = padded(outputs);
  return transform;
}

/** Expands [groups][rows][columns] with a scale per group and column; rows and columns are padded. 0: out of memory. */
function expandMatrices(bundle: usize, tensor: BundleTensor, groups: i32, rows: i32, columns: i32): usize {
  const rowBytes = floats(padded(columns));
  // A bias is one row, of which there is nothing to pad.
  const groupBytes = rowBytes * <usize>(rows == 1 ? 1 : padded(rows));
  const target = allocate(<usize>groups * groupBytes);
  if (target == 0) return 0;
  let source = bundle + tensor.offset;
  const step = storedBytes(tensor.element, columns);
  for (let group = 0; group < groups; ++group) {
    const scales = bundle + tensor.scalesOffset + floats(group * columns);
    for (let row = 0; row < rows; ++row) {
      const at = target + <usize>group * groupBytes + <usize>row * rowBytes;
      expand(tensor.element, source, scales, at, 1, columns);
      source += step;
    }
  }
  return target;
}

/** Expands [classes][latents][latents] without padding. */
function expandSquare(bundle: usize, tensor: BundleTensor): usize {
  const count = sizes.latents * sizes.latents;
  const target = allocate(floats(sizes.classes * count));
  if (target == 0) return 0;
  for (let index = 0; index < sizes.classes; ++index) {
    const source = bundle + tensor.offset + <usize>index * storedBytes(tensor.element, count);
    const scales = bundle + tensor.scalesOffset + floats(index * sizes.latents);
    expand(tensor.element, source, scales, target + floats(index * count), sizes.latents, sizes.latents);
  }
  return target;
}

/** Weights of one class, f32 [inputs][outputs]. */
export function weightsOf(transform: Transform, classIndex: i32): usize {
  return transform.weights + floats(classIndex * transform.inputs * transform.outputs);
}

/** Bias of one class, f32 [outputs]. */
export function biasOf(transform: Transform, classIndex: i32): usize {
  return transform.bias + floats(classIndex * transform.outputs);
}
