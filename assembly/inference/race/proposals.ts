// Step 1 of the race (race.ts): from an image to its coefficients in the basis, and from those to a few latents of every
// class. Two images can be looked at together, so that they share what is loaded of the tables; they then race one after the
// other.

import { floats } from "../../bytes";
import { allocate } from "../../layout";
import * as sizes from "../../sizes";
import { transformForward, transformForwardPair } from "../../vector/matrix";
import { silu_f32x4 } from "../../vector/silu";
import { sum_f32x4 } from "../../vector/sum";
import * as tables from "./tables";

/** What is worked out for one image. */
@unmanaged
class Proposed {
  /** f32 [784]: the image less the mean. */
  centred: usize;
  /** f32 [coefficients]. */
  coefficients: usize;
  /** f32, the network's hidden layer. */
  hidden: usize;
  /** f32 [classes][candidates][latents]. */
  latents: usize;
  /** ‖x⊥‖², what the basis cannot show of the image. */
  outside: f32;
}

let zeros: usize = 0;
let first: Proposed = changetype<Proposed>(0);
let second: Proposed = changetype<Proposed>(0);
/** The one that the race looks at. */
let presented: Proposed = changetype<Proposed>(0);
/** Whether `presented` and `second` belong to the images that the caller has presented. */
export let isProposed: bool = false;
let isSecondProposed: bool = false;

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  zeros = allocate(floats(tables.coefficients));
  first = allocateProposed();
  second = allocateProposed();
  presented = first;
  forget();
  return zeros != 0 && changetype<usize>(first) != 0 && changetype<usize>(second) != 0;
}

/** Forgets what was proposed, for the caller has presented another image. */
export function forget(): void {
  isProposed = false;
  isSecondProposed = false;
}

function allocateProposed(): Proposed {
  const none = changetype<Proposed>(0);
  const proposed = changetype<Proposed>(allocate(offsetof<Proposed>()));
  if (proposed == none) return none;
  const pixels = floats(sizes.PIXELS);
  const coefficientBytes = floats(tables.coefficients);
  const hiddenBytes = floats(tables.proposalFirst.outputs);
  const buffer = allocate(pixels + coefficientBytes + hiddenBytes + floats(tables.proposalSecond.outputs));
  if (buffer == 0) return none;
  proposed.centred = buffer;
  proposed.coefficients = buffer + pixels;
  proposed.hidden = proposed.coefficients + coefficientBytes;
  proposed.latents = proposed.hidden + hiddenBytes;
  return proposed;
}

/** f32 [coefficients] of the image presented. */
export function coefficients(): usize {
  return presented.coefficients;
}

/** ‖x⊥‖² of the image presented. */
export function outside(): f32 {
  return presented.outside;
}

/** The candidate's latent, f32 [latents]; it may lie outside the sphere. */
export function latentOf(classIndex: i32, candidate: i32): usize {
  return presented.latents + floats((classIndex * tables.candidates + candidate) * sizes.latents);
}

/** Proposes latents of every class for `image`, f32 [784] in [0, 1], and presents it. */
export function propose(image: usize): void {
  forget();
  isProposed = true;
  presented = first;
  const squares = centre(image, first);
  transformForward(tables.basis, zeros, first.centred, sizes.PIXELS, first.coefficients, tables.coefficients);
  measureOutside(squares, first);
  const inner = tables.proposalFirst;
  transformForward(inner.weights, inner.bias, first.coefficients, tables.coefficients, first.hidden, inner.outputs);
  activate(first);
  const outer = tables.proposalSecond;
  transformForward(outer.weights, outer.bias, first.hidden, outer.inputs, first.latents, outer.outputs);
}

/** The same for two images, of which the first is presented. The same bits. */
export function proposePair(image: usize, next: usize): void {
  isProposed = true;
  isSecondProposed = true;
  presented = first;
  const squares = centre(image, first);
  const nextSquares = centre(next, second);
  transformForwardPair(
    tables.basis,
    zeros,
    first.centred,
    second.centred,
    sizes.PIXELS,
    first.coefficients,
    second.coefficients,
    tables.coefficients,
  );
  measureOutside(squares, first);
  measureOutside(nextSquares, second);
  const inner = tables.proposalFirst;
  transformForwardPair(
    inner.weights,
    inner.bias,
    first.coefficients,
    second.coefficients,
    tables.coefficients,
    first.hidden,
    second.hidden,
    inner.outputs,
  );
  activate(first);
  activate(second);
  const outer = tables.proposalSecond;
  transformForwardPair(
    outer.weights,
    outer.bias,
    first.hidden,
    second.hidden,
    outer.inputs,
    first.latents,
    second.latents,
    outer.outputs,
  );
}

/** Presents the second image of a pair, with what was proposed for it if anything was. */
export function presentSecond(): void {
  presented = second;
  isProposed = isSecondProposed;
  isSecondProposed = false;
}

/** x − μ; returns its square. */
function centre(image: usize, proposed: Proposed): f32 {
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < floats(sizes.PIXELS); at += 16) {
    const difference = f32x4.sub(v128.load(image + at), v128.load(tables.mean + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(proposed.centred + at, difference);
  }
  return sum_f32x4(squares);
}

/** ‖x⊥‖² from ‖x − μ‖² and the coefficients. */
function measureOutside(squares: f32, proposed: Proposed): void {
  let inside = f32x4.splat(0);
  for (let at: usize = 0; at < floats(tables.coefficients); at += 16) {
    const value = v128.load(proposed.coefficients + at);
    inside = f32x4.add(inside, f32x4.mul(value, value));
  }
  // Stored rows of the basis are orthonormal only nearly, so the difference may fall below zero by rounding.
  proposed.outside = max<f32>(0, squares - sum_f32x4(inside));
}

/** SiLU of the hidden layer, in place. */
function activate(proposed: Proposed): void {
  const end = proposed.hidden + floats(tables.proposalFirst.outputs);
  for (let at = proposed.hidden; at < end; at += 16) v128.store(at, silu_f32x4(v128.load(at)));
}
